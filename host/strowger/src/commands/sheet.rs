//! Rows with a head, for people and for spreadsheets.

use std::io::{IsTerminal, Result, Write, stdout};
use strowger_model::strangers::{Lines, Shown};

/// Characters of a cell that people see, at most.
const CELL: usize = 200;

/// The rows of a table; the first is its head.
pub(crate) struct Sheet(pub(crate) Vec<Vec<String>>);

impl Sheet {
    /// In columns, for people.
    pub(crate) fn table(&self, out: &mut impl Write) -> Result<()> {
        let rows: Vec<Vec<String>> =
            self.0.iter().map(|row| row.iter().map(|cell| shown(cell)).collect()).collect();
        let columns = rows.first().map_or(0, Vec::len);
        let width = |column: usize| {
            rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &rows {
            let cells: Vec<String> =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            writeln!(out, "{}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }

    /// As CSV. What goes to a program or a file is as it is kept.
    pub(crate) fn csv(&self, out: &mut impl Write) -> Result<()> {
        for row in &self.0 {
            let row = row.iter().map(|cell| csv(cell)).collect::<Vec<_>>().join(",");
            match stdout().is_terminal() {
                true => writeln!(out, "{}", Lines(row))?,
                false => writeln!(out, "{row}")?,
            }
        }
        Ok(())
    }
}

/// As much of a cell as is read at a glance, on one line.
fn shown(cell: &str) -> String {
    let text = Shown(cell).to_string();
    match text.char_indices().nth(CELL) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}

/// A cell: quoted if need be, and never taken for a formula. A number keeps its plus. The dash that
/// shows people that there is nothing is an empty cell.
fn csv(text: &str) -> String {
    if text == "-" {
        return String::new();
    }
    let number =
        text.strip_prefix('+').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    // Spreadsheets take the wide signs for the others, and do not see what is before them.
    let signs =
        ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    let seen = text.trim_start_matches([' ', '\u{feff}', '\u{a0}']);
    let formula = !number && (text.starts_with(signs) || seen.starts_with(signs));
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    match text.contains(['"', ',', '\n', '\r', ';']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_one_line_a_row_whatever_strangers_wrote() {
        let head = vec!["caller".to_owned(), "outcome".to_owned()];
        let row = vec!["\u{1b}[2J\nforged".to_owned(), "x".repeat(70_000)];
        let mut out = Vec::new();
        Sheet(vec![head, row]).table(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        let rest = lines[1].strip_prefix("\\u{1b}[2J\\nforged  ").unwrap();
        assert_eq!(rest, "x".repeat(CELL) + "...");
    }

    #[test]
    fn cells_are_text_and_nothing_else() {
        for (text, cell) in [
            ("helped", "helped"),
            ("+32470123456", "+32470123456"),
            ("a, \"b\"", "\"a, \"\"b\"\"\""),
            ("=SUM(A1)", "'=SUM(A1)"),
            ("+1+cmd", "'+1+cmd"),
            ("\u{ff1d}1\u{ff0b}1", "'\u{ff1d}1\u{ff0b}1"),
            (" =1", "' =1"),
            (" a", " a"),
            ("two\nlines", "\"two\nlines\""),
        ] {
            assert_eq!(csv(text), cell);
        }
    }
}
