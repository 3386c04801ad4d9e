//! HTML: nothing loaded from outside, data that parse, sizes that stay in bounds.

use serde_json::Value;
use thalweg_figure::{Contours, Curve, Figure, Losses, Page, Surface, Table, Trace};

use crate::samples::{all, field, rosenbrock, trace};

fn page() -> Page {
    Page {
        title: "A page <of> figures".into(),
        text: "First paragraph.\n\nSecond & last.".into(),
        table: Some(Table {
            header: vec!["optimiser".into(), "value".into()],
            rows: vec![vec!["sgd".into(), "1.5".into()], vec!["<adam>".into(), "−0.5".into()]],
        }),
        figures: all(&field(rosenbrock)).into_iter().map(|(figure, _)| figure).collect(),
    }
}

/// The file without the library, whose text holds addresses of map servers that it asks only for maps.
fn own_part(html: &str) -> String {
    let start = html.find("<script>").unwrap() + "<script>".len();
    let end = start + html[start..].find("</script>").unwrap();
    assert!(html[start..end].contains("plotly.js v3"), "the first script is the library");
    format!("{}{}", &html[..start], &html[end..])
}

fn data(html: &str) -> Value {
    let own = own_part(html);
    let start = own.find("<script type=\"application/json\" id=\"data\">").unwrap();
    let json = &own[start + own[start..].find('>').unwrap() + 1..];
    serde_json::from_str(&json[..json.find("</script>").unwrap()]).unwrap()
}

#[test]
fn a_page_holds_the_library_once_and_loads_nothing() {
    let html = page().to_html().unwrap();
    assert_eq!(html.matches("* plotly.js v").count(), 1);
    assert!(!html.contains("MathJax.js") && !html.contains("tex-svg"));
    let own = own_part(&html);
    for loading in ["http:", "https:", "src=", "href=", "url(", "import", "fetch", "<link", "<img", "<iframe"]
    {
        assert!(!own.contains(loading), "the page has {loading:?}");
    }
    assert_eq!(own.matches("<script").count(), own.matches("</script>").count());
}

#[test]
fn the_data_parse_and_hold_a_shared_field_once() {
    let data = data(&page().to_html().unwrap());
    let figures = data["figures"].as_array().unwrap();
    assert_eq!(figures.len(), 12);
    assert_eq!(data["fields"].as_array().unwrap().len(), 1, "all figures show the same field");
    assert_eq!(data["fields"][0]["rows"].as_array().unwrap().len(), 31);
    assert_eq!(data["fields"][0]["rows"][0].as_array().unwrap().len(), 41);
    for figure in figures {
        let traces = figure["data"].as_array().unwrap().len() as u64;
        let frames = figure["frames"].as_array().unwrap().len();
        for motion in figure["motions"].as_array().unwrap() {
            assert!(motion["trace"].as_u64().unwrap() < traces);
            let states = motion.get("counts").or(motion.get("states")).unwrap();
            assert_eq!(states.as_array().unwrap().len(), frames);
        }
    }
}

#[test]
fn the_text_of_users_is_escaped() {
    let html = page().to_html().unwrap();
    let own = own_part(&html);
    assert!(own.contains("<h1>A page &lt;of&gt; figures</h1>"));
    assert!(own.contains("<td>&lt;adam&gt;</td>") && own.contains("<p>Second &amp; last.</p>"));
    assert!(!own.contains("<b>"));
    assert!(data(&html)["figures"][0]["data"].to_string().contains("sgd(lr=0.1) &lt;b&gt;"));
}

#[test]
fn a_path_grows_with_the_slider_to_its_whole_length() {
    let figure = Figure::from(Contours {
        field: field(rosenbrock),
        traces: vec![trace("long", 5000)],
        ..Contours::default()
    });
    let data = data(&figure.to_html().unwrap());
    let figure = &data["figures"][0];
    let frames = figure["frames"].as_array().unwrap();
    assert_eq!(frames.len(), 100);
    assert_eq!((&frames[0], &frames[99]), (&Value::from("0"), &Value::from("5000")));
    let counts = figure["motions"][0]["counts"].as_array().unwrap();
    let path = &figure["data"][1];
    assert_eq!(counts[0], 1);
    assert_eq!(counts[99].as_u64().unwrap() as usize, path["x"].as_array().unwrap().len());
    // What is shown at a frame ends at that frame's iteration.
    for (frame, count) in frames.iter().zip(counts) {
        let step = &path["text"][count.as_u64().unwrap() as usize - 1];
        assert_eq!(step.to_string(), frame.as_str().unwrap());
    }
}

#[test]
fn the_slider_names_the_iterations_that_are_given() {
    let iterations: Vec<u64> = (0..8).map(|k| 30 * k).collect();
    let field = field(rosenbrock);
    let contours = |iterations: Vec<u64>| {
        Figure::from(Contours {
            field: field.clone(),
            traces: vec![trace("short", 7)],
            iterations,
            ..Contours::default()
        })
    };
    let figures = [
        contours(iterations.clone()),
        Figure::from(Surface {
            field: field.clone(),
            traces: vec![trace("short", 7)],
            iterations: iterations.clone(),
            ..Surface::default()
        }),
    ];
    for figure in figures {
        let data = data(&figure.to_html().unwrap());
        let figure = &data["figures"][0];
        let frames: Vec<_> = figure["frames"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(frames, ["0", "30", "60", "90", "120", "150", "180", "210"]);
        assert_eq!(figure["data"][1]["text"][7], 210);
    }
    let error = contours(vec![0, 30]).to_html().unwrap_err().to_string();
    assert!(error.contains("iterations") && error.contains("one for each entry"), "{error}");
}

#[test]
fn a_logarithmic_axis_of_a_few_decades_has_plain_numbers_at_one_two_and_five() {
    let axis = |low: f64| {
        let figure = Figure::from(Losses {
            curves: vec![Curve::over_steps("loss", vec![2.0, low])],
            ..Losses::default()
        });
        data(&figure.to_html().unwrap())["figures"][0]["layout"]["yaxis"].clone()
    };
    // Plotly takes 1, 2 and 5 where a tick is due every 0.3 to 0.7 decades.
    let few = axis(0.01);
    let decades = few["range"][1].as_f64().unwrap() - few["range"][0].as_f64().unwrap();
    let each = decades / few["nticks"].as_f64().unwrap();
    assert!(each > 0.3 && each <= 0.7, "{each}");
    assert_eq!((&few["tickformat"], &few["exponentformat"]), (&Value::from("~g"), &Value::Null));
    let many = axis(1e-12);
    assert_eq!((&many["exponentformat"], &many["nticks"]), (&Value::from("power"), &Value::Null));
}

#[test]
fn long_traces_of_eight_optimisers_fit_in_six_megabytes() {
    let long = |k: usize| Trace { label: format!("optimiser {k}"), ..trace("", 100_000) };
    let traces: Vec<Trace> = (0..8).map(long).collect();
    let curves = traces.iter().map(|t| Curve::over_steps(t.label.as_str(), t.values.clone())).collect();
    let axis = |name, low, high| thalweg_figure::Axis::new(name, low, high, 201);
    let field = thalweg_figure::Field::sample(axis("x", -2.0, 2.0), axis("y", -1.0, 3.0), rosenbrock);
    let page = Page {
        figures: vec![
            Contours { field: field.clone(), traces: traces.clone(), ..Contours::default() }.into(),
            Surface { field, traces, ..Surface::default() }.into(),
            Losses { curves, ..Losses::default() }.into(),
        ],
        ..Page::default()
    };
    let bytes = page.to_html().unwrap().len();
    assert!(bytes < 6_500_000, "{bytes} bytes");
}

#[test]
fn values_that_are_not_finite_become_null() {
    let holed = field(|x, y| {
        if x > 1.0 {
            f64::NAN
        } else if x < -1.0 {
            f64::INFINITY
        } else {
            x * y
        }
    });
    let mut broken = trace("broken", 20);
    broken.points[7] = [f64::NAN, 0.0];
    broken.values[7] = f64::INFINITY;
    let figure = Figure::from(Contours { field: holed, traces: vec![broken], ..Contours::default() });
    let data = data(&figure.to_html().unwrap());
    assert!(data["fields"][0]["rows"][0][0].is_null() && data["fields"][0]["rows"][0][40].is_null());
    assert!(data["fields"][0]["rows"][0][20].is_number());
    assert!(data["figures"][0]["data"][1]["x"][7].is_null());
}
