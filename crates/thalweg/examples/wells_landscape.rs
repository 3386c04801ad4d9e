//! Eight random wells: the landscape, its downhill field, and its gradient checked against finite differences.
//!
//! `cargo run -p thalweg --example wells_landscape [FOLDER]`
//!
//! The wells are those that NumPy draws after `np.random.seed(0)`. The gradient is checked where NumPy's next two normal
//! numbers lie: (−0.00074594, −0.00069947), as the original prints.

use thalweg::landscape::RandomState;
use thalweg::prelude::*;
use thalweg::solve::gradient_check;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let wells = Landscape::parse("wells(wells=8, dim=2, seed=0)")?;
    let mut random = RandomState::seed(0);
    // What the landscape draws: 8 depths, 8 centres of two coordinates, 8 widths.
    random.uniform(0.0, 1.0, 8);
    for _ in 0..16 {
        random.randn();
    }
    random.uniform(0.0, 1.0, 8);
    let x = [random.randn(), random.randn()];
    let check = gradient_check(&mut Traced::<f64>::new(wells.program())?, &x)?;
    println!("exact gradient: {:.8?}, finite differences: {:.8?}", check.gradient, check.numeric);
    println!("largest error: {:.1e}, relative {:.1e}", check.max_abs_error, check.max_rel_error);

    let picture = Picture::of(&wells);
    picture.write(folder.join("wells_landscape.html"))?;
    Ok(picture.write(folder.join("wells_landscape.png"))?)
}
