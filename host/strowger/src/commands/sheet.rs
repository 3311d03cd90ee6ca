//! Rows with a head, for people and for spreadsheets.

use std::io::{Result, Write};

/// The rows of a table; the first is its head.
pub(crate) struct Sheet(pub(crate) Vec<Vec<String>>);

impl Sheet {
    /// In columns, for people.
    pub(crate) fn table(&self, out: &mut impl Write) -> Result<()> {
        let columns = self.0.first().map_or(0, Vec::len);
        let width = |column: usize| {
            self.0.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.0 {
            let cells: Vec<String> =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            writeln!(out, "{}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }

    /// As CSV.
    pub(crate) fn csv(&self, out: &mut impl Write) -> Result<()> {
        for row in &self.0 {
            writeln!(out, "{}", row.iter().map(|cell| csv(cell)).collect::<Vec<_>>().join(","))?;
        }
        Ok(())
    }
}

/// A cell: quoted if need be, and never taken for a formula. A number keeps its plus.
fn csv(text: &str) -> String {
    let number =
        text.strip_prefix('+').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    let formula = !number && text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    match text.contains(['"', ',', '\n', '\r', ';']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::csv;

    #[test]
    fn cells_are_text_and_nothing_else() {
        for (text, cell) in [
            ("helped", "helped"),
            ("+32470123456", "+32470123456"),
            ("a, \"b\"", "\"a, \"\"b\"\"\""),
            ("=SUM(A1)", "'=SUM(A1)"),
            ("+1+cmd", "'+1+cmd"),
            ("two\nlines", "\"two\nlines\""),
        ] {
            assert_eq!(csv(text), cell);
        }
    }
}
