//! The page as HTML: one file without a script, which prints on one sheet of A4.

use super::{Page, Table};
use std::fmt::Write as _;

/// Lines that the sheet has at the size of 10 points.
const LINES: usize = 52;

/// Tables with two cells in a row stand in so many columns.
const COLUMNS: usize = 3;

pub(super) fn page(page: &Page) -> String {
    let Page { language, title, tables } = page;
    let points = 10.0 * (LINES as f64 / lines(tables).max(LINES) as f64);
    let title = escaped(title);
    let mut text = format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{title}</title>\n<style>\n\
         @page {{ size: A4; margin: 10mm }}\n\
         body {{ font: {points:.1}pt/1.3 sans-serif; max-width: 190mm; margin: auto }}\n\
         h1 {{ font-size: 1.5em; margin: 0 }}\n\
         h2 {{ font-size: 1.15em; margin: .6em 0 .1em; border-bottom: 1px solid }}\n\
         table {{ border-collapse: collapse; width: 100% }}\n\
         td {{ padding: 0 1em 0 0; vertical-align: top; break-inside: avoid }}\n\
         .columns {{ columns: {COLUMNS} }}\n\
         .columns p {{ margin: 0; display: flex; justify-content: space-between }}\n\
         td:nth-child(2) {{ font-family: monospace; white-space: nowrap }}\n\
         </style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    for table in tables {
        self::table(&mut text, table);
    }
    text + "</body>\n</html>"
}

fn in_columns(table: &Table) -> bool {
    table.rows.iter().all(|row| row.len() == 2)
}

fn lines(tables: &[Table]) -> usize {
    let of = |table: &Table| match in_columns(table) {
        true => table.rows.len().div_ceil(COLUMNS),
        false => table.rows.len(),
    };
    // The title, and two for the head of each table.
    2 + tables.iter().map(|table| 2 + of(table)).sum::<usize>()
}

fn table(text: &mut String, table: &Table) {
    let (outer, row, cell) = match in_columns(table) {
        true => ("div", "p", "span"),
        false => ("table", "tr", "td"),
    };
    let class = if in_columns(table) { " class=\"columns\"" } else { "" };
    let title = escaped(table.title);
    // Writing into a text cannot fail.
    let _ = writeln!(text, "<h2>{title}</h2>\n<{outer}{class}>");
    for cells in &table.rows {
        let cells = cells.iter().map(|text| format!("<{cell}>{}</{cell}>", escaped(text)));
        let _ = writeln!(text, "<{row}>{}</{row}>", cells.collect::<String>());
    }
    let _ = writeln!(text, "</{outer}>");
}

/// As a text that no browser takes for anything else.
fn escaped(text: &str) -> String {
    let escape = |key: char| match key {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        key => key.to_string(),
    };
    text.chars().map(escape).collect()
}
