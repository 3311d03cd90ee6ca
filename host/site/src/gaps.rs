//! Rosters with gaps: times of the days to come in which nobody is on duty although somebody must
//! be, and rosters that end soon.

use crate::{Roster, Site};
use std::{fmt, time::Duration};
use strowger_model::{Timestamp, read::Moment};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What a roster lacks in the days to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Its name.
    pub roster: String,
    /// The first time.
    pub lack: Lack,
    /// How many further times there are.
    pub more: usize,
}

/// A time for which a roster has nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Nobody between two moments in which the roster's schedule is open.
    Nobody(Moment, Moment),
    /// Nobody any more from a moment on.
    Ends(Moment),
    /// It has no rows.
    Empty,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "roster `{}`: ", self.roster)?;
        match &self.lack {
            Lack::Nobody(from, until) => {
                write!(f, "nobody is on duty from {} until {}", clock(from), clock(until))?
            }
            Lack::Ends(at) => {
                write!(f, "nobody is on duty after {}: it has no later row", clock(at))?
            }
            Lack::Empty => f.write_str("nobody is on duty: it has no rows")?,
        }
        match self.more {
            0 => Ok(()),
            1 => f.write_str("; there is 1 more gap"),
            more => write!(f, "; there are {more} more gaps"),
        }
    }
}

fn clock(at: &Moment) -> String {
    format!("{:04}-{:02}-{:02} {:02}:{:02}", at.year, at.month, at.day, at.hour, at.minute)
}

impl Site {
    /// What rosters lack in the days after an instant for which each must be complete.
    pub fn gaps(&self, now: Timestamp) -> Vec<Gap> {
        self.rosters.iter().filter_map(|(name, roster)| self.gap(name, roster, now)).collect()
    }

    fn gap(&self, name: &str, roster: &Roster, now: Timestamp) -> Option<Gap> {
        let horizon = match roster.complete_for {
            0 => return None,
            days => now.plus(DAY * days),
        };
        let ends = roster.ends();
        let mut lacks = Vec::new();
        let last = ends.unwrap_or(now);
        for (open, closed) in self.needed(roster, now, horizon.min(last)) {
            let uncovered = roster.uncovered(open, closed.min(last)).into_iter();
            lacks.extend(
                uncovered.map(|(from, until)| Lack::Nobody(self.moment(from), self.moment(until))),
            );
        }
        lacks.extend(match ends {
            None => Some(Lack::Empty),
            Some(at) if at < horizon => Some(Lack::Ends(self.moment(at))),
            Some(_) => None,
        });
        let more = lacks.len().saturating_sub(1);
        Some(Gap { roster: name.to_owned(), lack: lacks.into_iter().next()?, more })
    }

    /// When somebody must be on duty between two instants.
    fn needed(
        &self,
        roster: &Roster,
        from: Timestamp,
        until: Timestamp,
    ) -> Vec<(Timestamp, Timestamp)> {
        let schedule = roster.schedule.as_ref().and_then(|name| self.schedules.get(name));
        let Some(schedule) = schedule else { return Vec::new() };
        let (mut needed, mut at) = (Vec::new(), from);
        while at < until {
            let status = schedule.status(at);
            let change = status.until.map_or(until, |change| change.instant);
            if status.open {
                needed.push((at, change));
            }
            at = change.max(at.plus(Duration::from_millis(1)));
        }
        needed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{read_site, source::Source};
    use std::{fs, path::Path};

    const NIGHTS: &str = "[rosters.night]\nfile = \"night.csv\"\nschedule = \"night\"\ncomplete_for = 7\n\
         [schedules.night]\nhours = \"22:00-06:00\"\n";

    /// What is said on Monday 23 November 2026 at 12:00.
    fn said(site: &str, rows: &[&str]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let rows: String = rows.iter().map(|row| format!("{row},101\n")).collect();
        fs::write(dir.path().join("night.csv"), format!("from,until,target\n{rows}")).unwrap();
        let head = "time_zone = \"Europe/Brussels\"\nlanguage = \"nl-BE\"\n";
        let source = Source::parse(&dir.path().join("site.toml"), &format!("{head}{site}"));
        let site = read_site::site(&source.unwrap(), read_site::People::Files).unwrap();
        let now = Timestamp(1_795_431_600_000);
        assert_eq!(clock(&site.moment(now)), "2026-11-23 12:00");
        site.gaps(now).iter().map(ToString::to_string).collect()
    }

    fn night(day: u32) -> String {
        format!("2026-11-{day} 22:00,2026-11-{} 06:00", day + 1)
    }

    #[test]
    fn p7_a_night_without_anybody_is_named() {
        let all: Vec<String> =
            (22..30).map(|day| night(day).replace("2026-11-31", "2026-12-01")).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let but = |without: &[usize]| -> Vec<&str> {
            let kept = all.iter().enumerate().filter(|(index, _)| !without.contains(index));
            kept.map(|(_, row)| *row).collect()
        };
        let whole = [&all[..], &["2026-11-30 22:00,2026-12-01 06:00"]].concat();
        assert_eq!(said(NIGHTS, &whole), [""; 0]);
        assert_eq!(
            said(NIGHTS, &[&but(&[2])[..], &whole[8..]].concat()),
            ["roster `night`: nobody is on duty from 2026-11-24 22:00 until 2026-11-25 06:00"]
        );
        assert_eq!(
            said(
                NIGHTS,
                &[&but(&[2, 4])[..], &whole[8..], &["2026-11-24 22:30,2026-11-25 05:00"]].concat()
            ),
            [
                "roster `night`: nobody is on duty from 2026-11-24 22:00 until 2026-11-24 22:30; there are 2 more gaps"
            ]
        );
        assert_eq!(
            said(NIGHTS, &but(&[6, 7])),
            ["roster `night`: nobody is on duty after 2026-11-28 06:00: it has no later row"]
        );
        assert_eq!(said(NIGHTS, &[]), ["roster `night`: nobody is on duty: it has no rows"]);
        let off = NIGHTS.replace("complete_for = 7", "complete_for = 0");
        assert_eq!(said(&off, &[]), [""; 0], "nobody wants to know");
    }

    #[test]
    fn without_a_schedule_only_the_end_is_known() {
        let plain = "[rosters.night]\nfile = \"night.csv\"\n";
        let (near, far) = (night(24), "2026-12-24 22:00,2026-12-25 06:00");
        assert_eq!(said(plain, &[&near, far]), [""; 0]);
        assert_eq!(
            said(plain, &[&near]),
            ["roster `night`: nobody is on duty after 2026-11-25 06:00: it has no later row"]
        );
    }

    #[test]
    fn a_schedule_that_is_not_there_is_said() {
        let text = "time_zone = \"Europe/Brussels\"\n[rosters.night]\nfile = \"night.csv\"\nschedule = \"nigt\"\n[schedules.night]\nhours = \"22:00-06:00\"\n";
        let source = Source::parse(Path::new("site.toml"), text).unwrap();
        let problems = read_site::site(&source, read_site::People::Of(&Site::empty())).unwrap_err();
        let problem = problems.iter().find(|problem| problem.message.contains("nigt")).unwrap();
        assert_eq!(problem.message, "no schedule `nigt`");
        assert_eq!(problem.help.as_deref(), Some("did you mean `night`?"));
    }
}
