//! HTML files that need nothing but themselves: the page around the figures.
//!
//! The figures travel as JSON; `page.js` turns them into Plotly's traces and frames, so that a field is stored once
//! however many figures show it, and a path once however many positions its slider has.

mod axes;
mod figure;
mod json;
mod tiles;

use std::fmt::Write as _;

use serde_json::json;

use crate::{Page, page::Table, scene::Scene};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The whole file; `sizes` are the figures' widths and heights in CSS pixels.
pub(crate) fn page(page: &Page, scenes: &[Scene], sizes: &[(u32, u32)]) -> String {
    let mut fields = json::Fields::default();
    let figures: Vec<_> = scenes.iter().map(|scene| figure::figure(scene, &mut fields)).collect();
    // `<` could end the script element that carries the data.
    let data =
        json!({ "fields": fields.into_json(), "figures": figures }).to_string().replace('<', "\\u003c");

    let first_title = scenes.iter().map(|s| s.title.as_str()).find(|t| !t.is_empty());
    let head = if page.title.is_empty() { first_title.unwrap_or("Thalweg") } else { &page.title };
    let mut body = String::new();
    if !page.title.is_empty() {
        let _ = writeln!(body, "<h1>{}</h1>", escaped(&page.title));
    }
    for paragraph in page.text.split("\n\n").filter(|p| !p.trim().is_empty()) {
        let _ = writeln!(body, "<p>{}</p>", escaped(paragraph.trim()));
    }
    body.extend(page.table.as_ref().map(table));
    for (k, (scene, (width, height))) in scenes.iter().zip(sizes).enumerate() {
        body.push_str("<section>\n");
        if !scene.title.is_empty() {
            let _ = writeln!(body, "<h2>{}</h2>", escaped(&scene.title));
        }
        // The modebar and the margins of plotly want some room; the slider stands below the figure's own height.
        let height = height + if scene.frames.is_empty() { 0 } else { 90 };
        let _ = writeln!(
            body,
            "<div id=\"figure-{k}\" style=\"max-width:{width}px;height:{height}px\"></div>\n</section>"
        );
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n<script>{library}</script>\n</head>\n<body>\n{body}\
         <script type=\"application/json\" id=\"data\">{data}</script>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        title = escaped(head),
        library = library(),
    )
}

/// A table; columns of numbers stand to the right.
fn table(table: &Table) -> String {
    let number =
        |cell: &String| cell.trim_start_matches(['-', '−']).starts_with(|c: char| c.is_ascii_digit());
    let columns: Vec<bool> = (0..table.header.len())
        .map(|k| !table.rows.is_empty() && table.rows.iter().all(|row| row.get(k).is_some_and(number)))
        .collect();
    let row = |cells: &[String], tag: &str| {
        let mut all = String::from("<tr>");
        for (cell, number) in cells.iter().zip(&columns) {
            let class = if *number { " class=\"number\"" } else { "" };
            let _ = write!(all, "<{tag}{class}>{}</{tag}>", escaped(cell));
        }
        all + "</tr>\n"
    };
    let rows: String = table.rows.iter().map(|cells| row(cells, "td")).collect();
    format!("<table>\n<thead>{}</thead>\n<tbody>\n{rows}</tbody>\n</table>\n", row(&table.header, "th"))
}

/// Plotly.js alone: the crate's offline sources hold MathJax as well, in a script element of its own.
fn library() -> String {
    let sources = plotly::Plot::offline_js_sources();
    let element = sources.split("</script>").find(|element| element.contains("* plotly.js v"));
    let code = element.and_then(|element| element.split_once('>')).map(|(_, code)| code);
    code.unwrap_or_default().to_owned()
}

/// Text with the characters that HTML gives a meaning written as entities.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_library_is_plotly_whole_and_without_mathjax() {
        let code = super::library();
        assert!(code.starts_with("/**\n* plotly.js v"));
        assert!(code.contains("window.Plotly = Plotly;") && code.trim_end().ends_with("}));"));
        assert!(!code.contains("</script") && code.len() < 5_000_000);
    }
}
