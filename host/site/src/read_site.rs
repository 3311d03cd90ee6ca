//! From `site.toml` as written to a [`Site`], or everything that is wrong with it.

use crate::{
    Contacts, Roster,
    contacts::{self, Known},
    pin::Pin,
    problem::Problem,
    roster,
    schedule::{self, BadHours, Calendar, Exception, Schedule},
    schema,
    site::{Agent, Endpoint, Queue, Site, Speech, address, recordings},
    site_file::{AgentFile, CaseFile, QueueFile, RosterFile, ScheduleFile, SiteFile},
    source::{Source, child},
    version,
};
use chrono::NaiveDate;
use opening_hours::localization::Country;
use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use strowger_model::{CALL_COLUMNS, CaseRule, CaseRules, Term, time::Cadence};

const HOURS: &str = "write hours as in OpenStreetMap, such as \"Mo-Fr 09:00-16:00; PH off\" or \"Mo-Su 22:00-06:00\"";

/// Where a site takes its contacts and rosters from.
#[derive(Clone, Copy)]
pub enum People<'a> {
    /// From the files that the site file names.
    Files,
    /// From another site, for they were not archived, or did not change. Schedules that did not
    /// change come from there, too.
    Of(&'a Site),
}

/// Reads a site file, and the contacts and rosters that it names.
///
/// # Errors
/// Everything that is wrong with them.
pub fn read(path: &Path) -> Result<Site, Vec<Problem>> {
    site(&Source::read(path)?, People::Files)
}

/// Makes a site of a site file that was parsed.
///
/// # Errors
/// Everything that is wrong with it.
pub fn site(source: &Source, people: People<'_>) -> Result<Site, Vec<Problem>> {
    let (file, problems) = schema::read::<SiteFile>(&schema::SITE, source);
    let mut reader = Reader { source, people, problems };
    let site = file.and_then(|file| reader.site(file));
    match (site, reader.problems) {
        (Some(site), problems) if problems.is_empty() => Ok(site),
        (_, problems) => Err(problems),
    }
}

struct Reader<'a> {
    source: &'a Source,
    people: People<'a>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn wrong(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn cases(&mut self, files: BTreeMap<String, CaseFile>) -> CaseRules {
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

    fn site(&mut self, file: SiteFile) -> Option<Site> {
        let source = self.source;
        let country = file.country.as_deref().and_then(|code| self.country(code));
        let cadence = match (&file.ringing, file.country.as_deref()) {
            (Some(ringing), _) => Cadence { on: seconds(ringing.on), off: seconds(ringing.off) },
            (None, Some("NL")) => Cadence::NETHERLANDS,
            (None, _) => Cadence::BELGIUM,
        };
        let mut named = BTreeMap::new();
        for (index, holiday) in file.holidays.into_iter().enumerate() {
            if let Some(date) = self.date(&format!("/holidays/{index}/date"), &holiday.date) {
                named.insert(date, holiday.name);
            }
        }
        let zone = file.time_zone.parse::<chrono_tz::Tz>();
        if zone.is_err() && !file.time_zone.is_empty() {
            let zones = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
            let problem = source
                .at_value("/time_zone", format!("no time zone `{}`", file.time_zone))
                .help("write it as in the IANA database, such as \"Europe/Brussels\"")
                .suggest_near(&file.time_zone, zones);
            self.wrong(problem);
        }
        let calendar = Arc::new(Calendar::new(zone.unwrap_or_default(), country, named));

        let mut schedules = BTreeMap::new();
        for (name, schedule) in file.schedules {
            let known = self.unchanged(&name);
            let schedule = known.or_else(|| {
                self.schedule(&child("/schedules", &name), &calendar, schedule).map(Arc::new)
            });
            schedules.extend(schedule.map(|schedule| (name, schedule)));
        }
        let codes = in_order(source, "/queues", &file.queues)
            .into_iter()
            .filter_map(|(name, queue)| Some((name, queue.code.clone()?)));
        self.each_once("/queues", "code", codes.collect());
        let extensions = in_order(source, "/agents", &file.agents)
            .into_iter()
            .filter_map(|(name, agent)| Some((name, agent.extension.clone()?)));
        self.each_once("/agents", "extension", extensions.collect());
        let queues = in_order(source, "/queues", file.queues)
            .into_iter()
            .map(|(name, queue)| {
                (name.as_str().into(), self.queue(&name, queue, &file.agents, &file.music))
            })
            .collect();
        let known = Known {
            country: file.country.as_deref().filter(|_| country.is_some()),
            agents: file.agents.keys().map(String::as_str).collect(),
        };
        let contacts = self.contacts(&file.contacts, &known);
        let rosters: BTreeMap<String, Roster> = file
            .rosters
            .iter()
            .map(|(name, roster)| (name.clone(), self.roster(name, roster, &calendar, &known)))
            .collect();
        let agents = in_order(source, "/agents", file.agents)
            .into_iter()
            .map(|(name, agent)| (name.as_str().into(), self.agent(name, agent)))
            .collect();
        let cases = self.cases(file.cases);
        let prompts = source.path.parent().unwrap_or(Path::new(".")).join(file.prompts);
        let recordings = recordings(&prompts);
        let people: String = rosters
            .values()
            .map(|roster| roster.version.as_str())
            .chain([contacts.version.as_str()])
            .collect();
        let version =
            version::of(&[&source.value.to_string(), &format!("{:?}", recordings.keys()), &people]);
        Some(Site {
            time_zone: zone.ok()?,
            country: file.country,
            language: file.language,
            cadence,
            queues,
            agents,
            schedules,
            contacts,
            rosters,
            cases,
            music: file.music,
            prompts,
            recordings,
            speech: Speech {
                program: file.speech.program,
                args: file.speech.args,
                voices: file.speech.voices,
                timeout: seconds(file.speech.timeout),
            },
            version,
            calendar,
            source: Some(Arc::new(source.clone())),
        })
    }

    /// Digits that people key stand for one thing, and are the name of no other.
    fn each_once(&mut self, table: &str, what: &str, keyed: Vec<(String, String)>) {
        for (index, (name, digits)) in keyed.iter().enumerate() {
            let at = child(&child(table, name), what);
            if let Some((taken, _)) = keyed[..index].iter().find(|(_, other)| other == digits) {
                let other = self.source.place(&child(&child(table, taken), what));
                let problem =
                    self.source.at_value(&at, format!("{what} {digits} is `{taken}`'s already"));
                self.wrong(problem.see(&self.source.path, other));
            }
            if name != digits && self.source.value.pointer(&child(table, digits)).is_some() {
                self.wrong(
                    self.source.at_value(
                        &at,
                        format!("{what} {digits} is the name of another in this file"),
                    ),
                );
            }
        }
    }

    fn country(&mut self, code: &str) -> Option<Country> {
        let country = code.parse::<Country>().ok();
        if country.is_none() {
            let codes = Country::ALL.iter().map(|country| country.iso_code());
            let problem = self
                .source
                .at_value("/country", format!("no public holidays are known of `{code}`"))
                .help("write an ISO 3166-1 code in capitals, such as \"BE\"")
                .suggest_near(&code.to_uppercase(), codes);
            self.wrong(problem);
        }
        country
    }

    fn date(&mut self, at: &str, text: &str) -> Option<NaiveDate> {
        let date = text.parse().ok();
        if date.is_none() {
            let problem = self.source.at_value(at, format!("not a date: {text}"));
            self.wrong(problem.help("write it as year-month-day, such as 2026-11-02"));
        }
        date
    }

    /// A schedule of the other site, if this one is made of the same: to read opening hours takes
    /// longer than all the rest.
    fn unchanged(&self, name: &str) -> Option<Arc<Schedule>> {
        let People::Of(site) = self.people else { return None };
        let (before, now) = (&site.source.as_ref()?.value, &self.source.value);
        let same = ["time_zone", "country", "holidays"].iter().all(|key| before[key] == now[key]);
        let schedule = site
            .schedules
            .get(name)
            .filter(|_| same && before["schedules"][name] == now["schedules"][name]);
        schedule.cloned()
    }

    fn schedule(
        &mut self,
        at: &str,
        calendar: &Arc<Calendar>,
        file: ScheduleFile,
    ) -> Option<Schedule> {
        let before = self.problems.len();
        let mut exceptions = Vec::new();
        for (index, exception) in file.exceptions.into_iter().enumerate() {
            let at = format!("{at}/exceptions/{index}");
            let from = self.date(&format!("{at}/date"), &exception.date);
            let until = match &exception.until {
                Some(until) => self.date(&format!("{at}/until"), until),
                None => from,
            };
            let hours = format!("{at}/hours");
            if let Err(bad) = schedule::check_hours_of_day(&exception.hours) {
                let problem = self.bad_hours(&hours, bad);
                self.wrong(
                    problem.help("write \"off\" or times, such as \"10:00-12:00,13:00-16:00\""),
                );
            }
            let (Some(from), Some(until)) = (from, until) else { continue };
            if until < from {
                let problem = self.source.at_value(&format!("{at}/until"), "ends before it begins");
                self.wrong(problem);
            }
            exceptions.push(Exception {
                from,
                until,
                name: exception.name,
                hours: exception.hours,
            });
        }
        let at = format!("{at}/hours");
        if let Err(bad) = schedule::check(&file.hours) {
            let problem = self.bad_hours(&at, bad);
            self.wrong(problem.help(HOURS));
        }
        if self.problems.len() > before {
            return None;
        }
        match Schedule::new(calendar.clone(), &file.hours, &exceptions) {
            Ok(schedule) => Some(schedule),
            Err(bad) => {
                let problem = self.source.at_value(
                    &at,
                    format!("does not go together with its exceptions: {}", bad.why),
                );
                self.wrong(problem.help(HOURS));
                None
            }
        }
    }

    fn bad_hours(&self, at: &str, bad: BadHours) -> Problem {
        self.source.within(at, bad.at, bad.why)
    }

    fn contacts(&mut self, names: &[String], known: &Known<'_>) -> Arc<Contacts> {
        if let People::Of(site) = self.people {
            return site.contacts.clone();
        }
        let files: Vec<_> = names
            .iter()
            .enumerate()
            .filter_map(|(index, name)| self.beside(&format!("/contacts/{index}"), name))
            .collect();
        match contacts::read(&files, known) {
            Ok(contacts) => Arc::new(contacts),
            Err(wrong) => {
                self.problems.extend(wrong);
                Arc::default()
            }
        }
    }

    fn roster(
        &mut self,
        name: &str,
        file: &RosterFile,
        calendar: &Calendar,
        known: &Known<'_>,
    ) -> Roster {
        if let People::Of(site) = self.people {
            return site.rosters.get(name).cloned().unwrap_or_default();
        }
        let Some((path, text)) = self.beside(&child(&child("/rosters", name), "file"), &file.file)
        else {
            return Roster::default();
        };
        roster::read(&path, &text, calendar, known).unwrap_or_else(|wrong| {
            self.problems.extend(wrong);
            Roster::default()
        })
    }

    /// A file that the site file names, and its content.
    fn beside(&mut self, at: &str, name: &str) -> Option<(PathBuf, Vec<u8>)> {
        let below = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        let path = self.source.path.parent().unwrap_or(Path::new(".")).join(name);
        let read = match below && !name.is_empty() {
            true => std::fs::read(&path).map_err(|error| {
                (format!("{} cannot be read: {error}", path.display()), "put it there")
            }),
            false => Err((
                format!("not a file below the folder of the site file: `{name}`"),
                "write a path such as \"contacts.csv\"",
            )),
        };
        match read {
            Ok(text) => Some((path, text)),
            Err((message, help)) => {
                let problem = self.source.at_value(at, message);
                self.wrong(problem.help(help));
                None
            }
        }
    }

    fn queue(
        &mut self,
        name: &str,
        file: QueueFile,
        agents: &BTreeMap<String, AgentFile>,
        music: &BTreeMap<String, String>,
    ) -> Queue {
        let at = child("/queues", name);
        if name.starts_with("agent:") {
            let problem = self.source.at_key(&at, "a queue may not be named like `agent:NAME`");
            self.wrong(problem.help("that is how flows ask for an agent"));
        }
        for (index, agent) in file.agents.iter().enumerate() {
            let at = format!("{at}/agents/{index}");
            if !agents.contains_key(agent) {
                let problem = self.source.at_value(&at, format!("no agent `{agent}`"));
                self.wrong(problem.suggest(agent, agents.keys().map(String::as_str)));
            } else if file.agents[..index].contains(agent) {
                let problem =
                    self.source.at_value(&at, format!("agent `{agent}` is in this queue twice"));
                self.wrong(problem);
            }
        }
        if let Some(class) = &file.music
            && !music.contains_key(class)
        {
            let problem =
                self.source.at_value(&format!("{at}/music"), format!("no music `{class}`"));
            let help = "name it in [music], with the PBX's name of it";
            self.wrong(problem.help(help).suggest(class, music.keys().map(String::as_str)));
        }
        Queue {
            name: name.into(),
            strategy: file.strategy,
            agents: file.agents.iter().map(|agent| agent.as_str().into()).collect(),
            cap: file.cap,
            ring_time: seconds(file.ring_time),
            wrap_up: seconds(file.wrap_up),
            retry_after: seconds(file.retry_after),
            music: file.music,
            leave_when_empty: file.leave_when_empty,
            interrupts: file.interrupts,
            code: file.code,
            answer_within: seconds(file.answer_within),
        }
    }

    fn agent(&mut self, name: String, file: AgentFile) -> Agent {
        let at = child("/agents", &name);
        let mut endpoints = Vec::new();
        for (index, endpoint) in file.endpoints.into_iter().enumerate() {
            let ring_time = endpoint.ring_time.map(seconds);
            match address(&endpoint.address) {
                Some(target) => endpoints.push(Endpoint { target, ring_time }),
                None => {
                    let at = format!("{at}/endpoints/{index}/address");
                    let problem = self
                        .source
                        .at_value(&at, format!("not an address: `{}`", endpoint.address));
                    self.wrong(problem.help(ADDRESS));
                }
            }
        }
        let pin = file.pin.and_then(|text| {
            let pin = Pin::read(&text);
            if pin.is_none() {
                let problem = self.source.at_key(&format!("{at}/pin"), "not the hash of a PIN");
                self.wrong(
                    problem.help("`strowger pin` prints one; a PIN itself is never written down"),
                );
            }
            pin
        });
        Agent {
            display_name: file.name.unwrap_or_else(|| name.clone()),
            name: name.into(),
            endpoints,
            ring_endpoints: file.ring_endpoints,
            logged_in: file.logged_in,
            extension: file.extension,
            pin,
        }
    }
}

/// What to write where a telephone is asked for.
pub const ADDRESS: &str = "write a number (\"+32470123456\"), an extension (\"101\") or an address in the PBX's own words (\"PJSIP/anna\")";

/// What is in a table, in the order of the file.
fn in_order<N: Into<String>, T>(
    source: &Source,
    at: &str,
    named: impl IntoIterator<Item = (N, T)>,
) -> Vec<(String, T)> {
    let mut named: Vec<(String, T)> =
        named.into_iter().map(|(name, item)| (name.into(), item)).collect();
    named.sort_by_key(|(name, _)| source.offset(&child(at, name)));
    named
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
