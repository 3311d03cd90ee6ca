//! Storms of random faults, far more of them than CI has time for.

use crate::{asterisk, cargo, guests, run};
use anyhow::{Result, ensure};

/// Has them rage: on the sim, then on Asterisk. The first has a seed that is told, if none is given.
pub(crate) fn soak(sim: Option<u64>, on_asterisk: Option<u64>, from: Option<u64>) -> Result<()> {
    ensure!(
        sim.is_some() || on_asterisk.is_some(),
        "say where, and how many: --sim 1000, --asterisk 50"
    );
    guests::build()?;
    if let Some(storms) = sim {
        storms_of("storm", "no_storm", "STROWGER_STORMS", storms, from)?;
    }
    if let Some(storms) = on_asterisk {
        asterisk()?;
        storms_of("asterisk", "faults::no_storm", "STROWGER_ASTERISK_STORMS", storms, from)?;
    }
    Ok(())
}

fn storms_of(
    binary: &str,
    tests: &str,
    variable: &str,
    storms: u64,
    from: Option<u64>,
) -> Result<()> {
    let mut test = cargo();
    test.args(["nextest", "run", "--workspace", "--test", binary, "--no-capture", tests]);
    if let Some(from) = from {
        test.env("STROWGER_STORM_FROM", from.to_string());
    }
    run(test.env(guests::BUILT, "1").env(variable, storms.to_string()))
}
