//! Invitations sent on each day, against which calls are set: a helpdesk's forecast is one call for
//! so many invitations (V6).

use anyhow::{Context, Result, ensure};
use chrono::NaiveDate;
use std::{collections::BTreeMap, path::Path};

/// Columns of a report that has invitations.
pub(crate) const COLUMNS: [&str; 3] = ["invitations", "forecast", "one_call_in"];

/// Invitations by day.
pub(crate) struct Invitations(BTreeMap<String, u64>);

/// Reads a CSV file with the columns `day` (such as 2026-11-23) and `invitations`.
pub(crate) fn read(file: &Path) -> Result<Invitations> {
    let shown = file.display();
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(file)
        .with_context(|| format!("{shown} cannot be read"))?;
    let mut invitations = BTreeMap::new();
    for row in reader.deserialize() {
        let Row { day, invitations: sent } =
            row.with_context(|| format!("{shown} is not a list of days and invitations"))?;
        ensure!(invitations.insert(day.to_string(), sent).is_none(), "{shown} has {day} twice");
    }
    Ok(Invitations(invitations))
}

#[derive(serde::Deserialize)]
struct Row {
    day: NaiveDate,
    invitations: u64,
}

impl Invitations {
    /// The cells of a day, or, of a line that is no day, those of all days.
    pub(crate) fn against(&self, day: &str, calls: u64, one_in: u32) -> [String; 3] {
        let sent = match day.parse::<NaiveDate>() {
            Ok(_) => self.0.get(day).copied().unwrap_or_default(),
            Err(_) => self.0.values().sum(),
        };
        let one_call_in = (calls > 0).then(|| format!("{:.1}", sent as f64 / calls as f64));
        [
            sent.to_string(),
            sent.div_ceil(one_in.into()).to_string(),
            one_call_in.unwrap_or_default(),
        ]
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
        assert_eq!(sent.against("2026-11-23", 40, 20), ["1000", "50", "25.0"]);
        assert_eq!(sent.against("2026-11-24", 0, 20), ["30", "2", ""]);
        assert_eq!(sent.against("2026-11-25", 3, 20), ["0", "0", "0.0"]);
        assert_eq!(sent.against("all", 40, 20)[0], "1030");
        let wrong = |text: &str| format!("{:#}", read(text).err().unwrap());
        assert!(
            wrong("day,invitations\n2026-11-23,1\n2026-11-23,2\n").contains("2026-11-23 twice")
        );
        assert!(wrong("day,invitations\n2026-11-23,many\n").contains("line: 2"));
        assert!(wrong("day,sent\n2026-11-23,1\n").contains("invitations"));
    }
}
