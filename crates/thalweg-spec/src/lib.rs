//! The one grammar for names with options: `adam(lr=0.1)`, chains with `|`, and what to say when it is wrong.
//!
//! Optimisers, schedules, landscapes and constraints are all written `name` or `name(key=value, ...)`, in files,
//! on the command line and in what Thalweg prints back. This crate reads that text into [`Call`]s, hands out
//! their options by type ([`Options`]), and words the errors. It never knows which names exist: each crate
//! owns its own list.
//!
//! ```
//! use thalweg_spec::{Options, parse_chain};
//!
//! let chain = parse_chain("clip_by_global_norm(1.0) | adam(lr=1e-3)")?;
//! assert_eq!(chain[1].name, "adam");
//! let mut options = Options::of(&chain[1], "optimiser", &["lr", "beta1"])?;
//! assert_eq!(options.number("lr")?, Some(1e-3));
//! assert_eq!(options.number("beta1")?, None);
//! assert_eq!(chain[0].to_string(), "clip_by_global_norm(1)");
//! # Ok::<(), thalweg_spec::SpecError>(())
//! ```

mod error;
mod options;
mod parse;
mod suggest;
mod value;

pub use error::SpecError;
pub use options::Options;
pub use parse::{parse_call, parse_chain};
pub use suggest::{suggest, unknown_name};
pub use value::{Argument, Call, Number, Value};
