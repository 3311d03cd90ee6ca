//! Names of before (`was`) that nobody had: whoever is renamed so does not go on.

use crate::{Site, problem::nearest, source::Source};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// The names of the queues, agents and switches of a site.
#[derive(Clone, Debug, Default)]
pub struct Names(BTreeMap<Kind, BTreeSet<String>>);

/// What has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Queue,
    Agent,
    Switch,
}

impl Kind {
    fn table(self) -> &'static str {
        match self {
            Self::Queue => "queues",
            Self::Agent => "agents",
            Self::Switch => "switches",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Agent => "agent",
            Self::Switch => "switch",
        }
    }
}

/// A name of before that nobody had.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Misnamed {
    kind: Kind,
    name: String,
    was: String,
    /// Perhaps this one is meant, who is not here any more.
    near: Option<String>,
}

impl fmt::Display for Misnamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, was, near } = self;
        let (kind, table) = (kind.word(), kind.table());
        write!(
            f,
            "`was = \"{was}\"` of [{table}.{name}]: there was no {kind} `{was}`, so nothing of it goes on"
        )?;
        near.iter().try_for_each(|near| write!(f, "; did you mean `{near}`?"))
    }
}

impl Names {
    /// Of a site file that was in force.
    pub fn of_file(source: &Source) -> Self {
        let names = |kind: Kind| {
            let table = source.value.get(kind.table()).and_then(|table| table.as_object());
            (kind, table.into_iter().flat_map(|table| table.keys().cloned()).collect())
        };
        Self([Kind::Queue, Kind::Agent, Kind::Switch].map(names).into())
    }

    fn has(&self, kind: Kind, name: &str) -> bool {
        self.0.get(&kind).is_some_and(|names| names.contains(name))
    }
}

impl Site {
    /// Its own names.
    pub fn names(&self) -> Names {
        let queues = self.queues.keys().map(ToString::to_string).collect();
        let agents = self.agents.keys().map(ToString::to_string).collect();
        let switches = self.switches.keys().cloned().collect();
        Names([(Kind::Queue, queues), (Kind::Agent, agents), (Kind::Switch, switches)].into())
    }

    /// What has a name of before: its kind, its name, and the one before.
    fn renamed(&self) -> impl Iterator<Item = (Kind, String, String)> {
        let queues = self.queues.values().filter_map(|queue| {
            Some((Kind::Queue, queue.name.to_string(), queue.was.as_ref()?.to_string()))
        });
        let agents = self.agents.values().filter_map(|agent| {
            Some((Kind::Agent, agent.name.to_string(), agent.was.as_ref()?.to_string()))
        });
        let switches = self
            .switches
            .values()
            .filter_map(|switch| Some((Kind::Switch, switch.name.clone(), switch.was.clone()?)));
        queues.chain(agents).chain(switches)
    }

    /// Names of before that nobody had in the site before this one. A name that is not new was
    /// looked at before.
    pub fn misnamed(&self, before: &Names) -> Vec<Misnamed> {
        let own = self.names();
        let new = self
            .renamed()
            .filter(|(kind, name, was)| !before.has(*kind, name) && !before.has(*kind, was));
        let misnamed = new.map(|(kind, name, was)| {
            let before = before.0.get(&kind).into_iter().flatten().map(String::as_str);
            let near = nearest(&was, before.filter(|gone| !own.has(kind, gone)));
            Misnamed { kind, name, near: near.map(str::to_owned), was }
        });
        misnamed.collect()
    }

    /// Whether a name of before is still as it was found.
    pub fn has(&self, misnamed: &Misnamed) -> bool {
        let Misnamed { kind, name, was, .. } = misnamed;
        self.renamed().any(|(k, n, w)| (k, &n, &w) == (*kind, name, was))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::{Site, read_site, read_site::People, source::Source};
    use std::path::Path;

    fn source(text: &str) -> Source {
        Source::parse(Path::new("site.toml"), text).unwrap()
    }

    fn site(text: &str) -> Site {
        read_site::site(&source(text), People::Files).unwrap()
    }

    #[test]
    fn a_name_of_before_is_one_that_there_was() {
        const SITE: &str = "time_zone = \"Europe/Brussels\"\nlanguage = \"nl-BE\"\n";
        let before = format!("{SITE}[queues.helpdesk]\n[agents.an]\n[agents.bo]\n[switches.hap]\n");
        let names = super::Names::of_file(&source(&before));
        // Every agent has a phone.
        let whole = |text: &str| {
            let line = |line: &str| match line.strip_prefix("[agents.") {
                Some(name) => {
                    let name = name.trim_end_matches(']');
                    format!("{line}\nendpoints = [{{ address = \"PJSIP/{name}\" }}]\n")
                }
                None => format!("{line}\n"),
            };
            text.lines().map(line).collect::<String>()
        };
        let said = |text: &str| {
            let found = site(&format!("{SITE}{}", whole(text))).misnamed(&names);
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            said("[queues.desk]\nwas = \"helpdesk\"\n[agents.anna]\nwas = \"an\"\n"),
            [""; 0]
        );
        assert_eq!(
            said("[queues.desk]\nwas = \"helpdsk\"\n[agents.anna]\nwas = \"ann\"\n[agents.bo]\n"),
            [
                "`was = \"helpdsk\"` of [queues.desk]: there was no queue `helpdsk`, so nothing of it goes on; did you mean `helpdesk`?",
                "`was = \"ann\"` of [agents.anna]: there was no agent `ann`, so nothing of it goes on; did you mean `an`?",
            ]
        );
        let switch = |was: &str| {
            said(&format!("[switches.post]\nwas = \"{was}\"\npositions = [\"Open\", \"Dicht\"]\n"))
        };
        assert_eq!(switch("hap"), [""; 0]);
        assert_eq!(
            switch("hup"),
            [
                "`was = \"hup\"` of [switches.post]: there was no switch `hup`, so nothing of it goes on; did you mean `hap`?"
            ]
        );
        // Looked at when it was new.
        assert_eq!(said("[queues.helpdesk]\nwas = \"first\"\n"), [""; 0]);
        let (was, other) = (site(&format!("{SITE}[queues.desk]\nwas = \"x\"\n")), site(SITE));
        let found = &was.misnamed(&names)[0];
        assert!(was.has(found) && !other.has(found));
    }
}
