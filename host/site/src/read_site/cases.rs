//! Kinds of cases.

use super::Reader;
use crate::{site_file::CaseFile, source::child};
use std::collections::BTreeMap;
use strowger_model::{CALL_COLUMNS, CaseRule, CaseRules, Term};

impl Reader<'_> {
    pub(super) fn cases(&mut self, files: BTreeMap<String, CaseFile>) -> CaseRules {
        let rule = |(kind, file): (String, CaseFile)| {
            let rule = self.case(&kind, file)?;
            Some((kind.into(), rule))
        };
        let rules: CaseRules = files.into_iter().filter_map(rule).collect();
        for (kind, rule) in &rules {
            let Some(without) = &rule.column_without else { continue };
            if rules.values().any(|other| other.column == *without) {
                let message = format!("`{without}` is the `column` of a kind of case already");
                let at = child(&child("/cases", kind.as_str()), "column_without");
                let problem = self.source.at_value(&at, message);
                self.wrong(problem.help("give it another name: it counts calls, not cases"));
            }
        }
        rules
    }

    fn case(&mut self, kind: &str, file: CaseFile) -> Option<CaseRule> {
        let at = child("/cases", kind);
        let named = "a kind of case is named in lower case letters, digits and hyphens";
        if !kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            self.wrong(
                self.source.at_key(&at, format!("not a kind of case: `{kind}`")).help(named),
            );
        }
        let terms = [
            file.working_days.map(Term::WorkingDays),
            file.days.map(Term::Days),
            file.hours.map(Term::Hours),
        ];
        let mut terms = terms.into_iter().flatten();
        let (Some(term), None) = (terms.next(), terms.next()) else {
            let problem = self.source.at_key(&at, "a case needs one time for an answer");
            self.wrong(problem.help("write one of `working_days`, `days` and `hours`"));
            return None;
        };
        for (key, column) in [("column", &file.column), ("column_without", &file.column_without)] {
            if let Some(column) = column.as_deref().filter(|name| CALL_COLUMNS.contains(name)) {
                let message = format!("`{column}` is a column of every report already");
                let problem = self.source.at_value(&child(&at, key), message);
                self.wrong(problem.help("give the column of these cases another name"));
            }
        }
        Some(CaseRule {
            term,
            outcomes: file.outcomes,
            column: file.column.unwrap_or_else(|| kind.to_owned()),
            column_without: file.column_without,
        })
    }
}
