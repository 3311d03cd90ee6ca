//! What was sent on each day, such as invitations, against which calls are set: a helpdesk's forecast
//! is one call for so many invitations (V6).

use anyhow::{Context, Result, ensure};
use chrono::NaiveDate;
use std::{collections::BTreeMap, path::Path};
use strowger_site::table;

/// What was sent, by day.
pub(crate) struct Against {
    /// As the file calls it.
    what: String,
    by_day: BTreeMap<String, u64>,
}

/// Reads a CSV file with the column `day` (such as 2026-11-23) and one more.
pub(crate) fn read(file: &Path) -> Result<Against> {
    let shown = file.display();
    let bytes = std::fs::read(file).with_context(|| format!("{shown} cannot be read"))?;
    let text = table::decoded(&bytes);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .delimiter(table::separator(&text))
        .from_reader(text.as_bytes());
    let head = reader.headers().with_context(|| format!("{shown} cannot be read"))?.clone();
    let (day, what) = match (head.get(0), head.get(1), head.len()) {
        (Some("day"), Some(what), 2) => (0, what),
        (Some(what), Some("day"), 2) => (1, what),
        _ => anyhow::bail!("{shown} needs two columns: `day`, and one with what was sent"),
    };
    let what = what.to_owned();
    let mut by_day = BTreeMap::new();
    for row in reader.deserialize::<[String; 2]>() {
        let row = row.with_context(|| format!("{shown} is not a list of days"))?;
        if row.iter().all(String::is_empty) {
            continue;
        }
        let line = by_day.len() + 2;
        let date = row[day].parse::<NaiveDate>().with_context(|| {
            format!("{shown}, line {line}: {:?} is not a day, such as 2026-11-23", row[day])
        })?;
        let sent = row[1 - day]
            .parse()
            .with_context(|| format!("{shown}, line {line}: {:?} is not a number", row[1 - day]))?;
        ensure!(by_day.insert(date.to_string(), sent).is_none(), "{shown} has {date} twice");
    }
    Ok(Against { what, by_day })
}

impl Against {
    /// The columns of a report: what was sent, the forecast if there is one, and for how many of
    /// these one call came.
    pub(crate) fn columns(&self, one_in: Option<u32>) -> Vec<String> {
        let forecast = one_in.map(|_| "forecast".to_owned());
        [Some(self.what.clone()), forecast, Some("one_call_in".to_owned())]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The cells of a day, or, of a line that is no day, those of all days.
    pub(crate) fn cells(&self, day: &str, calls: u64, one_in: Option<u32>) -> Vec<String> {
        let sent = match day.parse::<NaiveDate>() {
            Ok(_) => self.by_day.get(day).copied().unwrap_or_default(),
            Err(_) => self.by_day.values().sum(),
        };
        let forecast = one_in.map(|one_in| sent.div_ceil(one_in.into()).to_string());
        let one_call_in = (calls > 0).then(|| format!("{:.1}", sent as f64 / calls as f64));
        [Some(sent.to_string()), forecast, Some(one_call_in.unwrap_or_default())]
            .into_iter()
            .flatten()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v6_invitations_are_set_against_calls() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("invitations.csv");
        let read = |text: &str| {
            std::fs::write(&file, text).unwrap();
            read(&file)
        };
        let sent = read("day, invitations\n2026-11-23, 1000\n2026-11-24, 30\n").unwrap();
        assert_eq!(sent.cells("2026-11-23", 40, Some(20)), ["1000", "50", "25.0"]);
        assert_eq!(sent.cells("2026-11-24", 0, Some(20)), ["30", "2", ""]);
        assert_eq!(sent.cells("2026-11-25", 3, Some(20)), ["0", "0", "0.0"]);
        assert_eq!(sent.cells("all", 40, None)[0], "1030");
        assert_eq!(sent.cells("2026-11-23", 40, None), ["1000", "25.0"], "no forecast is made up");
        assert_eq!(sent.columns(Some(20)), ["invitations", "forecast", "one_call_in"]);
        assert_eq!(sent.columns(None), ["invitations", "one_call_in"]);
        let excel = read("\u{feff}day;invitations\r\n2026-11-23;1000\r\n;\r\n").unwrap();
        assert_eq!(excel.cells("2026-11-23", 40, None), ["1000", "25.0"]);
        let letters = read("letters,day\n12,2026-11-23\n").unwrap();
        assert_eq!(letters.columns(None)[0], "letters");
        assert_eq!(letters.cells("2026-11-23", 4, None), ["12", "3.0"]);
        let wrong = |text: &str| format!("{:#}", read(text).err().unwrap());
        assert!(
            wrong("day,invitations\n2026-11-23,1\n2026-11-23,2\n").contains("2026-11-23 twice")
        );
        assert!(wrong("day,invitations\n2026-11-23,many\n").contains("line 2: \"many\""));
        assert!(wrong("date,sent\n2026-11-23,1\n").contains("two columns"));
    }
}
