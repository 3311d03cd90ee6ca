//! The version of the contract in work, `wit/flow.wit`: its types as wasmtime sees them, and how
//! each is mapped to the model. What goes to a guest cannot fail; what comes from one is checked.
//!
//! # Layout
//! * `from_guest`: orders, checked.
//! * `to_guest`: events and the answers of reads.
//! * `reads`: the imports.

pub(crate) mod from_guest;
mod reads;
pub(crate) mod to_guest;

use std::time::Duration;

#[allow(unreachable_pub, dead_code, reason = "generated")]
mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "flow",
        imports: { default: trappable },
        ownership: Borrowing { duplicate_if_necessary: false },
    });
}

pub(crate) use bindings::{Flow, FlowPre, strowger::flow as interfaces};
pub(crate) use interfaces::types as wit;

/// As in the first line of `wit/flow.wit`.
pub(crate) const VERSION: &str = "0.2.0";

/// A length of time in the contract's milliseconds; what is too long for them is the longest.
pub(crate) fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}
