//! From `site.toml` as written to a [`Site`], or everything that is wrong with it.
//!
//! # Layout
//! * `hours`: holidays and schedules. `staff`: queues and agents. `people`: contacts and rosters.
//! * `cases`: what has to be answered later. `switches`: what people turn. `campaigns`: how the
//!   people on a list are called.

mod campaigns;
mod cases;
mod hours;
mod people;
mod staff;
mod switches;

use crate::{
    Callers, Numbering, Roster,
    problem::Problem,
    read_contacts::Known,
    schedule::Calendar,
    schema,
    site::{Confirmation, Site, Speech, recordings},
    site_file::{ConfirmFile, RingingFile, SiteFile, SpeechFile},
    source::Source,
    version,
};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};
use strowger_model::time::Cadence;

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

    fn site(&mut self, file: SiteFile) -> Option<Site> {
        let source = self.source;
        let country = file.country.as_deref().and_then(|text| self.country(text));
        let code = country.map(|country| country.iso_code().to_owned());
        let holidays = self.holidays(file.holidays);
        let time_zone = self.time_zone(&file.time_zone);
        let calendar = Arc::new(Calendar::new(time_zone.unwrap_or_default(), country, holidays));
        let schedules = self.schedules(file.schedules, &calendar);
        self.keyed_once(&file.queues, &file.agents);
        let queues = self.queues(file.queues, &file.agents, &file.music);
        let switches = self.switches(file.switches, &file.agents);
        let numbering = Numbering {
            country: code.clone(),
            lines: file.lines.iter().map(|(name, line)| (name.clone(), line.numbers)).collect(),
        };
        let known = Known {
            numbering: &numbering,
            agents: file.agents.keys().map(String::as_str).collect(),
        };
        let wrong = self.problems.len();
        let contacts = self.contacts(&file.contacts, &known);
        let tags = self.tags(&contacts, self.problems.len() > wrong);
        let named = campaigns::Named { schedules: &schedules, queues: &queues, tags };
        let campaigns = self.campaigns(file.campaigns, &named);
        let rosters: BTreeMap<String, Roster> = file
            .rosters
            .iter()
            .map(|(name, roster)| {
                (name.clone(), self.roster(name, roster, &schedules, &calendar, &known))
            })
            .collect();
        let agents = self.agents(file.agents, &numbering, file.confirm.is_some());
        let cases = self.cases(file.cases);
        let lines = file.lines.into_iter().map(|(name, line)| (name, line.caller, line.withheld));
        let callers = Callers::new(&file.withheld, lines);
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
            time_zone: time_zone?,
            cadence: cadence(file.ringing.as_ref(), code.as_deref()),
            country: code,
            numbering,
            callers,
            confirm: file.confirm.and_then(confirmation),
            language: file.language,
            queues,
            agents,
            schedules,
            contacts,
            rosters,
            cases,
            switches,
            campaigns,
            music: file.music,
            prompts,
            recordings,
            speech: speech(file.speech),
            version,
            calendar,
            source: Some(Arc::new(source.clone())),
        })
    }
}

fn confirmation(file: ConfirmFile) -> Option<Confirmation> {
    Some(Confirmation { key: file.key.chars().next()?, text: file.text })
}

fn cadence(ringing: Option<&RingingFile>, country: Option<&str>) -> Cadence {
    match (ringing, country) {
        (Some(ringing), _) => Cadence { on: seconds(ringing.on), off: seconds(ringing.off) },
        (None, Some("NL")) => Cadence::NETHERLANDS,
        (None, _) => Cadence::BELGIUM,
    }
}

fn speech(file: SpeechFile) -> Speech {
    Speech {
        program: file.program,
        args: file.args,
        voices: file.voices,
        timeout: seconds(file.timeout),
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
