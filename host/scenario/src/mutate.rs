//! Proof that scenarios hold a flow's figures fast: every figure of its settings and cases, and of
//! the opening hours and queues that it uses and the campaigns that it serves, is altered in turn, by
//! as little as can be, and some scenario must fail.
//!
//! A figure is a number, a switch between yes and no, a run of digits in a text (a telephone
//! number, opening hours that are spoken), a time of day or a weekday in opening hours, or a
//! queue's cap.

use crate::{How, Report, Scenario, gate::in_parallel, pinned::pinned, run, run_all};
use serde_json::{Map, Value};
use std::{fmt, sync::Arc, time::Duration};
use strowger_flows::{LoadedFlow, Snapshot};
use strowger_model::{Timestamp, read::ScheduleStatus};
use strowger_sandbox::Engine;
use strowger_site::{CampaignTemplate, Problem};

/// A figure, altered.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutation {
    /// Where it stands, such as `settings.overflow_after` or `site.schedules.helpdesk.hours`.
    pub place: String,
    /// As it is written.
    pub from: String,
    /// As it is altered.
    pub to: String,
    in_site: bool,
    overlay: Map<String, Value>,
}

/// Who noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caught {
    /// A scenario, by its name.
    Scenario(String),
    /// The flow file's own checks.
    Check(String),
    /// Nobody.
    Not,
}

impl fmt::Display for Caught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scenario(name) => write!(f, "caught by \"{name}\""),
            Self::Check(why) => write!(f, "refused: {why}"),
            Self::Not => f.write_str("NOTICED BY NOBODY"),
        }
    }
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} -> {}", self.place, self.from, self.to)
    }
}

/// All alterations of a flow's figures.
fn mutations(flow: &LoadedFlow) -> Vec<Mutation> {
    let mut found = Vec::new();
    for part in ["settings", "cases"] {
        walk(&flow.written()[part], &mut Vec::new(), &mut |path, value| {
            for (from, to) in alterations(value) {
                found.push(Mutation::new(part, false, path, value, &from, to));
            }
        });
    }
    let site = flow.site.written();
    let serves = |template: &CampaignTemplate| template.flow == flow.name;
    let templates = flow.site.campaigns.values().filter(|template| serves(template));
    let own: Vec<&CampaignTemplate> = templates.collect();
    let own_written = || own.iter().map(|template| &site["campaigns"][template.name.as_str()]);
    // The hours of its campaigns are its own, too.
    let mut names = texts(&flow.settings);
    names.extend(own_written().flat_map(texts));
    // A queue may have the name of a schedule.
    let is_queue = |name: &str| flow.site.queues.contains_key(name) && !sets_schedules(flow);
    let schedules = entries(&site, "schedules");
    for (name, schedule) in
        schedules.filter(|(name, _)| names.contains(name) && !is_queue(name.as_str()))
    {
        let hours = &schedule["hours"];
        for (from, to) in hours.as_str().map(hours_altered).unwrap_or_default() {
            let path = ["schedules".to_owned(), name.clone(), "hours".to_owned()];
            let mutation = Mutation::new("site", true, &path, hours, &from, to);
            if !means_the_same(flow, name, &mutation) {
                found.push(mutation);
            }
        }
    }
    for (name, queue) in
        entries(&site, "queues").filter(|(name, _)| flow.permissions.may_use_queue(name))
    {
        for (from, to) in alterations(&queue["cap"]) {
            let path = ["queues".to_owned(), name.clone(), "cap".to_owned()];
            found.push(Mutation::new("site", true, &path, &queue["cap"], &from, to));
        }
    }
    for (template, written) in own.iter().zip(own_written()) {
        let mut path = vec!["campaigns".to_owned(), template.name.to_string()];
        walk(written, &mut path, &mut |path, value| {
            for (from, to) in alterations(value) {
                found.push(Mutation::new("site", true, path, value, &from, to));
            }
        });
    }
    found
}

/// Whether the plugin says of any setting that it names a schedule.
fn sets_schedules(flow: &LoadedFlow) -> bool {
    fn says(schema: &Value) -> bool {
        match schema {
            Value::Object(table) => {
                table.get("format").is_some_and(|format| format == "schedule")
                    || table.values().any(says)
            }
            Value::Array(items) => items.iter().any(says),
            _ => false,
        }
    }
    serde_json::from_str(&flow.manifest.settings_schema).is_ok_and(|schema| says(&schema))
}

/// Whether a schedule is open at the same times after all, for two years: a later rule goes before
/// the one that was altered.
fn means_the_same(flow: &LoadedFlow, name: &str, mutation: &Mutation) -> bool {
    let Ok(altered) = flow.site.varied(&mutation.overlay) else { return false };
    let mut at = Timestamp(1_767_225_600_000);
    let end = at.plus(Duration::from_secs(2 * 366 * 24 * 3600));
    let as_it_stands = |status: Option<ScheduleStatus>| {
        let status = status?;
        Some((status.open, status.until.map(|until| until.instant)))
    };
    while at < end {
        let was = as_it_stands(flow.site.schedule(name, at));
        if was != as_it_stands(altered.schedule(name, at)) {
            return false;
        }
        match was {
            Some((_, Some(until))) if until > at => at = until,
            _ => return true,
        }
    }
    true
}

/// Alters every figure of a flow in turn: of its pinned files, which the scenarios play with, or of
/// the live ones if there are none. Each is told to `done` as soon as it is known.
///
/// # Errors
/// Scenarios that fail although nothing was altered: they would notice everything.
pub fn hold_fast(
    flow: &Arc<LoadedFlow>,
    beside: &Snapshot,
    scenarios: &[Scenario],
    engine: &Engine,
    done: impl Fn(&Mutation, &Caught) + Sync,
) -> Result<Vec<(Mutation, Caught)>, Vec<Report>> {
    let (flow, beside) =
        &pinned(flow, beside).map_err(|problems| vec![Report::of_files(flow, problems)])?;
    let scenarios: Vec<&Scenario> =
        scenarios.iter().filter(|scenario| !scenario.written.live).collect();
    let runs: Vec<(&Scenario, How)> =
        scenarios.iter().map(|scenario| (*scenario, How::TEST)).collect();
    let mut failed = run_all(&runs, flow, beside, engine, |_| {});
    failed.retain(|report| !report.is_good());
    if !failed.is_empty() {
        return Err(failed);
    }
    let mutations = mutations(flow);
    let work = |mutation: &Mutation| catch(mutation, &scenarios, flow, beside, engine);
    let caught = in_parallel(&mutations, work, done);
    Ok(mutations.into_iter().zip(caught).collect())
}

/// Alters a figure and runs the scenarios until one notices: those that check figures first.
fn catch(
    mutation: &Mutation,
    scenarios: &[&Scenario],
    flow: &LoadedFlow,
    beside: &Snapshot,
    engine: &Engine,
) -> Caught {
    let said = |problems: Vec<Problem>| {
        problems.first().map(|problem| problem.message.clone()).unwrap_or_default()
    };
    let altered = match mutation.in_site {
        true => flow
            .site
            .varied(&mutation.overlay)
            .and_then(|site| flow.varied(&Map::new(), &Arc::new(site))),
        false => flow.varied(&mutation.overlay, &flow.site),
    };
    let altered = match altered {
        Ok(altered) => altered,
        Err(problems) => return Caught::Check(said(problems)),
    };
    let figures_first = || {
        let (figures, behaviour): (Vec<&Scenario>, Vec<_>) =
            scenarios.iter().partition(|scenario| scenario.written.figures);
        figures.into_iter().chain(behaviour)
    };
    figures_first()
        .find(|scenario| !run(scenario, &altered, beside, engine, How::TEST).is_good())
        .map_or(Caught::Not, |scenario| Caught::Scenario(scenario.name().to_owned()))
}

impl Mutation {
    fn new(root: &str, in_site: bool, path: &[String], was: &Value, from: &str, to: Value) -> Self {
        let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let place = [&[root.to_owned()], path].concat().join(".");
        let (from, shown_to) = match was.is_string() {
            true => between(&shown(was), &shown(&to)),
            false => (from.to_owned(), to.to_string()),
        };
        let mut overlay = to;
        for key in path.iter().rev() {
            overlay = Value::Object(Map::from_iter([(key.clone(), overlay)]));
        }
        if !in_site {
            overlay = Value::Object(Map::from_iter([(root.to_owned(), overlay)]));
        }
        let overlay = overlay.as_object().cloned().unwrap_or_default();
        Self { place, from, to: shown_to, in_site, overlay }
    }
}

/// Two long texts are shown around the place where they differ.
fn between(one: &str, other: &str) -> (String, String) {
    let differ = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let start =
        (0..=differ.saturating_sub(20)).rev().find(|at| one.is_char_boundary(*at)).unwrap_or(0);
    let part = |text: &str| text[start..].chars().take(40).collect();
    (part(one), part(other))
}

/// Visits every value that is no table; lists count as values.
fn walk(value: &Value, path: &mut Vec<String>, visit: &mut impl FnMut(&[String], &Value)) {
    match value {
        Value::Object(table) => {
            for (key, value) in table {
                path.push(key.clone());
                walk(value, path, visit);
                path.pop();
            }
        }
        value => visit(path, value),
    }
}

/// A figure's alterations, each with what is altered.
fn alterations(value: &Value) -> Vec<(String, Value)> {
    match value {
        Value::Bool(flag) => vec![(flag.to_string(), Value::Bool(!flag))],
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => [whole + 1, whole - 1]
                .into_iter()
                .filter(|altered| *altered >= 0)
                .map(|altered| (number.to_string(), altered.into()))
                .collect(),
            (None, Some(number)) => vec![
                (number.to_string(), (number * 1.1).into()),
                (number.to_string(), (number * 0.9).into()),
            ],
            _ => Vec::new(),
        },
        Value::String(text) => digits(text)
            .into_iter()
            .map(|at| (text.clone(), Value::String(with_digit(text, at))))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, item)| {
                alterations(item).into_iter().map(move |(from, to)| (index, from, to))
            })
            .map(|(index, from, to)| {
                let mut altered = items.clone();
                altered[index] = to;
                (from, Value::Array(altered))
            })
            .collect(),
        Value::Object(table) => table
            .iter()
            .flat_map(|(key, item)| {
                alterations(item).into_iter().map(move |(from, to)| (key, from, to))
            })
            .map(|(key, from, to)| {
                let mut altered = table.clone();
                altered.insert(key.clone(), to);
                (from, Value::Object(altered))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Where the last digit of each run of digits stands.
fn digits(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends = |at: &usize| {
        bytes[*at].is_ascii_digit() && !bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
    };
    (0..bytes.len()).filter(ends).collect()
}

fn with_digit(text: &str, at: usize) -> String {
    let digit = text.as_bytes().get(at).map_or(0, |byte| byte - b'0');
    format!("{}{}{}", &text[..at], (digit + 1) % 10, &text[at + 1..])
}

const DAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];

/// Each time of day a minute earlier and later; each weekday the one before and after.
fn hours_altered(hours: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut replace = |at: usize, length: usize, with: &str| {
        let altered = format!("{}{with}{}", &hours[..at], &hours[at + length..]);
        found.push((hours.to_owned(), Value::String(altered)));
    };
    for at in (0..hours.len()).filter(|at| hours.is_char_boundary(*at)) {
        if let Some(minutes) = hours.get(at..at + 5).and_then(minutes) {
            for altered in [minutes + 1, (minutes + 1439) % 1440] {
                replace(at, 5, &format!("{:02}:{:02}", altered / 60, altered % 60));
            }
        }
        if let Some(day) =
            hours.get(at..at + 2).and_then(|word| DAYS.iter().position(|day| *day == word))
        {
            for altered in [(day + 1) % 7, (day + 6) % 7] {
                replace(at, 2, DAYS[altered]);
            }
        }
    }
    found
}

/// `HH:MM`, up to 24:00, in minutes.
fn minutes(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| {
        text.parse::<u32>()
            .ok()
            .filter(|_| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()))
    };
    Some(number(hour)? * 60 + number(minute)?)
}

/// All texts in the settings.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(table) => table.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn entries<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.get(key).and_then(Value::as_object).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn altered(value: Value) -> Vec<Value> {
        alterations(&value).into_iter().map(|(_, to)| to).collect()
    }

    #[test]
    fn figures_are_altered_by_as_little_as_can_be() {
        assert_eq!(altered(json!(180)), [json!(181), json!(179)]);
        assert_eq!(altered(json!(0)), [json!(1)], "nothing is negative");
        assert_eq!(altered(json!(true)), [json!(false)]);
        assert_eq!(altered(json!("Bel 02 713 87 09.")).len(), 4);
        assert!(altered(json!("Bel 02 713 87 09.")).contains(&json!("Bel 02 713 87 00.")));
        assert_eq!(altered(json!(["a", 5])), [json!(["a", 6]), json!(["a", 4])]);
        assert_eq!(
            altered(json!([{ "key": "1", "code": "a" }])),
            [json!([{ "key": "2", "code": "a" }])]
        );
        assert!(altered(json!("Welkom")).is_empty());
    }

    #[test]
    fn opening_hours_are_altered_by_a_minute_and_a_day() {
        let altered: Vec<Value> =
            hours_altered("Mo-Fr 09:00-16:00; PH off").into_iter().map(|(_, to)| to).collect();
        assert_eq!(altered.len(), 8);
        for expected in [
            "Mo-Fr 09:01-16:00; PH off",
            "Mo-Fr 09:00-15:59; PH off",
            "Mo-Th 09:00-16:00; PH off",
            "Tu-Fr 09:00-16:00; PH off",
        ] {
            assert!(altered.contains(&json!(expected)), "{expected}");
        }
    }
}
