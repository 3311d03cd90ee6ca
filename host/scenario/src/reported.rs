//! Compares what a report says of a scenario's calls with what it must say (P9, K5, V6, V7).

use crate::{
    file::Reported,
    judge::Failure,
    term::seconds,
    timeline::{Timeline, What},
};
use strowger_flows::LoadedFlow;
use strowger_office::report::{Figures, Unit, columns, talks};
use toml::Spanned;

/// Figures that are not as they must be.
pub(crate) fn judge(
    reported: &Spanned<Reported>,
    calls: &[Timeline],
    flow: &LoadedFlow,
) -> Vec<Failure> {
    let expected = reported.get_ref();
    let mut figures = Figures::default();
    calls
        .iter()
        .filter(|call| is_meant(expected, call, flow))
        .for_each(|call| add(&mut figures, call, expected.at_once));
    let mut failures = Vec::new();
    let mut fail = |expected, happened| {
        failures.push(Failure { span: Some(reported.span()), expected, happened })
    };
    let columns = columns(&flow.site.cases, []);
    for (name, term) in &expected.figures {
        let Some(column) = columns.iter().find(|column| column.name == *name) else {
            let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            fail(format!("a figure {name:?}"), format!("a report has {}", names.join(", ")));
            continue;
        };
        match (term.resolve(&flow.settings), column.of(&figures)) {
            (Ok(right), Some(figure))
                if (figure - right.as_secs_f64()).abs() <= tolerance(column.unit) => {}
            (Ok(_), figure) => {
                let happened = figure
                    .map_or_else(|| "nothing to count".to_owned(), |figure| figure.to_string());
                fail(format!("{} = {term} in the report", column.name), happened);
            }
            (Err(error), _) => fail(format!("a figure for {}", column.name), error.to_string()),
        }
    }
    failures
}

/// Per cent to the tenth that is shown; seconds as exactly as a scenario's other times.
fn tolerance(unit: Unit) -> f64 {
    match unit {
        Unit::Number => 0.0,
        Unit::Percent => 0.05,
        Unit::Seconds => 0.5,
    }
}

fn is_meant(expected: &Reported, call: &Timeline, flow: &LoadedFlow) -> bool {
    let Some(record) = call.record() else { return false };
    let arrived = flow.site.moment(record.arrived);
    let day = format!("{:04}-{:02}-{:02}", arrived.year, arrived.month, arrived.day);
    let noted = |(key, value): (&String, &String)| {
        record.notes.iter().any(|note| note.key == *key && note.value == *value)
    };
    expected.day.as_ref().is_none_or(|of| *of == day)
        && expected.hour.is_none_or(|hour| hour == u32::from(arrived.hour))
        && expected.notes.iter().all(noted)
}

fn add(figures: &mut Figures, call: &Timeline, at_once: f64) {
    if let Some(record) = call.record() {
        figures.add(record, seconds(at_once));
        talks(record).iter().for_each(|talk| figures.add_talk(talk));
    }
    for happening in &call.happenings {
        // Nobody has answered a case yet when a scenario ends, nor is it late.
        if let What::Opens { kind, .. } = &happening.what {
            figures.add_case(kind, false);
        }
    }
}
