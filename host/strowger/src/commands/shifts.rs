//! `strowger report --shifts`: what departments lacked, and who came (F3).

use crate::{
    args::{Report, Shifts},
    commands::{
        floor::{or_none, sheet},
        sheet::Sheet,
        when::{self, When},
    },
};
use anstream::eprintln;
use anyhow::Result;
use chrono::NaiveDate;
use serde::Serialize;
use std::io::{BufWriter, Write, stdout};
use strowger_campaign::{KeptContact, Stage};
use strowger_daemon::Config;
use strowger_exchange::Clock;
use strowger_journal::{KeptCampaign, decode};
use strowger_model::Timestamp;
use strowger_office::shifts::{
    Asked, MonthOf, Need, PersonAsked, Refusals, by_month, by_person, days_of, refusals,
};

/// Prints the report.
pub(crate) fn report(args: &Report, what: Shifts, config: &Config) -> Result<bool> {
    let (since, until) = (args.which.since.map(When::instant), args.which.until.map(When::instant));
    let kept = config.journal().reader()?.campaigns()?;
    let mut needs: Vec<Need> = kept.iter().filter_map(need).collect();
    let day_of = |at: Timestamp| day(at);
    let (first, end) = (since.and_then(day_of), until.and_then(day_of));
    needs.retain(|need| {
        first.is_none_or(|first| need.day() >= first) && end.is_none_or(|end| need.day() < end)
    });
    let today = day(Clock::system().now()).unwrap_or_default();
    let mut days = days_of(&needs, first, today);
    days.end = end.unwrap_or(days.end);
    match what {
        Shifts::Needs => print(args, &by_month(&needs, &days), months),
        Shifts::Refusals => print(args, &refusals(&needs), whys),
        Shifts::People => print(args, &by_person(&needs), people),
    }
}

/// The civil day of an instant.
fn day(at: Timestamp) -> Option<NaiveDate> {
    when::local(at).get(..10)?.parse().ok()
}

/// What a campaign was about, if it says a department.
fn need(kept: &KeptCampaign) -> Option<Need> {
    let people = kept.contacts.iter().map(|contact| {
        let standing = contact.state.as_deref().map(decode::<KeptContact>).transpose();
        let standing = standing.unwrap_or_else(|error| {
            eprintln!("campaign {}: a contact cannot be counted: {error}", kept.opened.name);
            None
        });
        let standing = standing.unwrap_or_default();
        Asked {
            id: contact.person.id.clone(),
            name: contact.person.name.clone(),
            calls: standing.attempts.into(),
            has_place: standing.stage == Stage::Won,
            disposed: contact.disposed.clone(),
        }
    });
    Need::of(&kept.opened, day(kept.opened.at)?, people.collect())
}

fn print<T: Serialize>(args: &Report, lines: &[T], sheet: fn(&[T]) -> Sheet) -> Result<bool> {
    let mut out = BufWriter::new(stdout().lock());
    match (args.json, args.csv) {
        (true, _) => writeln!(out, "{}", serde_json::to_string_pretty(lines)?)?,
        (false, true) => sheet(lines).csv(&mut out)?,
        (false, false) => sheet(lines).table(&mut out)?,
    }
    out.flush()?;
    Ok(true)
}

const MONTH: [&str; 9] = [
    "department",
    "month",
    "needs",
    "filled",
    "fill_rate",
    "median_to_fill_s",
    "p90_to_fill_s",
    "refusals",
    "pool",
];

fn months(months: &[MonthOf]) -> Sheet {
    let seconds = |seconds: Option<u64>| or_none(seconds.map(|it| it.to_string()).as_deref());
    let row = |of: &MonthOf| {
        vec![
            of.department.clone(),
            of.month.clone(),
            of.needs.to_string(),
            of.filled.to_string(),
            format!("{:.1}%", of.fill_rate),
            seconds(of.median_to_fill_s),
            seconds(of.p90_to_fill_s),
            of.refusals.to_string(),
            of.pool.to_string(),
        ]
    };
    sheet(&MONTH, months.iter().map(row))
}

fn whys(refusals: &[Refusals]) -> Sheet {
    let row = |of: &Refusals| {
        let count = of.count.to_string();
        vec![of.department.clone(), of.outcome.clone(), of.reason.clone(), count]
    };
    sheet(&["department", "outcome", "reason", "count"], refusals.iter().map(row))
}

fn people(people: &[PersonAsked]) -> Sheet {
    let row = |of: &PersonAsked| {
        let counts = [of.asked, of.calls, of.accepted, of.refused, of.not_reached];
        let names = [of.person.clone(), of.name.clone()];
        names.into_iter().chain(counts.map(|count| count.to_string())).collect()
    };
    let head = ["person", "name", "asked", "calls", "accepted", "refused", "not_reached"];
    sheet(&head, people.iter().map(row))
}

#[cfg(test)]
mod tests {
    use super::*;
    use strowger_journal::{self as journal, encode};
    use strowger_model::{
        campaign::{Disposed, Opened, Person},
        command::Field,
    };

    fn contact(id: &str, stage: Stage, outcome: &str) -> journal::KeptContact {
        let standing = KeptContact { stage, attempts: 2, ..KeptContact::default() };
        let (outcome, at) = (outcome.to_owned(), Timestamp(90_000));
        journal::KeptContact {
            person: Person {
                id: id.to_owned(),
                number: None,
                name: String::new(),
                language: None,
                tags: Vec::new(),
                fields: Vec::new(),
                wave: 0,
            },
            state: Some(encode(&standing)),
            disposed: Some(Disposed { outcome, reason: None, at, agent: None }),
        }
    }

    fn kept(fields: &[(&str, &str)]) -> KeptCampaign {
        let field = |(key, value): &(&str, &str)| Field {
            key: (*key).to_owned(),
            value: (*value).to_owned(),
        };
        let opened = Opened {
            name: "x".into(),
            template: "open-shift".into(),
            at: Timestamp(30_000),
            by: None,
            goal: 1,
            until: None,
            fields: fields.iter().map(field).collect(),
        };
        let contacts =
            vec![contact("tom", Stage::Over, "refused"), contact("sara", Stage::Won, "accepted")];
        KeptCampaign { opened, ended: None, state: None, contacts }
    }

    #[test]
    fn f3_campaigns_of_the_journal_become_lines() {
        let campaigns = [
            kept(&[("department", "geriatrie"), ("date", "2026-11-23")]),
            kept(&[("slot", "14:20")]),
        ];
        let needs: Vec<Need> = campaigns.iter().filter_map(need).collect();
        assert_eq!(needs.len(), 1, "a reserve list is no shift");
        let days = days_of(&needs, None, "2026-11-23".parse().unwrap());
        let row = |sheet: Sheet, nth: usize| sheet.0[nth].join(" ");
        assert_eq!(
            row(months(&by_month(&needs, &days)), 1),
            "geriatrie 2026-11 1 1 100.0% 60 60 1 1"
        );
        assert_eq!(row(whys(&refusals(&needs)), 1), "geriatrie refused  1");
        let people = people(&by_person(&needs));
        assert_eq!(row(people, 1), "sara  1 2 1 0 0");
    }
}
