//! Who is on duty when: a CSV file of civil date-times of the site, planned ahead.
//!
//! Times are put on the time line as those of schedules are: half open, each boundary at the first
//! instant at which the clock shows it, so that a night is 7 or 9 hours long when the clock
//! changes.

use crate::{
    problem::Problem,
    read_contacts::Known,
    schedule::Calendar,
    table::{self, Column, Further},
};
use chrono::NaiveDateTime;
use std::path::Path;
use strowger_model::{Timestamp, command::Target};

/// Who is on duty when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    duties: Vec<Duty>,
    /// Somebody must be on duty whenever this schedule is open; none: that is not known.
    pub(crate) schedule: Option<String>,
    /// For so many days to come it must be complete.
    pub(crate) complete_for: u32,
    /// Hash of the file.
    pub(crate) version: String,
}

/// A row of a roster.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Duty {
    from: Timestamp,
    until: Timestamp,
    target: Target,
    /// In the file; 0: it is of a scenario.
    line: usize,
}

const COLUMNS: [Column; 3] = [
    Column { name: "from", required: true },
    Column { name: "until", required: true },
    Column { name: "target", required: true },
];
const FROM: usize = 0;
const UNTIL: usize = 1;
const TARGET: usize = 2;

impl Roster {
    /// Who is on duty at an instant, in the order of the rows.
    pub fn on_duty(&self, at: Timestamp) -> Vec<Target> {
        let mut targets: Vec<Target> = Vec::new();
        for duty in self.duties.iter().filter(|duty| (duty.from..duty.until).contains(&at)) {
            if !targets.contains(&duty.target) {
                targets.push(duty.target.clone());
            }
        }
        targets
    }

    /// When its last row ends; none: it has no rows.
    pub(crate) fn ends(&self) -> Option<Timestamp> {
        self.duties.iter().map(|duty| duty.until).max()
    }

    /// The times between two instants in which nobody is on duty.
    pub(crate) fn uncovered(
        &self,
        mut from: Timestamp,
        until: Timestamp,
    ) -> Vec<(Timestamp, Timestamp)> {
        let mut duties: Vec<&Duty> = self.duties.iter().filter(|duty| duty.until > from).collect();
        duties.sort_by_key(|duty| duty.from);
        let mut uncovered = Vec::new();
        for duty in duties.iter().take_while(|duty| duty.from < until) {
            if from < duty.from {
                uncovered.push((from, duty.from));
            }
            from = from.max(duty.until);
        }
        if from < until {
            uncovered.push((from, until));
        }
        uncovered
    }

    /// Everybody who is ever on duty, each with the line of the file.
    pub fn targets(&self) -> impl Iterator<Item = (usize, &Target)> {
        self.duties.iter().map(|duty| (duty.line, &duty.target))
    }

    /// Adds a row behind the others. A time that is none: without beginning, or without end.
    pub(crate) fn add(
        &mut self,
        calendar: &Calendar,
        from: Option<NaiveDateTime>,
        until: Option<NaiveDateTime>,
        target: Target,
        line: usize,
    ) {
        let from = from.map_or(Timestamp(0), |from| calendar.instant(from));
        let until = until.map_or(Timestamp(u64::MAX), |until| calendar.instant(until));
        self.duties.push(Duty { from, until, target, line });
    }
}

/// Reads the content of a roster's file.
pub(crate) fn read(
    file: &Path,
    text: &[u8],
    calendar: &Calendar,
    known: &Known<'_>,
) -> Result<Roster, Vec<Problem>> {
    let mut roster =
        Roster { version: blake3::hash(text).to_hex().to_string(), ..Roster::default() };
    let problems = table::read(file, text, &COLUMNS, Further::Refused, |row| {
        let mut problems = Vec::new();
        let [from, until] = [FROM, UNTIL].map(|column| {
            let time = civil(row.cell(column));
            if time.is_none() {
                problems.push(
                    row.problem(column, "not a date and time")
                        .help("write it as on the clock of the site, such as 2026-11-23 22:00"),
                );
            }
            time
        });
        let target = known.numbering.target(row.cell(TARGET));
        match &target {
            None => problems.push(row.problem(TARGET, "this cannot be called").help(
                "write a number (`+32470123456`), an extension (`101`), an agent (`agent:anna`) or an address as the PBX writes it (`PJSIP/anna`)",
            )),
            Some(Target::Agent(name)) if !known.agents.contains(&name.as_str()) => {
                let problem = row.problem(TARGET, &format!("no agent `{name}` in the site file"));
                problems.push(problem.suggest(name.as_str(), known.agents.iter().copied()));
            }
            Some(_) => {}
        }
        let (Some(from), Some(until), Some(target)) = (from, until, target) else {
            return problems;
        };
        match from < until {
            true => roster.add(calendar, Some(from), Some(until), target, row.line),
            false => problems.push(
                row.problem(UNTIL, "ends before it begins").help("a night ends on the next date"),
            ),
        }
        problems
    });
    match problems.is_empty() {
        true => Ok(roster),
        false => Err(problems),
    }
}

fn civil(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Numbering;
    use opening_hours::localization::Country;
    use std::collections::BTreeMap;

    fn calendar() -> Calendar {
        Calendar::new(chrono_tz::Europe::Brussels, Some(Country::BE), BTreeMap::new())
    }

    fn roster(rows: &str) -> Result<Roster, Vec<Problem>> {
        let numbering = Numbering { country: Some("BE".to_owned()), ..Numbering::default() };
        let known = Known { numbering: &numbering, agents: vec!["griet"] };
        read(
            Path::new("nachtwacht.csv"),
            format!("from,until,target\n{rows}").as_bytes(),
            &calendar(),
            &known,
        )
    }

    fn on_duty(roster: &Roster, utc: &str) -> Vec<Target> {
        roster.on_duty(Timestamp(
            format!("{utc}Z").parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_millis()
                as u64,
        ))
    }

    #[test]
    fn p7_the_night_nurse_is_on_duty_from_22_to_06() {
        let roster = roster(
            "2026-11-23 22:00,2026-11-24 06:00,agent:griet\n\
             2026-11-23 22:00,2026-11-24 02:00,+32470000009\n\
             2026-11-24T22:00,2026-11-25T06:00,PJSIP/backoffice\n",
        )
        .unwrap();
        let (griet, second) =
            (Target::Agent("griet".into()), Target::Number("+32470000009".parse().unwrap()));
        assert_eq!(on_duty(&roster, "2026-11-23T20:59:59"), []);
        assert_eq!(on_duty(&roster, "2026-11-23T21:00:00"), [griet.clone(), second]);
        assert_eq!(on_duty(&roster, "2026-11-24T01:00:00"), std::slice::from_ref(&griet));
        assert_eq!(on_duty(&roster, "2026-11-24T04:59:59"), [griet]);
        assert_eq!(on_duty(&roster, "2026-11-24T05:00:00"), []);
        assert_eq!(
            on_duty(&roster, "2026-11-25T00:00:00"),
            [Target::Address("PJSIP/backoffice".to_owned())]
        );
    }

    #[test]
    fn p7_a_night_in_which_the_clock_changes_is_7_or_9_hours_long() {
        let griet = [Target::Agent("griet".into())];
        // Put back on 25 October 2026 at 03:00: 22:00 is 20:00 UTC, 06:00 is 05:00 UTC.
        let long = roster("2026-10-24 22:00,2026-10-25 06:00,agent:griet\n").unwrap();
        for (utc, who) in [
            ("2026-10-24T19:59:59", &[][..]),
            ("2026-10-24T20:00:00", &griet),
            ("2026-10-25T04:59:59", &griet),
            ("2026-10-25T05:00:00", &[]),
        ] {
            assert_eq!(on_duty(&long, utc), who, "{utc}");
        }
        // Put forward on 28 March 2027 at 02:00: 22:00 is 21:00 UTC, 06:00 is 04:00 UTC.
        let short = roster("2027-03-27 22:00,2027-03-28 06:00,agent:griet\n").unwrap();
        for (utc, who) in [
            ("2027-03-27T20:59:59", &[][..]),
            ("2027-03-27T21:00:00", &griet),
            ("2027-03-28T03:59:59", &griet),
            ("2027-03-28T04:00:00", &[]),
        ] {
            assert_eq!(on_duty(&short, utc), who, "{utc}");
        }
        // A hand-over at a time that the clock shows twice, and at one that it never shows: no gap,
        // no overlap.
        let handed = roster("2026-10-24 22:00,2026-10-25 02:30,agent:griet\n2026-10-25 02:30,2026-10-25 06:00,101\n").unwrap();
        for minutes in 0..9 * 60 {
            let at = Timestamp(1_792_872_000_000 + minutes * 60_000);
            assert_eq!(handed.on_duty(at).len(), 1, "{minutes}");
        }
        let handed = roster("2027-03-27 22:00,2027-03-28 02:30,agent:griet\n2027-03-28 02:30,2027-03-28 06:00,101\n").unwrap();
        assert_eq!(on_duty(&handed, "2027-03-28T00:59:59"), griet);
        assert_eq!(on_duty(&handed, "2027-03-28T01:00:00"), [Target::Extension("101".to_owned())]);
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let problems =
            roster("tonight,2026-11-24 06:00,agent:grit\n2026-11-24 22:00,2026-11-24 06:00,12a\n2026-11-24 22:00,2026-11-24 06:00,101\n")
                .unwrap_err();
        let said: Vec<_> = problems
            .iter()
            .map(|problem| (problem.place.as_ref().unwrap().line, problem.message.as_str()))
            .collect();
        assert_eq!(
            said,
            [
                (2, "`from`: not a date and time"),
                (2, "`target`: no agent `grit` in the site file"),
                (3, "`target`: this cannot be called"),
                (4, "`until`: ends before it begins"),
            ]
        );
    }
}
