//! The table for people and the JSON object for programs.

use crate::figure::{Came, Figure, Target};
use serde_json::{Map, Value, json};

type Results<'a> = [(&'a Figure, Came)];

pub(crate) fn list(figures: &[&Figure]) {
    for figure in figures {
        println!("{:<24} {} ({}; {})", figure.key, figure.what, figure.unit, target(figure));
    }
}

pub(crate) fn head() {
    println!("{:<24} {:>12} {:<9} {:<20} what", "figure", "measured", "unit", "target");
}

pub(crate) fn line(figure: &Figure, came: &Came) {
    let head = |value: &str| {
        format!(
            "{:<24} {value:>12} {:<9} {:<20} {}",
            figure.key,
            figure.unit,
            target(figure),
            figure.what
        )
    };
    match came {
        Came::Measured(measured) => {
            println!("{}", head(&short(measured.value)));
            if !figure.target.is_met(measured.value) {
                println!("{:>24} MISSED", "");
            }
            println!("{:>24} {}", "", measured.how);
            if !figure.against.is_empty() {
                println!("{:>24} compare: {}", "", figure.against);
            }
        }
        Came::LeftOut(why) => println!("{}\n{:>24} left out: {why}", head("-"), ""),
        Came::Broken(why) => println!("{}\n{:>24} BROKEN: {why}", head("-"), ""),
    }
}

pub(crate) fn foot(results: &Results<'_>) {
    let count = |holds: fn(&Figure, &Came) -> bool| {
        results.iter().filter(|(figure, came)| holds(figure, came)).count()
    };
    let met = count(
        |figure, came| matches!(came, Came::Measured(measured) if figure.target.is_met(measured.value)),
    );
    let missed = count(
        |figure, came| matches!(came, Came::Measured(measured) if !figure.target.is_met(measured.value)),
    );
    let left_out = count(|_, came| matches!(came, Came::LeftOut(_)));
    let broken = count(|_, came| matches!(came, Came::Broken(_)));
    println!(
        "\n{met} met, {missed} missed, {left_out} left out, {broken} broken; on {}",
        machine()
    );
}

/// Keys and values; what is not there, and why, is under `left_out` and `broken`.
pub(crate) fn json(results: &Results<'_>) -> String {
    let mut object = Map::new();
    for (figure, came) in results {
        let (under, why) = match came {
            Came::Measured(measured) => {
                object.insert(figure.key.to_owned(), json!(measured.value));
                continue;
            }
            Came::LeftOut(why) => ("left_out", why),
            Came::Broken(why) => ("broken", why),
        };
        let reasons = object.entry(under).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(reasons) = reasons {
            reasons.insert(figure.key.to_owned(), json!(why));
        }
    }
    format!("{:#}\n", Value::Object(object))
}

fn target(figure: &Figure) -> String {
    match figure.target {
        Target::AtMost(most) => format!("at most {}", short(most)),
        Target::AtLeast(least) => format!("at least {}", short(least)),
        Target::Known => "-".to_owned(),
    }
}

/// Three digits that count, and thousands apart.
fn short(value: f64) -> String {
    if value.abs() < 100.0 {
        let digits = if value.abs() < 1.0 {
            3
        } else if value.abs() < 10.0 {
            2
        } else {
            1
        };
        let text = format!("{value:.digits$}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let whole = format!("{value:.0}");
    let mut apart = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!("{processors} processors, load {}", load.split(' ').next().unwrap_or("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_read_them() {
        assert_eq!(
            [0.25, 1.234, 12.04, 100.0, 1234567.0, 60.0].map(short),
            ["0.25", "1.23", "12", "100", "1,234,567", "60"]
        );
    }
}
