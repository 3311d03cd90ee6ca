//! Switches.

use super::{Reader, staff::in_order};
use crate::{
    site::Switch,
    site_file::{AgentFile, SwitchFile},
    source::child,
};
use indexmap::IndexMap;
use std::collections::BTreeMap;

impl Reader<'_> {
    pub(super) fn switches(
        &mut self,
        files: BTreeMap<String, SwitchFile>,
        agents: &BTreeMap<String, AgentFile>,
    ) -> IndexMap<String, Switch> {
        let files = in_order(self.source, "/switches", files);
        let codes =
            files.iter().filter_map(|(name, file)| Some((name.clone(), file.code.clone()?)));
        self.each_once("/switches", "code", codes.collect());
        let was = files.iter().filter_map(|(name, file)| Some((name, file.was.as_ref()?)));
        let is_there = |name: &str| files.iter().any(|(other, _)| other == name);
        self.renamed("/switches", was.collect(), is_there);
        let mut switches: Vec<Switch> =
            files.into_iter().map(|(name, file)| self.switch(name, file, agents)).collect();
        switches.sort_by_cached_key(|switch| (switch.label.to_lowercase(), switch.name.clone()));
        switches.into_iter().map(|switch| (switch.name.clone(), switch)).collect()
    }

    fn switch(
        &mut self,
        name: String,
        file: SwitchFile,
        agents: &BTreeMap<String, AgentFile>,
    ) -> Switch {
        let at = child("/switches", &name);
        for (index, position) in file.positions.iter().enumerate() {
            let at = format!("{at}/positions/{index}");
            let is_this = |other: &String| other.to_lowercase() == position.to_lowercase();
            if let Some(other) = file.positions[..index].iter().find(|other| is_this(other)) {
                let message = format!("the switch has position `{other}` already");
                let problem = self.source.at_value(&at, message);
                self.wrong(problem.help("each position has a name of its own"));
            }
            if !is_shown_well(position) {
                let problem = self.source.at_value(&at, "not a name that people can type and see");
                self.wrong(
                    problem.help(
                        "write letters, digits, signs and single spaces, at most 60 characters",
                    ),
                );
            }
        }
        for (index, agent) in file.turned_by.iter().enumerate() {
            let at = format!("{at}/turned_by/{index}");
            if !agents.contains_key(agent) {
                let problem = self.source.at_value(&at, format!("no agent `{agent}`"));
                self.wrong(problem.suggest(agent, agents.keys().map(String::as_str)));
            } else if file.turned_by[..index].contains(agent) {
                let problem =
                    self.source.at_value(&at, format!("agent `{agent}` is in this list twice"));
                self.wrong(problem);
            }
        }
        Switch {
            label: file.label.unwrap_or_else(|| name.clone()),
            name,
            was: file.was,
            positions: file.positions,
            code: file.code,
            turned_by: file.turned_by.iter().map(|agent| agent.as_str().into()).collect(),
        }
    }
}

/// Whether a name is seen as it is, and can be typed.
fn is_shown_well(name: &str) -> bool {
    let shown = |c: char| c == ' ' || c.is_alphanumeric() || c.is_ascii_graphic();
    let spaced = name.split_whitespace().collect::<Vec<_>>().join(" ") == name;
    spaced && name.chars().all(shown) && name.chars().count() <= 60
}

#[cfg(test)]
mod tests {
    use crate::{
        Problem, Site,
        read_site::{People, site},
        source::Source,
    };
    use std::path::Path;

    const SITE: &str = r#"
time_zone = "Europe/Brussels"
language = "nl-BE"
[switches.vcare]
label = "vcare HAP"
positions = ["Open", "Gesloten"]
code = "31"
turned_by = ["an"]
[switches.meldtekst]
label = "Meldtekst"
positions = ["Open", "Gesloten", "Calamiteit"]
code = "30"
[agents.an]
endpoints = [{ address = "PJSIP/an" }]
"#;

    fn read(from: &str, to: &str) -> Result<Site, Vec<Problem>> {
        assert!(SITE.contains(from), "{from}");
        let text = SITE.replacen(from, to, 1);
        site(&Source::parse(Path::new("site.toml"), &text)?, People::Files)
    }

    fn wrong(from: &str, to: &str) -> String {
        let problems = read(from, to).unwrap_err();
        let said = problems.iter().map(|problem| {
            let place = problem.place.as_ref().unwrap();
            let help = problem.help.as_deref().unwrap_or_default();
            format!("{}:{} {}; {help}", place.line, place.column, problem.message)
        });
        said.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn r1_switches_are_listed_by_their_labels() {
        let site = read("", "").unwrap();
        let labels: Vec<&str> = site.switches.values().map(|switch| &*switch.label).collect();
        assert_eq!(labels, ["Meldtekst", "vcare HAP"]);
        assert_eq!(site.switch("31").unwrap().name, "vcare");
        assert_eq!(site.switch("vcare").unwrap().turned_by, ["an".into()]);
        assert!(site.switch("32").is_none() && site.switch("Meldtekst").is_none());
    }

    #[test]
    fn what_is_wrong_with_a_switch_is_said_with_its_place() {
        for (from, to, said) in [
            ("\"30\"", "\"31\"", "12:8 code 31 is `vcare`'s already; "),
            (
                "code = \"31\"",
                "was = \"meldtekst\"",
                "7:7 `meldtekst` is still in this file; `was` is the name before, which nobody has any \
                 more",
            ),
            ("[\"an\"]", "[\"bo\"]", "8:14 no agent `bo`; there is `an`"),
            ("[\"an\"]", "[\"an\", \"an\"]", "8:20 agent `an` is in this list twice; "),
            (
                "\"Calamiteit\"]",
                "\"Open\"]",
                "11:34 the switch has position `Open` already; each position has a name of its own",
            ),
            (
                "\"Calamiteit\"]",
                "\"open\"]",
                "11:34 the switch has position `Open` already; each position has a name of its own",
            ),
        ] {
            assert_eq!(wrong(from, to), said);
        }
        let ten: Vec<String> = (0..11).map(|nth| format!("\"{nth}\"")).collect();
        for (from, to, said) in [
            ("[\"Open\", \"Gesloten\"]", "[\"Open\"]", "too few: at least 2"),
            ("[\"Open\", \"Gesloten\"]", &*format!("[{}]", ten.join(", ")), "too many: at most 10"),
            ("code = \"30\"", "code = \"3\"", "does not match the pattern"),
            ("[\"Open\", \"Gesloten\"]", "[\"Open\", \"\"]", "too short"),
            ("[\"Open\", \"Gesloten\"]", "[\"Open\", \" dicht\"]", "not a name that people can"),
            (
                "[\"Open\", \"Gesloten\"]",
                "[\"Open\", \"di\\u202Echt\"]",
                "not a name that people can",
            ),
            ("label = \"Meldtekst\"", "lable = \"Meldtekst\"", "unknown key `lable`"),
        ] {
            assert!(wrong(from, to).contains(said), "{}", wrong(from, to));
        }
    }
}
