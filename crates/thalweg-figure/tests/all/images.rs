//! SVG and PNG: well formed, of the right size, the same each time, right in their geometry.

use thalweg_figure::{
    Axis, Confusion, Contours, Curve, Field, Figure, Image, Images, Losses, Page, Scale, Surface,
};

use crate::samples::{all, field, rosenbrock, trace};

fn texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let texts = document.descendants().filter(|n| n.has_tag_name("text"));
    texts.map(|n| n.text().unwrap_or("").trim().to_owned()).collect()
}

#[test]
fn every_svg_is_well_formed_and_names_its_axes_in_the_embedded_font() {
    for (figure, names) in all(&field(rosenbrock)) {
        let svg = figure.to_svg(800, 700).unwrap();
        let texts = texts(&svg);
        for name in names {
            assert!(texts.iter().any(|text| text == name), "{name:?} is missing among {texts:?}");
        }
        let document = roxmltree::Document::parse(&svg).unwrap();
        let root = document.root_element();
        assert_eq!((root.attribute("width"), root.attribute("height")), (Some("800"), Some("700")));
        let mut fonts = document.descendants().filter_map(|n| n.attribute("font-family"));
        assert!(fonts.all(|font| font == "DejaVu Sans, sans-serif"));
    }
}

/// The rectangles of an SVG in its own units, by their colour: left, top, right, bottom.
fn rectangles(svg: &str, colour: &str) -> Vec<[f64; 4]> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let filled = document
        .descendants()
        .filter(|n| n.attribute("fill").is_some_and(|f| f.eq_ignore_ascii_case(colour)));
    filled
        .filter_map(|n| n.attribute("points"))
        .map(|points| {
            let places = points.split_whitespace().map(|p| {
                let (x, y) = p.split_once(',').unwrap();
                [x, y].map(|v| v.parse::<f64>().unwrap())
            });
            places.fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |[l, t, r, b], [x, y]| {
                [l.min(x), t.min(y), r.max(x), b.max(y)]
            })
        })
        .collect()
}

#[test]
fn the_pixels_of_a_picture_are_squares_in_their_row_and_column() {
    // A black stroke in column 2 of a picture of 4 columns and 6 rows, the rest white.
    let pixels = (0..24).map(|i| if i % 4 == 2 { 1.0 } else { 0.0 }).collect();
    let image = Image { width: 4, pixels, caption: String::new(), wrong: false };
    let svg = Figure::from(Images { images: vec![image], ..Images::default() }).to_svg(600, 600).unwrap();
    let black = rectangles(&svg, "#000000");
    assert_eq!(black.len(), 6);
    for (k, [left, top, right, bottom]) in black.iter().enumerate() {
        assert!(((right - left) - (bottom - top)).abs() <= 2.0, "square to a tenth of a pixel");
        assert_eq!([*left, *right], [black[0][0], black[0][2]], "one column");
        assert!(k == 0 || (*top - black[k - 1][3]).abs() < 1e-9, "no seam between the rows");
    }
}

#[test]
fn a_confusion_matrix_has_the_first_class_on_top_and_counts_in_its_cells() {
    let classes = ["a", "b", "c"].map(String::from).to_vec();
    let counts = vec![vec![7, 0, 0], vec![0, 8, 0], vec![5, 0, 9]];
    let svg = Figure::from(Confusion { classes, counts, ..Confusion::default() }).to_svg(600, 560).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let place = |wanted: &str| {
        let node = document
            .descendants()
            .find(|n| n.has_tag_name("text") && n.text().is_some_and(|t| t.trim() == wanted))
            .unwrap_or_else(|| panic!("{wanted} is missing"));
        ["x", "y"].map(|side| node.attribute(side).unwrap().parse::<f64>().unwrap())
    };
    let (first, second, wrong, third) = (place("7"), place("8"), place("5"), place("9"));
    assert!(first[1] < second[1] && second[1] < third[1] && first[0] < second[0] && second[0] < third[0]);
    assert_eq!((wrong[0], wrong[1]), (first[0], third[1]));
    assert!(!texts(&svg).contains(&"0".to_owned()));
}

#[test]
fn a_png_decodes_at_twice_the_size_asked_for_and_shows_something() {
    for (figure, _) in all(&field(rosenbrock)) {
        let bytes = figure.to_png(300, 260).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height, info.color_type), (600, 520, png::ColorType::Rgb));
        assert_eq!(pixels[..3], [255, 255, 255], "the corner is white");
        assert!(pixels.chunks(3).filter(|p| *p != [255, 255, 255]).count() > 2000);
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let page = || Page {
        title: "twice".into(),
        figures: all(&field(rosenbrock)).into_iter().map(|(figure, _)| figure).collect(),
        ..Page::default()
    };
    assert_eq!(page().to_html().unwrap(), page().to_html().unwrap());
    assert_eq!(page().to_svg(1500, 1500).unwrap(), page().to_svg(1500, 1500).unwrap());
    assert_eq!(page().to_png(900, 900).unwrap(), page().to_png(900, 900).unwrap());
}

#[test]
fn fields_with_gaps_infinities_or_nothing_at_all_are_drawn() {
    let holed = field(|x, y| if x.hypot(y) < 0.5 { f64::NAN } else { rosenbrock(x, y) });
    let poles = field(|x, y| 1.0 / (x * y));
    let nothing = field(|_, _| f64::NAN);
    let flat = field(|_, _| 3.0);
    let huge = field(|x, y| (x * y * 1e308).clamp(-f64::MAX, f64::MAX));
    let tiny = field(|x, y| (x * x + y * y).round() * f64::from_bits(1));
    for field in [holed, poles, nothing, flat, huge, tiny] {
        for (figure, _) in all(&field) {
            roxmltree::Document::parse(&figure.to_svg(600, 500).unwrap()).unwrap();
            assert!(figure.to_html().is_ok());
        }
    }
}

#[test]
fn level_lines_of_the_squared_distance_are_circles_to_the_grid_s_accuracy() {
    // Linear interpolation of r² over a cell of side h errs by at most h²/4 in r² (h²/8 a direction), which is
    // h²/(8 r) in r.
    let axis = |name| Axis::new(name, -3.0, 3.0, 121);
    let field = Field::sample(axis("x"), axis("y"), |x, y| x * x + y * y);
    let h: f64 = 6.0 / 120.0;
    for level in [0.5, 1.0, 2.0, 5.0, 8.0] {
        let radius = f64::sqrt(level);
        let lines = field.level_lines(level);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].first(), lines[0].last(), "a circle is closed");
        let furthest = lines[0].iter().map(|p| (p[0].hypot(p[1]) - radius).abs()).fold(0.0, f64::max);
        assert!(furthest <= h * h / (8.0 * radius) * 1.01, "level {level}: {furthest}");
        let length: f64 = lines[0].windows(2).map(|w| (w[1][0] - w[0][0]).hypot(w[1][1] - w[0][1])).sum();
        assert!(
            (length / (std::f64::consts::TAU * radius) - 1.0).abs() < 1e-3,
            "level {level}: length {length}"
        );
    }
}

#[test]
fn level_lines_beyond_the_values_are_none() {
    let field = field(|x, y| x * x + y * y);
    assert!(field.level_lines(1e6).is_empty() && field.level_lines(-1.0).is_empty());
    assert!(Field::default().level_lines(0.0).is_empty(), "an empty field has no lines");
}

#[test]
fn losses_that_are_not_positive_are_named_on_the_axis() {
    let axis_of = |values: &[f64], minimum| {
        let curves = vec![Curve::over_steps("run", values.to_vec())];
        let figure = Figure::from(Losses { y_name: "loss".into(), curves, minimum, ..Losses::default() });
        let svg = figure.to_svg(600, 400).unwrap();
        texts(&svg).into_iter().find(|text| text.starts_with("loss")).unwrap()
    };
    assert_eq!(axis_of(&[10.0, 1.0, 0.1], None), "loss");
    assert_eq!(axis_of(&[10.0, 1.0, 0.0], None), "loss (0 drawn at 0.1)");
    assert_eq!(axis_of(&[1.0, 1e-300], None), "loss (less drawn at 0.1)");
    assert_eq!(axis_of(&[10.0, -1.0, -0.1], None), "loss (symmetric log, linear within ±0.1)");
    assert_eq!(axis_of(&[10.0, -1.0, -1.9], Some(-2.0)), "loss − (−2)");
}

#[test]
fn a_figure_of_one_point_or_of_a_diverged_run_is_drawn() {
    let mut diverged = trace("diverged", 40);
    for (k, point) in diverged.points.iter_mut().enumerate() {
        *point = [10f64.powi(8 * k as i32), f64::INFINITY];
    }
    let single = trace("single", 1);
    let one = thalweg_figure::Trace {
        label: "one".into(),
        points: single.points[..1].to_vec(),
        values: single.values[..1].to_vec(),
    };
    for traces in [vec![diverged], vec![one], vec![]] {
        let contours = Contours { field: field(rosenbrock), traces: traces.clone(), ..Contours::default() };
        let surface =
            Surface { field: field(rosenbrock), traces, heights: Scale::Linear, ..Surface::default() };
        for figure in [Figure::from(contours), Figure::from(surface)] {
            assert!(figure.to_png(300, 300).is_ok() && figure.to_html().is_ok());
        }
    }
    let extreme = vec![Curve::over_steps("run", vec![f64::MAX, 1.0, f64::from_bits(1), 0.0])];
    assert!(Figure::from(Losses { curves: extreme, ..Losses::default() }).to_svg(300, 300).is_ok());
    let empty = Losses { curves: vec![Curve::over_steps("nothing", vec![f64::NAN; 5])], ..Losses::default() };
    assert!(Figure::from(empty).to_svg(300, 300).is_ok());
}
