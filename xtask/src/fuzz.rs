//! Readers of files and streams are given damaged examples, for longer than the tests have time.

use crate::{cargo, run};
use anyhow::Result;

/// Each reader reads for so many minutes.
pub(crate) fn fuzz(minutes: u64) -> Result<()> {
    let mut test = cargo();
    test.args(["nextest", "run", "--workspace", "--lib", "--test", "v1", "--no-fail-fast"])
        .args(["--filterset", "test(fuzz)"]);
    run(test.env("STROWGER_FUZZ_MINUTES", minutes.to_string()))
}
