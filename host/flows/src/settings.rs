//! The settings of a flow against the schema of its plugin, and what they may name.

use crate::positions;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};
use strowger_model::{CaseKind, PhoneNumber};
use strowger_sandbox::Manifest;
use strowger_site::{
    Permissions, Problem, Site,
    address::{NUMBER, not_a_number},
    schema::Schema,
    source::Source,
};

/// What the settings of a flow may name. See `docs/write-a-flow.md` for the formats.
pub(crate) struct Names {
    pub(crate) site: Option<Arc<Site>>,
    /// None: the flow file is wrong elsewhere.
    pub(crate) permissions: Option<Permissions>,
    /// Recordings of the flow.
    pub(crate) own: BTreeMap<String, PathBuf>,
}

/// Lines of a roster that are named one by one, at most.
const SHOWN_LINES: usize = 8;

/// Formats that a plugin's schema can give to a text, beside those of JSON Schema.
const FORMATS: [&str; 13] = [
    "queue",
    "flow",
    "agent",
    "queue-or-agent",
    "schedule",
    "roster",
    "music",
    "case",
    "switch",
    "phone-number",
    "dialled-number",
    "recording",
    "mail-address",
];

impl Names {
    /// Checks settings against the schema of their plugin. National telephone numbers in them are
    /// international ones afterwards.
    pub(crate) fn check(
        self,
        manifest: &Manifest,
        settings: &mut Value,
        source: &Source,
    ) -> Vec<Problem> {
        let no_schema = |why: String| {
            let message = format!(
                "the settings schema of plugin `{}` is not a JSON Schema: {why}",
                manifest.name
            );
            vec![
                source
                    .at_value("/plugin", message)
                    .help("that is a fault of the plugin: tell its author"),
            ]
        };
        let schema: Value = match serde_json::from_str(&manifest.settings_schema) {
            Ok(schema) => schema,
            Err(error) => return no_schema(error.to_string()),
        };
        let positions =
            self.site.as_deref().map(|site| positions::check(&schema, settings, site, source));
        let names = Arc::new(self);
        let mut options = jsonschema::options().should_validate_formats(true);
        for format in FORMATS {
            let names = names.clone();
            options =
                options.with_format(format, move |text: &str| names.wrong(format, text).is_none());
        }
        let schema = match Schema::of_others(schema, options, settings) {
            Ok(schema) => schema,
            Err(why) => return no_schema(why),
        };
        schema.rewrite(settings, &|format, text| match format {
            "phone-number" | "dialled-number" => names.number(text).map(String::from),
            _ => None,
        });
        let wrong =
            schema.check(settings, source, "/settings", &|format, text| names.wrong(format, text));
        wrong.into_iter().chain(positions.into_iter().flatten()).collect()
    }

    /// Who stands in a roster and cannot be dialled, by line: a number is personal data.
    fn not_reached(&self, roster: &str) -> Option<(String, Option<String>)> {
        let (site, permissions) = (self.site.as_deref()?, self.permissions.as_ref()?);
        let wrong = site.rosters.get(roster)?.targets();
        let wrong = wrong.filter(|(_, target)| !site.may_reach(permissions, target));
        let lines: Vec<String> = wrong.map(|(line, _)| line.to_string()).collect();
        let shown = match lines.as_slice() {
            [] => return None,
            [line] => format!("line {line}"),
            [first @ .., last] if first.len() < SHOWN_LINES => {
                format!("lines {} and {last}", first.join(", "))
            }
            many => format!("{} lines, the first is line {}", many.len(), many[0]),
        };
        let message =
            format!("the targets of roster `{roster}` are not granted to this flow: {shown}");
        let help = "add them in [permissions]: numbers and extensions to `dial`, agents to `agents`, other addresses to `addresses`";
        Some((message, Some(help.to_owned())))
    }

    fn number(&self, text: &str) -> Option<PhoneNumber> {
        match &self.site {
            Some(site) => site.numbering.written(text),
            None => text.parse().ok(),
        }
    }

    /// What is wrong with a text of a format, and what to do about it.
    fn wrong(&self, format: &str, text: &str) -> Option<(String, Option<String>)> {
        let granted =
            |may: fn(&Permissions, &str) -> bool, what: &str, key: &str| match &self.permissions {
                Some(permissions) if !may(permissions, what) => Some((
                    format!("`{what}` is not granted to this flow"),
                    Some(format!("add it to `{key}` in [permissions]")),
                )),
                _ => None,
            };
        // Of a site file that is wrong nobody knows the country.
        if self.site.is_none() && matches!(format, "phone-number" | "dialled-number") {
            return None;
        }
        let site = self.site.as_deref();
        let queue = || {
            let known = site.map(|site| site.queues.keys().map(|name| name.as_str()).collect());
            unknown("queue", text, known)
                .or_else(|| granted(Permissions::may_use_queue, text, "queues"))
        };
        let agents = || site.map(|site| site.agents.keys().map(|name| name.as_str()).collect());
        match format {
            "queue" => queue(),
            "agent" => unknown("agent", text, agents()),
            "queue-or-agent" => match text.strip_prefix("agent:") {
                Some(agent) => unknown("agent", agent, agents()),
                None => queue(),
            },
            "schedule" => unknown(
                "schedule",
                text,
                site.map(|site| site.schedules.keys().map(String::as_str).collect()),
            ),
            "roster" => unknown(
                "roster",
                text,
                site.map(|site| site.rosters.keys().map(String::as_str).collect()),
            )
            .or_else(|| self.not_reached(text)),
            "music" => unknown(
                "music",
                text,
                site.map(|site| site.music.keys().map(String::as_str).collect()),
            ),
            "flow" => granted(Permissions::may_continue_with, text, "flows"),
            "case" => unknown(
                "kind of case",
                text,
                site.map(|site| site.cases.keys().map(CaseKind::as_str).collect()),
            ),
            "switch" => no_switch(site, text),
            "phone-number" | "dialled-number" => match text.parse::<PhoneNumber>() {
                Ok(number) if format == "dialled-number" => {
                    granted(Permissions::may_dial, number.as_str(), "dial")
                }
                Ok(_) => None,
                Err(_) => Some((not_a_number(text), Some(NUMBER.to_owned()))),
            },
            "recording" => {
                let known = site.map(|site| {
                    self.own.keys().chain(site.recordings.keys()).map(String::as_str).collect()
                });
                unknown("recording", text, known)
            }
            "mail-address" => granted(Permissions::may_mail, text, "mail"),
            _ => None,
        }
    }
}

/// What is wrong with the name of a switch; nothing is, of a site file that is wrong.
pub(crate) fn no_switch(site: Option<&Site>, name: &str) -> Option<(String, Option<String>)> {
    let site = site?;
    let known = site.switches.keys().map(String::as_str).collect();
    let (message, help) = unknown("switch", name, Some(known))?;
    let renamed = site.switch_called(name).map(|now| format!("it is called `{}` now", now.name));
    Some((message, renamed.or(help)))
}

fn unknown(what: &str, name: &str, known: Option<Vec<&str>>) -> Option<(String, Option<String>)> {
    let known = known?;
    if known.contains(&name) {
        return None;
    }
    let place = if what == "recording" { "the prompts" } else { "the site file" };
    let message = format!("no {what} `{name}` in {place}");
    let help = Problem::of_file(Path::new(""), "").suggest(name, known).help;
    Some((message, help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SITE: &str = r#"
        time_zone = "Europe/Brussels"
        country = "BE"
        language = "nl-BE"
        music = { gamelan = "default" }
        [schedules.week]
        hours = "Mo-Fr 09:00-16:00"
        [queues.helpdesk]
        [queues.other]
        [agents.an]
        endpoints = [{ address = "PJSIP/an" }]
        [cases.complaint]
        days = 45
    "#;

    #[test]
    fn p7_who_is_on_duty_can_be_dialled() {
        let folder = tempfile::tempdir().unwrap();
        let site = format!(
            "{SITE}\n[rosters.night]\nfile = \"night.csv\"\n[agents.bo]\nendpoints = [{{ address = \"PJSIP/bo\" }}]"
        );
        let night = |target: &str| format!("2026-11-23 22:00,2026-11-24 06:00,{target}\n");
        let wrong = |targets: &[&str]| {
            let rows: String = targets.iter().map(|target| night(target)).collect();
            std::fs::write(folder.path().join("night.csv"), format!("from,until,target\n{rows}"))
                .unwrap();
            let source = Source::parse(&folder.path().join("site.toml"), &site).unwrap();
            let people = strowger_site::read_site::People::Files;
            let site = strowger_site::read_site::site(&source, people).unwrap();
            let permissions = Permissions {
                dial: vec!["+3247*".parse().unwrap(), "1XX".parse().unwrap()],
                agents: vec!["an".to_owned()],
                addresses: vec!["PJSIP/gate".to_owned()],
                ..Permissions::default()
            };
            let permissions = Some(permissions);
            let names = Names { site: Some(Arc::new(site)), permissions, own: BTreeMap::new() };
            names.wrong("roster", "night").map(|(message, _)| message)
        };
        assert_eq!(wrong(&["0470 10 00 39", "101", "agent:an", "PJSIP/gate"]), None);
        let said = wrong(&["0470100039", "agent:bo", "+31201234567", "PJSIP/other", "2000"]);
        assert_eq!(
            said.as_deref(),
            Some("the targets of roster `night` are not granted to this flow: lines 3, 4, 5 and 6")
        );
    }

    /// The problems of one setting of a format, in a flow that is granted some things.
    fn wrong(format: &str, value: &str) -> Vec<String> {
        let site = strowger_site::read_site::site(
            &Source::parse(Path::new("site.toml"), SITE).unwrap(),
            strowger_site::read_site::People::Files,
        )
        .unwrap();
        let permissions = Permissions {
            dial: vec!["+322*".parse().unwrap()],
            queues: vec!["helpdesk".to_owned()],
            mail: vec!["*@example.be".to_owned()],
            flows: vec!["night".to_owned()],
            ..Permissions::default()
        };
        let own = BTreeMap::from([("welcome".to_owned(), PathBuf::new())]);
        let names = Names { site: Some(Arc::new(site)), permissions: Some(permissions), own };
        let list = json!({"type": "array", "items": {"type": "string", "format": format}});
        let schema =
            json!({"type": "object", "properties": {"list": list}, "additionalProperties": false});
        let manifest = Manifest {
            name: "test".to_owned(),
            version: "1.0.0".to_owned(),
            settings_schema: schema.to_string(),
        };
        let text = format!("plugin = \"test\"\n[settings]\nlist = [\"{value}\"]");
        let source = Source::parse(Path::new("flow.toml"), &text).unwrap();
        let problems = names.check(&manifest, &mut source.value["settings"].clone(), &source);
        for problem in &problems {
            let place = problem.place.as_ref().unwrap();
            assert_eq!((place.line, place.column, place.length), (3, 9, value.chars().count() + 2));
        }
        problems
            .into_iter()
            .map(|problem| {
                problem.message + &problem.help.map_or(String::new(), |help| format!("; {help}"))
            })
            .collect()
    }

    #[test]
    fn settings_name_what_there_is_and_what_is_granted() {
        for (format, good) in [
            ("queue", "helpdesk"),
            ("flow", "night"),
            ("agent", "an"),
            ("queue-or-agent", "helpdesk"),
            ("queue-or-agent", "agent:an"),
            ("schedule", "week"),
            ("music", "gamelan"),
            ("case", "complaint"),
            ("phone-number", "+31 20 123 45 67"),
            ("dialled-number", "+32 2 713 87 00"),
            ("dialled-number", "02 713 87 00"),
            ("recording", "welcome"),
            ("mail-address", "desk@example.be"),
            ("date", "2026-11-02"),
        ] {
            assert_eq!(wrong(format, good), [""; 0], "{format}");
        }
        for (format, bad, expected) in [
            (
                "case",
                "complain",
                "no kind of case `complain` in the site file; did you mean `complaint`?",
            ),
            ("queue", "helpdsk", "no queue `helpdsk` in the site file; did you mean `helpdesk`?"),
            (
                "queue",
                "other",
                "`other` is not granted to this flow; add it to `queues` in [permissions]",
            ),
            (
                "flow",
                "day",
                "`day` is not granted to this flow; add it to `flows` in [permissions]",
            ),
            ("agent", "bo", "no agent `bo` in the site file; there is `an`"),
            ("queue-or-agent", "agent:am", "no agent `am` in the site file; did you mean `an`?"),
            ("schedule", "weak", "no schedule `weak` in the site file; did you mean `week`?"),
            ("music", "gong", "no music `gong` in the site file; there is `gamelan`"),
            (
                "dialled-number",
                "+31201234567",
                "`+31201234567` is not granted to this flow; add it to `dial` in [permissions]",
            ),
            (
                "dialled-number",
                "0470 10 00 39",
                "`+32470100039` is not granted to this flow; add it to `dial` in [permissions]",
            ),
            (
                "recording",
                "welcom",
                "no recording `welcom` in the prompts; did you mean `welcome`?",
            ),
            (
                "mail-address",
                "x@example.nl",
                "`x@example.nl` is not granted to this flow; add it to `mail` in [permissions]",
            ),
            ("date", "2 november", "not a date"),
        ] {
            assert_eq!(wrong(format, bad), [expected], "{format}");
        }
        assert!(
            wrong("phone-number", "713 87 00")[0].contains("write it as + and country code"),
            "{:?}",
            wrong("phone-number", "713 87 00")
        );
    }
}
