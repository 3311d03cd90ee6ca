//! x
use anyhow::Result;
fn main() -> Result<()> {
    strowger_testbed::tools::Tools::fetch(|line| eprintln!("asterisk: {line}"))?;
    Ok(())
}
