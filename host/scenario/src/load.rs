//! Reads scenario files. What is wrong is reported as a compiler would: file, line, column.

use crate::{
    campaigns::directed,
    file::{Expect, ScenarioFile, Then},
    judge::{Expected, LineError},
    stage::behaviour,
    term::civil,
};
use chrono::NaiveDateTime;
use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};
use strowger_sim::Phone;
use strowger_site::{Problem, problem::Place};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The folder of a flow's scenarios, beside its flow file.
pub const FOLDER: &str = "scenarios";

/// A scenario file, read and checked as far as it can be without a flow.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Where it was read from.
    pub file: PathBuf,
    /// As written.
    pub written: ScenarioFile,
    /// Civil date and time of its start, in the site's zone.
    pub at: NaiveDateTime,
    pub(crate) text: Arc<str>,
}

impl Scenario {
    /// Reads a file.
    ///
    /// # Errors
    /// Everything that is wrong with it: syntax, unknown keys, wrong types, or what makes no sense.
    pub fn load(file: &Path) -> Result<Self, Vec<Problem>> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| vec![whole(file, format!("cannot be read: {error}"))])?;
        Self::parse(file, &text)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// As [`Scenario::load`].
    pub fn parse(file: &Path, text: &str) -> Result<Self, Vec<Problem>> {
        // Some editors write a mark of UTF-8.
        let text: Arc<str> = text.trim_start_matches('\u{feff}').into();
        let written: ScenarioFile = toml::from_str(&text).map_err(|error| {
            let place = error.span().map(|span| place(&text, span));
            vec![Problem { place, ..not_a_scenario(file, error.message()) }]
        })?;
        let at = civil(written.at.get_ref());
        let mut wrong = endless(&text);
        if at.is_none() {
            wrong.push((
                written.at.span(),
                "not a date and time; write \"2026-11-23 10:00\"".to_owned(),
                None,
            ));
        }
        check(&written, &mut wrong);
        match (at, wrong.is_empty()) {
            (Some(at), true) => Ok(Self { file: file.to_owned(), written, at, text }),
            _ => Err(wrong
                .into_iter()
                .map(|(span, message, help)| Problem {
                    place: Some(place(&text, span)),
                    help: help.map(str::to_owned),
                    ..whole(file, message)
                })
                .collect()),
        }
    }

    /// Reads every `*.toml` of a folder, by name. A folder that is not there holds none.
    pub fn load_all(folder: &Path) -> (Vec<Self>, Vec<Problem>) {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
            .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
            .unwrap_or_default();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
        files.sort();
        let mut scenarios = Vec::new();
        let mut problems = Vec::new();
        for file in files {
            match Self::load(&file) {
                Ok(scenario) => scenarios.push(scenario),
                Err(wrong) => problems.extend(wrong),
            }
        }
        (scenarios, problems)
    }

    /// What it shows.
    pub fn name(&self) -> &str {
        &self.written.name
    }

    /// What is expected of each call with these settings.
    pub(crate) fn expected(
        &self,
        settings: &serde_json::Value,
    ) -> Result<Vec<Expected>, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut expected = Vec::new();
        for call in &self.written.calls {
            match Expected::new(call, settings) {
                Ok(lines) => expected.push(lines),
                Err(wrong) => problems.extend(
                    wrong.into_iter().map(|(span, error)| self.problem(span, error.to_string())),
                ),
            }
        }
        match problems.is_empty() {
            true => Ok(expected),
            false => Err(problems),
        }
    }

    /// What is expected of the calls of each campaign.
    pub(crate) fn of_campaigns(
        &self,
        settings: &serde_json::Value,
    ) -> Result<Vec<Vec<Expected>>, Vec<Problem>> {
        let campaigns = self.written.campaigns.iter();
        let expected = campaigns.map(|campaign| {
            campaign.get_ref().expected(settings).map_err(|wrong| {
                let problem = |(span, error): (_, LineError)| self.problem(span, error.to_string());
                wrong.into_iter().map(problem).collect()
            })
        });
        expected.collect()
    }

    /// Something is wrong with a part of the file.
    pub(crate) fn problem(&self, span: Range<usize>, message: String) -> Problem {
        Problem { place: Some(place(&self.text, span)), ..whole(&self.file, message) }
    }

    /// The line of the file at which something is written, from 1 on.
    pub(crate) fn line(&self, span: &Range<usize>) -> usize {
        place(&self.text, span.clone()).line
    }
}

type Wrong = Vec<(Range<usize>, String, Option<&'static str>)>;

/// What the types cannot say.
/// Figures of a text without an end, or that are none: `inf` and `nan` are figures in TOML.
fn endless(text: &str) -> Wrong {
    let (table, _) = DeTable::parse_recoverable(text);
    let mut wrong = Wrong::new();
    let span = table.span();
    let table = DeValue::Table(table.into_inner());
    let mut next = vec![(span, &table)];
    while let Some((span, value)) = next.pop() {
        match value {
            DeValue::Float(figure) if figure.as_str().ends_with(['f', 'n']) => {
                wrong.push((
                    span,
                    "not a finite figure".to_owned(),
                    Some("write a figure such as 60"),
                ));
            }
            DeValue::Array(array) => {
                next.extend(array.iter().map(|value| (value.span(), value.get_ref())));
            }
            DeValue::Table(table) => {
                next.extend(table.iter().map(|(_, value)| (value.span(), value.get_ref())));
            }
            _ => {}
        }
    }
    wrong
}

fn check(written: &ScenarioFile, wrong: &mut Wrong) {
    if written.calls.is_empty() && written.campaigns.is_empty() {
        let nobody = "nobody calls, and nobody is called".to_owned();
        wrong.push((written.at.span(), nobody, Some("write a [[call]] or a [[campaign]]")));
    }
    let campaigns = written.campaigns.iter().flat_map(|campaign| campaign.get_ref().check());
    wrong.extend(campaigns.map(|(span, message)| (span, message, None)));
    for then in &written.then {
        let of = then.get_ref();
        for what in of.campaign.values().filter(|what| directed(what.get_ref()).is_none()) {
            wrong.push((
                what.span(),
                format!("nothing that is done with a campaign: {:?}", what.get_ref()),
                Some("write `pause`, `resume`, `stop`, or `choose` and the id of a contact"),
            ));
        }
        if !of.turn.is_empty() || !of.campaign.is_empty() {
            if !of.who.is_empty() || of.does.is_some() || of.phone.is_some() {
                wrong.push((
                    then.span(),
                    "something is done with a switch or a campaign, and something else happens"
                        .to_owned(),
                    Some("write two entries of [[then]]"),
                ));
            }
            continue;
        }
        let known = written.agents.contains_key(&of.who) || written.outside.contains_key(&of.who);
        if !known {
            wrong.push((
                then.span(),
                format!("there is no agent and no number {:?} in this scenario", of.who),
                Some("name one of [agents] or [outside]"),
            ));
        }
        match (of.does, of.phone) {
            (None, None) => wrong.push((
                then.span(),
                "nothing happens here".to_owned(),
                Some("write `does`, `phone`, `turn` or `campaign`"),
            )),
            (Some(_), None) if !written.agents.contains_key(&of.who) && known => {
                wrong.push((
                    then.span(),
                    format!("{:?} is not an agent", of.who),
                    Some("write `phone` instead"),
                ));
            }
            _ => {}
        }
    }
    let calls = written.calls.iter().map(|call| (&call.expect, &call.never));
    let contacts = written.campaigns.iter().flat_map(|campaign| &campaign.get_ref().calls);
    for (expect, never) in calls.chain(contacts.map(|call| (&call.expect, &call.never))) {
        for line in expect.iter().chain(never) {
            check_line(line, wrong);
        }
        for line in never.iter().filter(|line| line.get_ref().at.is_some()) {
            wrong.push((
                line.span(),
                "`never` holds for the whole call".to_owned(),
                Some("leave out `at`"),
            ));
        }
    }
}

fn check_line(line: &Spanned<Expect>, wrong: &mut Wrong) {
    let of = line.get_ref();
    if let Err(error @ (LineError::Nothing | LineError::Two(..))) = of.thing() {
        wrong.push((line.span(), error.to_string(), None));
    }
    if of.contains.is_some() && of.mails.is_none() && of.opens.is_none() {
        wrong.push((
            line.span(),
            "`contains` is about a mail or a case".to_owned(),
            Some("write it beside `mails` or `opens`"),
        ));
    }
    let mut one_of = |value: &Option<String>, words: &[&str]| {
        if let Some(value) = value.as_ref().filter(|value| !words.contains(&value.as_str())) {
            wrong.push((line.span(), format!("{value:?} is none of {}", words.join(", ")), None));
        }
    };
    one_of(&of.hung_up_by, &["us", "caller"]);
    one_of(&of.leaves, &["full", "nobody-logged-in", "nobody-reachable", "caller-gone"]);
    one_of(&of.unanswered, &["no-answer", "busy", "declined", "unreachable", "cancelled"]);
}

impl Then {
    /// How a telephone behaves from then on.
    pub(crate) fn behaviour(&self) -> Option<Phone> {
        self.phone.map(|manner| behaviour(manner, self.after, self.talks, &self.keys))
    }
}

/// What serde says, as of other files.
fn not_a_scenario(file: &Path, message: &str) -> Problem {
    let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'));
    match unknown {
        Some((key, known)) => {
            let problem = whole(file, format!("unknown key `{key}`"));
            let problem = problem.help("docs/scenarios.md shows all keys");
            problem.suggest(key, known.split('`').skip(1).step_by(2))
        }
        None => whole(file, format!("not a scenario: {message}")),
    }
}

fn whole(file: &Path, message: String) -> Problem {
    Problem { file: file.to_owned(), place: None, message, see: Vec::new(), help: None }
}

fn place(text: &str, span: Range<usize>) -> Place {
    let start =
        (0..=span.start.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |length| start + length);
    let shown = text.get(start..span.end.min(line_end)).unwrap_or_default();
    Place {
        line: text[..start].matches('\n').count() + 1,
        column: text[line_start..start].chars().count() + 1,
        length: shown.trim_end().chars().count().max(1),
        text: text[line_start..line_end].trim_end_matches('\r').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> String {
        let wrong = Scenario::parse(Path::new("s.toml"), text).unwrap_err();
        wrong.iter().map(Problem::to_string).collect()
    }

    #[test]
    fn a_figure_has_an_end() {
        let shown = problems(
            "name = \"x\"\nat = \"2026-11-23 10:00\"\n[agents.an]\nafter = inf\n[[call]]\nkeys = [{ at = -nan, digits = \"1\" }]\n",
        );
        for line in ["s.toml:4:9", "s.toml:6:16"] {
            assert!(shown.contains(line) && shown.contains("not a finite figure"), "{shown}");
        }
        let marked = "\u{feff}name = \"x\"\r\nat = \"2026-11-23 10:00\"\r\n[[call]]\r\n";
        assert!(Scenario::parse(Path::new("s.toml"), marked).is_ok());
    }

    #[test]
    fn everything_that_is_wrong_is_said_with_its_place() {
        let shown = problems(
            "name = \"V2: x\"\nat = \"yesterday\"\n[[then]]\nat = 3\nwho = \"anna\"\ndoes = \"logs-out\"\n\
             [[call]]\nexpect = [\n  { at = 3 },\n  { hears = \"a\", rings = \"b\" },\n  { hung_up_by = \"nobody\" },\n]\n",
        );
        for part in [
            "s.toml:2:6",
            "write \"2026-11-23 10:00\"",
            "there is no agent and no number \"anna\" in this scenario",
            "s.toml:9:3",
            "nothing is expected here",
            "hears and rings are two things",
            "\"nobody\" is none of us, caller",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    }

    #[test]
    fn unknown_keys_and_malformed_figures_are_said_with_their_place() {
        let shown = problems("name = \"x\"\nat = \"2026-11-23 10:00\"\n[[call]]\nhang_up = 4\n");
        assert!(shown.contains("s.toml:4:1") && shown.contains("unknown key `hang_up`"), "{shown}");
        let shown =
            problems("name = \"x\"\nat = \"2026-11-23 10:00\"\n[[call]]\nhangs_up = \"soon\"\n");
        assert!(
            shown.contains("s.toml:4:") && shown.contains("not a number of seconds"),
            "{shown}"
        );
    }
}
