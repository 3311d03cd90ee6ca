//! What the host adds to a call on the real Asterisk.

use crate::figure::{Figure, Measured, NotHere, Target};
use anyhow::Result;

pub(crate) const FIGURES: &[&Figure] = &[
    &Figure {
        key: "invite_added_ms_50",
        what: "INVITE to 200 above native dialplan, median, 50 calls/s",
        unit: "ms",
        target: Target::AtMost(1.0),
        against: "native dialplan on the same Asterisk in the same run",
        alone: false,
        measure: not_yet,
    },
    &Figure {
        key: "invite_added_ms_100",
        what: "INVITE to 200 above native dialplan, median, 100 calls/s",
        unit: "ms",
        target: Target::AtMost(1.0),
        against: "native dialplan on the same Asterisk in the same run",
        alone: false,
        measure: not_yet,
    },
];

fn not_yet() -> Result<Measured> {
    Err(NotHere("the real Asterisk is not measured yet".into()).into())
}
