//! Campaigns made into the figures of a flex pool (F3): how many people departments lacked, how long
//! it took to find somebody, who refused and why, and how many people a department should have at
//! hand.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    time::Duration,
};
use strowger_model::{
    Timestamp,
    campaign::{Disposed, Opened},
};

/// The field of a campaign that says which department lacks somebody.
const DEPARTMENT: &str = "department";
/// The field that says on which day, such as `2026-11-23`.
const DATE: &str = "date";

/// A department lacked people on a day: what one campaign was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    department: String,
    day: NaiveDate,
    opened: Timestamp,
    places: u32,
    asked: Vec<Asked>,
}

/// Somebody whom a campaign has called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// As in the list of contacts. Personal data.
    pub id: String,
    /// For people; empty once it was erased. Personal data.
    pub name: String,
    /// How often the telephone was called.
    pub calls: u32,
    /// Has one of the places.
    pub has_place: bool,
    /// What came of it last.
    pub disposed: Option<Disposed>,
}

impl Need {
    /// What a campaign was about. `opened_on`: the day on which it was opened, which counts if no
    /// field says another. None: no field says a department.
    pub fn of(opened: &Opened, opened_on: NaiveDate, people: Vec<Asked>) -> Option<Self> {
        let field = |key: &str| opened.fields.iter().find(|field| field.key == key);
        let asked = |person: &Asked| person.calls > 0 || person.has_place;
        Some(Self {
            department: field(DEPARTMENT)?.value.clone(),
            day: field(DATE).and_then(|date| date.value.parse().ok()).unwrap_or(opened_on),
            opened: opened.at,
            places: opened.goal,
            asked: people.into_iter().filter(asked).collect(),
        })
    }

    /// The day on which somebody was lacking.
    pub fn day(&self) -> NaiveDate {
        self.day
    }

    /// How long it took until each place was filled that is.
    fn filled_after(&self) -> impl Iterator<Item = Duration> {
        let places = self.asked.iter().filter(|asked| asked.has_place);
        let at = places.map(|asked| asked.disposed.as_ref().map_or(self.opened, |it| it.at));
        at.map(|at| at.since(self.opened))
    }
}

/// What somebody has answered who was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    /// There was nobody to answer.
    None,
    /// The place was gone before there was an answer.
    TooLate,
}

impl Asked {
    fn answer(&self) -> Answer {
        match self.disposed.as_ref().map(|disposed| &*disposed.outcome) {
            _ if self.has_place => Answer::Yes,
            Some("accepted" | "not-chosen") => Answer::Yes,
            Some("filled" | "stopped" | "time-over") => Answer::TooLate,
            Some("not-reached" | "busy" | "invalid-number") | None => Answer::None,
            Some(_) => Answer::No,
        }
    }

    /// What came of it, if it was no yes.
    fn did_not_come(&self) -> Option<&Disposed> {
        let came = matches!(self.answer(), Answer::Yes | Answer::TooLate);
        self.disposed.as_ref().filter(|_| !came)
    }
}

/// What a department lacked in a month.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MonthOf {
    /// The department.
    pub department: String,
    /// Such as `2026-11`.
    pub month: String,
    /// So many people.
    pub needs: u64,
    /// For so many of them somebody was found.
    pub filled: u64,
    /// The same in per cent.
    pub fill_rate: f64,
    /// Half of them were found within so many seconds; none: nobody was found.
    pub median_to_fill_s: Option<u64>,
    /// And nine of ten within so many.
    pub p90_to_fill_s: Option<u64>,
    /// So many people who were asked have said no.
    pub refusals: u64,
    /// So many people at hand would have been enough on nine of ten days.
    pub pool: u64,
}

/// Why people did not come whom a department has asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusals {
    /// The department.
    pub department: String,
    /// The outcome, such as `cannot-now`.
    pub outcome: String,
    /// The reason, if one was given.
    pub reason: String,
    /// How often.
    pub count: u64,
}

/// How often somebody was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PersonAsked {
    /// As in the list of contacts. Personal data.
    pub person: String,
    /// For people; empty once it was erased. Personal data.
    pub name: String,
    /// For so many campaigns.
    pub asked: u64,
    /// With so many calls.
    pub calls: u64,
    /// So often the answer was yes, or the place was given.
    pub accepted: u64,
    /// So often it was no.
    pub refused: u64,
    /// So often nobody answered.
    pub not_reached: u64,
}

/// By department and month. `days`: those that are counted, for the pool; a day on which nobody was
/// lacking counts, too.
pub fn by_month(needs: &[Need], days: &Range<NaiveDate>) -> Vec<MonthOf> {
    let mut months = BTreeMap::<(&str, (i32, u32)), Vec<&Need>>::new();
    for need in needs {
        let month = (need.day.year(), need.day.month());
        months.entry((&need.department, month)).or_default().push(need);
    }
    months
        .into_iter()
        .map(|((department, month), needs)| of_month(department, month, &needs, days))
        .collect()
}

fn of_month(
    department: &str,
    (year, month): (i32, u32),
    of: &[&Need],
    days: &Range<NaiveDate>,
) -> MonthOf {
    let mut after: Vec<Duration> = of.iter().flat_map(|need| need.filled_after()).collect();
    after.sort();
    let refused = |asked: &&Asked| asked.answer() == Answer::No;
    let needs = of.iter().map(|need| u64::from(need.places)).sum();
    let filled = after.len() as u64;
    let seconds = |part| percentile(&after, part).map(|after| after.as_secs());
    let lacked = |day: NaiveDate| {
        let on_day = of.iter().filter(|need| need.day == day);
        on_day.map(|need| u64::from(need.places)).sum::<u64>()
    };
    let counted = |day: &NaiveDate| days.contains(day) || of.iter().any(|need| need.day == *day);
    let first = NaiveDate::from_ymd_opt(year, month, 1);
    let all = first.into_iter().flat_map(|day| day.iter_days());
    let all = all.take_while(|day| day.month() == month).filter(counted);
    let mut by_day: Vec<u64> = all.map(lacked).collect();
    by_day.sort_unstable();
    MonthOf {
        department: department.to_owned(),
        month: format!("{year}-{month:02}"),
        needs,
        filled,
        fill_rate: if needs == 0 { 0.0 } else { 100.0 * filled as f64 / needs as f64 },
        median_to_fill_s: seconds(50),
        p90_to_fill_s: seconds(90),
        refusals: of.iter().flat_map(|need| &need.asked).filter(refused).count() as u64,
        pool: percentile(&by_day, 90).unwrap_or_default(),
    }
}

/// The least of these such that so many per cent of them are no more; they are sorted.
fn percentile<T: Copy>(sorted: &[T], part: usize) -> Option<T> {
    let rank = (sorted.len() * part).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// Why people did not come, by department; what was said most often first.
pub fn refusals(needs: &[Need]) -> Vec<Refusals> {
    let mut counts = BTreeMap::<(&str, &str, &str), u64>::new();
    for need in needs {
        for no in need.asked.iter().filter_map(Asked::did_not_come) {
            let reason = no.reason.as_deref().unwrap_or_default();
            *counts.entry((&need.department, &no.outcome, reason)).or_default() += 1;
        }
    }
    let line = |((department, outcome, reason), count): ((&str, &str, &str), u64)| Refusals {
        department: department.to_owned(),
        outcome: outcome.to_owned(),
        reason: reason.to_owned(),
        count,
    };
    let mut lines: Vec<Refusals> = counts.into_iter().map(line).collect();
    lines.sort_by(|a, b| (&a.department, b.count).cmp(&(&b.department, a.count)));
    lines
}

/// How often each person was asked, by id.
pub fn by_person(needs: &[Need]) -> Vec<PersonAsked> {
    let mut people = BTreeMap::<&str, PersonAsked>::new();
    for asked in needs.iter().flat_map(|need| &need.asked) {
        let person = people.entry(&asked.id).or_default();
        person.person.clone_from(&asked.id);
        if !asked.name.is_empty() {
            person.name.clone_from(&asked.name);
        }
        person.asked += 1;
        person.calls += u64::from(asked.calls);
        match asked.answer() {
            Answer::Yes => person.accepted += 1,
            Answer::No => person.refused += 1,
            Answer::None => person.not_reached += 1,
            Answer::TooLate => {}
        }
    }
    people.into_values().collect()
}

/// The days from the first need to the last, and those of `within`.
pub fn days_of(needs: &[Need], within: Option<NaiveDate>, today: NaiveDate) -> Range<NaiveDate> {
    let days: BTreeSet<NaiveDate> = needs.iter().map(Need::day).collect();
    let first = within.or(days.first().copied()).unwrap_or(today);
    let last = days.last().copied().unwrap_or(today).max(today);
    first..last.succ_opt().unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use strowger_model::command::Field;

    const MINUTE: u64 = 60_000;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn field(key: &str, value: &str) -> Field {
        Field { key: key.to_owned(), value: value.to_owned() }
    }

    /// Called once, and so many minutes after the campaign was opened this came of it.
    fn asked(id: &str, outcome: &str, reason: Option<&str>, minutes: u64) -> Asked {
        Asked {
            id: id.to_owned(),
            name: id.to_uppercase(),
            calls: 1,
            has_place: outcome == "accepted",
            disposed: Some(Disposed {
                outcome: outcome.to_owned(),
                reason: reason.map(str::to_owned),
                at: Timestamp(minutes * MINUTE),
                agent: None,
            }),
        }
    }

    fn need(department: &str, day: &str, goal: u32, people: Vec<Asked>) -> Need {
        let opened = Opened {
            name: "x".into(),
            template: "open-shift".into(),
            at: Timestamp(0),
            by: None,
            goal,
            until: None,
            fields: vec![field(DEPARTMENT, department), field(DATE, day)],
        };
        Need::of(&opened, date("2026-11-01"), people).unwrap()
    }

    #[test]
    fn f3_needs_are_counted_by_department_and_month() {
        let needs = [
            need(
                "geriatrie",
                "2026-11-23",
                1,
                vec![asked("sara", "cannot-now", None, 1), asked("tom", "accepted", None, 10)],
            ),
            need(
                "geriatrie",
                "2026-11-23",
                2,
                vec![
                    asked("sara", "accepted", None, 20),
                    asked("tom", "refused", Some("nachtdienst"), 2),
                    asked("nadia", "accepted", None, 40),
                ],
            ),
            need("geriatrie", "2026-11-24", 1, vec![asked("sara", "not-reached", None, 3)]),
            need("geriatrie", "2026-12-01", 1, Vec::new()),
            need("palliatief", "2026-11-30", 1, vec![asked("sara", "accepted", None, 5)]),
        ];
        let november = date("2026-11-01")..date("2026-12-01");
        let months = by_month(&needs, &november);
        let shown: Vec<_> =
            months.iter().map(|it| (&*it.department, &*it.month, it.needs, it.filled)).collect();
        assert_eq!(
            shown,
            [
                ("geriatrie", "2026-11", 4, 3),
                ("geriatrie", "2026-12", 1, 0),
                ("palliatief", "2026-11", 1, 1),
            ]
        );
        let of = &months[0];
        assert_eq!((of.fill_rate, of.refusals), (75.0, 2), "who is not reached has not refused");
        assert_eq!((of.median_to_fill_s, of.p90_to_fill_s), (Some(20 * 60), Some(40 * 60)));
        assert_eq!(of.pool, 0, "nobody was lacking on 28 of 30 days");
        assert_eq!((months[1].fill_rate, months[1].median_to_fill_s), (0.0, None));

        let week = date("2026-11-20")..date("2026-11-26");
        assert_eq!(by_month(&needs, &week)[0].pool, 3, "six days, three people lacking on one");
        assert_eq!(by_month(&needs, &week)[1].pool, 1, "the day of a need counts in any case");
    }

    #[test]
    fn f3_nine_of_ten_days() {
        let lacking = |days: &[u32]| {
            let needs = days.iter().enumerate().map(|(day, lacking)| {
                need("a", &format!("2026-11-{:02}", day + 1), *lacking, Vec::new())
            });
            let needs: Vec<Need> = needs.collect();
            by_month(&needs, &(date("2026-11-01")..date("2026-11-11")))[0].pool
        };
        assert_eq!(lacking(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), 9);
        assert_eq!(lacking(&[5]), 0);
        assert_eq!(lacking(&[5, 5]), 5, "two of ten days");
    }

    #[test]
    fn f3_refusals_have_their_reasons_and_people_are_asked_evenly_or_not() {
        let not_called = Asked { calls: 0, ..asked("an", "absent", None, 0) };
        let needs = [
            need(
                "geriatrie",
                "2026-11-23",
                1,
                vec![
                    asked("sara", "cannot-now", None, 1),
                    asked("tom", "refused", Some("nachtdienst"), 2),
                    not_called,
                ],
            ),
            need(
                "geriatrie",
                "2026-11-24",
                1,
                vec![
                    asked("sara", "cannot-now", None, 1),
                    Asked { name: String::new(), ..asked("tom", "accepted", None, 2) },
                    Asked { has_place: false, ..asked("nadia", "not-chosen", None, 3) },
                    asked("jan", "filled", None, 3),
                    asked("mia", "busy", None, 3),
                ],
            ),
        ];
        let lines: Vec<_> =
            refusals(&needs).into_iter().map(|it| (it.outcome, it.reason, it.count)).collect();
        let line =
            |outcome: &str, reason: &str, count| (outcome.to_owned(), reason.to_owned(), count);
        assert_eq!(
            lines,
            [line("cannot-now", "", 2), line("busy", "", 1), line("refused", "nachtdienst", 1),]
        );
        let people: Vec<_> = by_person(&needs)
            .into_iter()
            .map(|it| (it.person, it.name, it.asked, it.accepted, it.refused))
            .collect();
        let person = |id: &str, asked, yes, no| (id.to_owned(), id.to_uppercase(), asked, yes, no);
        assert_eq!(
            people,
            [
                person("jan", 1, 0, 0),
                person("mia", 1, 0, 0),
                person("nadia", 1, 1, 0),
                person("sara", 2, 0, 2),
                person("tom", 2, 1, 1),
            ]
        );
    }

    #[test]
    fn f3_the_days_that_count() {
        let today = date("2026-11-20");
        let needs =
            [need("a", "2026-11-10", 1, Vec::new()), need("a", "2026-11-25", 1, Vec::new())];
        assert_eq!(days_of(&needs, None, today), date("2026-11-10")..date("2026-11-26"));
        assert_eq!(days_of(&needs[..1], None, today), date("2026-11-10")..date("2026-11-21"));
        let since = Some(date("2026-11-01"));
        assert_eq!(days_of(&needs, since, today).start, date("2026-11-01"));
    }
}
