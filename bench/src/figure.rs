//! What a figure is, and what came of measuring it.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::process::Command;

/// Something that is measured.
pub(crate) struct Figure {
    /// Its name for programs.
    pub(crate) key: &'static str,
    /// Its name for people.
    pub(crate) what: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) target: Target,
    /// What to hold it against besides the target.
    pub(crate) against: &'static str,
    /// In a process of its own, whose memory nobody used before.
    pub(crate) alone: bool,
    pub(crate) measure: fn() -> Result<Measured>,
}

/// What a figure should be.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    AtMost(f64),
    AtLeast(f64),
    /// To be known, and not to be reached.
    Known,
}

impl Target {
    pub(crate) fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
            Self::Known => true,
        }
    }
}

/// A value and how it was come by.
pub(crate) struct Measured {
    pub(crate) value: f64,
    /// Of what, on what, and what else was seen.
    pub(crate) how: String,
}

/// What came of measuring a figure.
pub(crate) enum Came {
    Measured(Measured),
    /// It cannot be had here.
    LeftOut(String),
    /// It should have been had here.
    Broken(String),
}

/// The error of a figure that cannot be had here, and why.
#[derive(Debug)]
pub(crate) struct NotHere(pub(crate) String);

impl std::fmt::Display for NotHere {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotHere {}

impl Figure {
    pub(crate) fn measure(&self) -> Came {
        match self.alone {
            true => self.in_own_process().unwrap_or_else(|error| Came::broken(&error)),
            false => self.measure_here(),
        }
    }

    pub(crate) fn measure_here(&self) -> Came {
        match (self.measure)() {
            Ok(measured) => Came::Measured(measured),
            Err(error) => match error.downcast_ref::<NotHere>() {
                Some(why) => Came::LeftOut(why.to_string()),
                None => Came::broken(&error),
            },
        }
    }

    fn in_own_process(&self) -> Result<Came> {
        let program = std::env::current_exe().context("finding this program")?;
        let output = Command::new(program)
            .args(["--alone", self.key])
            .output()
            .context("starting this program again")?;
        let said = String::from_utf8_lossy(&output.stdout);
        let came = said
            .lines()
            .last()
            .and_then(|line| serde_json::from_str(line).ok())
            .and_then(|value| Came::from_json(&value));
        came.with_context(|| {
            format!(
                "a process of its own ended with {}: {}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            )
        })
    }
}

impl Came {
    /// Errors of other programs may hold all that these wrote: the beginning will do.
    fn broken(error: &anyhow::Error) -> Self {
        Self::Broken(format!("{error:#}").chars().take(500).collect())
    }

    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Measured(Measured { value, how }) => json!({ "value": value, "how": how }),
            Self::LeftOut(why) => json!({ "left_out": why }),
            Self::Broken(why) => json!({ "broken": why }),
        }
    }

    fn from_json(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let measured =
            || Some(Measured { value: value.get("value")?.as_f64()?, how: text("how")? });
        let not =
            || text("left_out").map(Self::LeftOut).or_else(|| text("broken").map(Self::Broken));
        measured().map(Self::Measured).or_else(not)
    }
}
