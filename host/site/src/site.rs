//! What flows share: queues, agents, schedules, music, prompts, and civil time.
//!
//! A site is made from `site.toml` and the folder of recordings, and never changes; a change of
//! either makes another.

use crate::{
    Callers, Contacts, Numbering, Permissions, Roster,
    address::address,
    campaigns::CampaignTemplate,
    contacts,
    pin::Pin,
    schedule::{Calendar, Schedule},
    source::Source,
};
use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use strowger_model::{
    AgentName, CaseRules, PhoneNumber, QueueName, TemplateName, Term, Timestamp,
    command::Target,
    read::{Moment, ScheduleStatus},
    time::Cadence,
};

/// A site, checked: every name that it mentions exists.
#[derive(Debug)]
pub struct Site {
    /// The zone of opening hours and of times that are spoken.
    pub time_zone: Tz,
    /// ISO 3166-1, such as `BE`: whose public holidays count.
    pub country: Option<String>,
    /// How telephone numbers are written.
    pub numbering: Numbering,
    /// Who calls, and whose number is withheld.
    pub callers: Callers,
    /// What is asked for at phones that might have a voice mail; none: nothing.
    pub confirm: Option<Confirmation>,
    /// BCP 47, such as `nl-BE`: of flows and texts that name none.
    pub language: String,
    /// How phones ring.
    pub cadence: Cadence,
    /// In the order of the file.
    pub queues: IndexMap<QueueName, Queue>,
    /// In the order of the file.
    pub agents: IndexMap<AgentName, Agent>,
    /// By name.
    pub schedules: BTreeMap<String, Arc<Schedule>>,
    /// Whom the site knows.
    pub contacts: Arc<Contacts>,
    /// Who is on duty, by name.
    pub rosters: BTreeMap<String, Roster>,
    /// What callers bring that has to be answered later, by kind.
    pub cases: CaseRules,
    /// What people turn, in the order of the labels.
    pub switches: IndexMap<String, Switch>,
    /// How the people on a list are called, by name.
    pub campaigns: BTreeMap<TemplateName, CampaignTemplate>,
    /// The names of music that flows use, each with the PBX's name of it.
    pub music: BTreeMap<String, String>,
    /// The folder of the site's recordings.
    pub prompts: PathBuf,
    /// The site's recordings by name: the path in the folder without `.wav`.
    pub recordings: BTreeMap<String, PathBuf>,
    /// How texts are spoken.
    pub speech: Speech,
    /// Short hash of all that it was made of.
    pub version: String,
    pub(crate) calendar: Arc<Calendar>,
    /// None: there is no site file yet.
    pub source: Option<Arc<Source>>,
}

/// A queue of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Its name.
    pub name: QueueName,
    /// Its name before, for those who are in it.
    pub was: Option<QueueName>,
    /// Whose phone rings next.
    pub strategy: Strategy,
    /// Whose phones ring for it, the first first.
    pub agents: Vec<AgentName>,
    /// How many callers may wait; none: any number.
    pub cap: Option<u32>,
    /// How long an endpoint rings that has no time of its own.
    pub ring_time: Duration,
    /// After a conversation, before the agent's next call.
    pub wrap_up: Duration,
    /// How long an agent who did not answer, or was gone at once, is left alone.
    pub retry_after: Duration,
    /// An agent who let so many calls in a row ring out is paused; none: never.
    pub pause_after: Option<u32>,
    /// A conversation that the agent ends sooner is none; zero: each is one.
    pub too_short: Duration,
    /// The music of the site that callers hear, unless the flow says otherwise.
    pub music: Option<String>,
    /// Callers leave when nobody is logged in.
    pub leave_when_empty: bool,
    /// With no agent free, ring one who talks.
    pub interrupts: bool,
    /// Ring agents who are in a call of their own.
    pub ring_busy: bool,
    /// By which agents join and leave it from a phone.
    pub code: Option<String>,
    /// The service level: within which a caller should have an agent.
    pub answer_within: Duration,
}

impl Queue {
    /// How short a conversation is none, where no queue says otherwise.
    pub const TOO_SHORT: Duration = Duration::from_secs(2);
}

/// Whose phone rings next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// Those of all agents at once.
    RingAll,
    /// That of the agent who has been free longest.
    #[default]
    LongestIdle,
    /// One after another, and then again from the first.
    RoundRobin,
    /// That of the first agent in the list who is free.
    Linear,
}

/// An agent of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The agent's name in flows and queues.
    pub name: AgentName,
    /// The agent's name before, also in records.
    pub was: Option<AgentName>,
    /// For people.
    pub display_name: String,
    /// Phones, the first first; at least one.
    pub endpoints: Vec<Endpoint>,
    /// In which way they ring.
    pub ring_endpoints: RingEndpoints,
    /// Logged in when the host starts.
    pub logged_in: bool,
    /// The extension under which colleagues reach the agent, and by which the agent logs in at a
    /// phone.
    pub extension: Option<String>,
    /// By which the agent proves to be it at another's phone.
    pub pin: Option<Pin>,
}

impl Agent {
    /// The agent's phones in the order in which they ring, when the agent has logged in at one.
    pub fn endpoints_at(&self, at: Option<&Target>) -> Vec<Endpoint> {
        let Some(at) = at else { return self.endpoints.clone() };
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            self.endpoints.iter().cloned().partition(|endpoint| endpoint.target == *at);
        let here = here.into_iter().next().unwrap_or_else(|| Endpoint {
            target: at.clone(),
            ring_time: None,
            confirm: matches!(at, Target::Number(_)),
        });
        [here].into_iter().chain(elsewhere).collect()
    }
}

/// A switch of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Its name in flows.
    pub name: String,
    /// Its name before.
    pub was: Option<String>,
    /// For people.
    pub label: String,
    /// 2 to 10, each once; the first is the normal one.
    pub positions: Vec<String>,
    /// By which it is turned from a phone.
    pub code: Option<String>,
    /// Agents who may turn it from a phone.
    pub turned_by: Vec<AgentName>,
}

/// A phone of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Never an agent.
    pub target: Target,
    /// How long it rings; none: as the queue says.
    pub ring_time: Option<Duration>,
    /// Whoever answers has to press the key of [`Site::confirm`] first.
    pub confirm: bool,
}

/// What is asked of whoever answers at a phone that might have a voice mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// 0-9, * or #.
    pub key: char,
    /// The question.
    pub text: String,
}

/// In which way the phones of an agent ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RingEndpoints {
    /// The next when one does not answer or cannot be reached.
    #[default]
    OneByOne,
    /// All at once.
    Together,
}

/// The command that speaks a text, started without a shell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Speech {
    /// A program of the search path, or its file.
    pub program: String,
    /// Its arguments, in which `{voice}`, `{text_file}` and `{out}` are filled in.
    pub args: Vec<String>,
    /// `{voice}` by language.
    pub voices: BTreeMap<String, String>,
    /// For one text.
    pub timeout: Duration,
}

impl Site {
    /// With nobody in it: before a site file was ever good.
    pub fn empty() -> Self {
        Self {
            time_zone: Tz::UTC,
            country: None,
            numbering: Numbering::default(),
            callers: Callers::default(),
            confirm: None,
            language: "en".to_owned(),
            cadence: Cadence::BELGIUM,
            queues: IndexMap::new(),
            agents: IndexMap::new(),
            schedules: BTreeMap::new(),
            contacts: Arc::default(),
            rosters: BTreeMap::new(),
            cases: CaseRules::new(),
            switches: IndexMap::new(),
            campaigns: BTreeMap::new(),
            music: BTreeMap::new(),
            prompts: PathBuf::new(),
            recordings: BTreeMap::new(),
            speech: Speech::default(),
            version: String::new(),
            calendar: Arc::new(Calendar::new(Tz::UTC, None, BTreeMap::new())),
            source: None,
        }
    }

    /// An instant with its civil date and time here.
    pub fn moment(&self, instant: Timestamp) -> Moment {
        self.calendar.moment(instant)
    }

    /// The instant at which the clock here shows a date and time, such as `2026-11-23 07:00`: the
    /// first of two when it is put back, the next one that it shows when it is put forward. None: the
    /// text is no date and time.
    pub fn instant(&self, civil: &str) -> Option<Timestamp> {
        let local = NaiveDateTime::parse_from_str(civil, "%Y-%m-%d %H:%M").ok()?;
        Some(self.calendar.instant(local))
    }

    /// When the next civil day begins here.
    pub fn next_day(&self, after: Timestamp) -> Timestamp {
        let now = DateTime::from_timestamp_millis(after.0 as i64)
            .unwrap_or_default()
            .with_timezone(&self.time_zone);
        let midnight =
            now.date_naive().succ_opt().unwrap_or(now.date_naive()).and_time(NaiveTime::MIN);
        // Where the clock is put forward at midnight, the day begins an hour later.
        let hours = (0..4).map(|hours| midnight + TimeDelta::hours(hours));
        let begins =
            hours.filter_map(|time| self.time_zone.from_local_datetime(&time).earliest()).next();
        Timestamp(begins.map_or(after.0 + 86_400_000, |begins| begins.timestamp_millis() as u64))
    }

    /// What an agent is called now: one who is not here any more perhaps has another name.
    pub fn now_called<'a>(&'a self, agent: &'a AgentName) -> &'a AgentName {
        let renamed = || self.agents.values().find(|now| now.was.as_ref() == Some(agent));
        match self.agents.contains_key(agent) {
            true => agent,
            false => renamed().map_or(agent, |now| &now.name),
        }
    }

    /// An agent by name or extension.
    pub fn agent(&self, key: &str) -> Option<&Agent> {
        self.agents
            .get(key)
            .or_else(|| self.agents.values().find(|agent| agent.extension.as_deref() == Some(key)))
    }

    /// A queue by name or code.
    pub fn queue(&self, key: &str) -> Option<&Queue> {
        self.queues
            .get(key)
            .or_else(|| self.queues.values().find(|queue| queue.code.as_deref() == Some(key)))
    }

    /// A switch by name or code.
    pub fn switch(&self, key: &str) -> Option<&Switch> {
        self.switches
            .get(key)
            .or_else(|| self.switches.values().find(|switch| switch.code.as_deref() == Some(key)))
    }

    /// A switch by its name or the one before.
    pub fn switch_called(&self, name: &str) -> Option<&Switch> {
        let renamed = || self.switches.values().find(|switch| switch.was.as_deref() == Some(name));
        self.switches.get(name).or_else(renamed)
    }

    /// Whether an endpoint that the PBX has authenticated is a phone of the site: an agent's, or
    /// one that the flow may dial. A trunk is not.
    pub fn has_phone(&self, permissions: &Permissions, endpoint: Option<&str>) -> bool {
        let is_agents = |here: Target| self.owners(&here).next().is_some();
        endpoint.is_some_and(|here| {
            permissions.may_use_address(here) || address(here).is_some_and(is_agents)
        })
    }

    /// Whether a flow may ask for an agent, or dial it, by name: it is granted, or of a queue that
    /// is.
    pub fn may_use_agent(&self, permissions: &Permissions, agent: &AgentName) -> bool {
        let of_queue = |queue: &String| {
            self.queues.get(queue.as_str()).is_some_and(|queue| queue.agents.contains(agent))
        };
        permissions.agents.iter().any(|granted| granted == agent.as_str())
            || permissions.queues.iter().any(of_queue)
    }

    /// Whether a flow may dial somebody.
    pub fn may_reach(&self, permissions: &Permissions, target: &Target) -> bool {
        match target {
            Target::Number(number) => permissions.may_dial(number.as_str()),
            Target::Extension(extension) => permissions.may_dial(extension),
            Target::Address(address) => permissions.may_use_address(address),
            Target::Agent(agent) => self.may_use_agent(permissions, agent),
        }
    }

    /// The agents whose own phone this is.
    pub fn owners(&self, phone: &Target) -> impl Iterator<Item = &Agent> {
        self.agents
            .values()
            .filter(move |agent| agent.endpoints.iter().any(|endpoint| endpoint.target == *phone))
    }

    /// A schedule at an instant; none: there is no such schedule.
    pub fn schedule(&self, name: &str, at: Timestamp) -> Option<ScheduleStatus> {
        Some(self.schedules.get(name)?.status(at))
    }

    /// Before when something has to be answered for which there is so much time.
    pub fn due(&self, from: Timestamp, term: Term) -> Timestamp {
        match term {
            Term::WorkingDays(days) => self.calendar.end_of_day(from, days, true),
            Term::Days(days) => self.calendar.end_of_day(from, days, false),
            Term::Hours(hours) => Timestamp(from.0 + u64::from(hours) * 3_600_000),
        }
    }

    /// How a phone rings that is dialled: as in its own country, where that is known.
    pub fn cadence_at(&self, target: &Target) -> Cadence {
        const KNOWN: [(&str, &str, Cadence); 2] =
            [("BE", "+32", Cadence::BELGIUM), ("NL", "+31", Cadence::NETHERLANDS)];
        let number = match target {
            Target::Number(number) => Some(number.clone()),
            Target::Extension(digits) => self.numbering.written(digits),
            Target::Agent(_) | Target::Address(_) => None,
        };
        let abroad = |(country, prefix, _): &&(&str, &str, Cadence)| {
            let is_there =
                number.as_ref().is_some_and(|number| number.as_str().starts_with(prefix));
            is_there && self.country.as_deref() != Some(country)
        };
        KNOWN.iter().find(abroad).map_or(self.cadence, |(.., cadence)| *cadence)
    }

    /// A telephone number in any notation, in E.164; none: it is none.
    pub fn number(&self, text: &str) -> Option<PhoneNumber> {
        self.numbering.number(text).ok()
    }

    /// A contact by id or number.
    pub fn contact(&self, key: &str) -> Option<&contacts::Contact> {
        self.contacts.get(key).or_else(|| self.contacts.get(self.number(key)?.as_str()))
    }

    /// Who is on duty at an instant, the first first; nobody if there is no such roster.
    pub fn on_duty(&self, roster: &str, at: Timestamp) -> Vec<Target> {
        self.rosters.get(roster).map(|roster| roster.on_duty(at)).unwrap_or_default()
    }

    /// Adds somebody to a roster, which need not exist, behind the others. A time that is none:
    /// without beginning, or without end.
    pub fn put_on_duty(
        &mut self,
        roster: &str,
        from: Option<NaiveDateTime>,
        until: Option<NaiveDateTime>,
        target: Target,
    ) {
        self.rosters.entry(roster.to_owned()).or_default().add(
            &self.calendar,
            from,
            until,
            target,
            0,
        );
    }
}

/// Folders within folders beyond which nothing is looked for: a link may lead back.
const DEEPEST: usize = 4;

/// Recordings in a folder and the folders in it, by path without `.wav`. A folder that is not there
/// is empty.
pub fn recordings(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let mut folders = vec![(0, String::new(), folder.to_owned())];
    while let Some((depth, prefix, folder)) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let (name, path) = (entry.file_name(), entry.path());
            let Some(name) = name.to_str() else { continue };
            if path.is_dir() {
                if depth < DEEPEST && !name.starts_with('.') {
                    folders.push((depth + 1, format!("{prefix}{name}/"), path));
                }
            } else if let Some(name) = name.strip_suffix(".wav").filter(|_| path.is_file()) {
                found.insert(format!("{prefix}{name}"), path);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_leads_back_is_no_reason_to_search_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("nl")).unwrap();
        std::fs::write(folder.path().join("nl/welcome.wav"), "").unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("nl/again")).unwrap();
        std::os::unix::fs::symlink("loop", folder.path().join("loop")).unwrap();
        let found = recordings(folder.path());
        assert!(found.contains_key("nl/welcome"), "{found:?}");
        assert!(found.len() <= DEEPEST, "{found:?}");
    }
}
