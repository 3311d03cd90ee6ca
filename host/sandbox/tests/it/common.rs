//! What the tests of the sandbox share: an engine, flows of the hostile guest, a first event.

use std::{path::PathBuf, sync::Arc};
use strowger_model::{CallId, Event, event::Arrival};
use strowger_sandbox::{Engine, Fault, Flow, Limits, Plugin, Step};
use strowger_test_support::{FixedReads, plugin_wasm};

/// The guest is compiled once for all tests.
pub(crate) fn engine() -> Engine {
    Engine::new(Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled"))).unwrap()
}

pub(crate) fn hostile() -> Plugin {
    engine().load("hostile.wasm", &plugin_wasm("hostile")).unwrap()
}

pub(crate) fn settings(misbehave: &str) -> String {
    format!("{{\"misbehave\": \"{misbehave}\"}}")
}

pub(crate) fn flow(plugin: &Plugin, misbehave: &str) -> Flow {
    plugin.configure(&settings(misbehave), Limits::default()).unwrap()
}

pub(crate) fn call() -> CallId {
    CallId::next(FixedReads::NOW.0, None)
}

pub(crate) fn arrived() -> Event {
    Event::Arrived(Box::new(Arrival {
        call: call(),
        caller: Some("+32470123456".into()),
        caller_name: None,
        endpoint: None,
        dialled: "+3227138700".into(),
        diverted_from: None,
        line: None,
        adapter: "sim".into(),
        data: String::new(),
        at: FixedReads::NOW,
    }))
}

/// A first step.
pub(crate) fn first(flow: &Flow) -> Result<Step, Fault> {
    flow.step(call(), &[], &arrived(), FixedReads::shared())
}

/// A first step, and what was logged meanwhile.
pub(crate) fn first_with_log(flow: &Flow) -> (Result<Step, Fault>, Arc<FixedReads>) {
    let reads = FixedReads::shared();
    (flow.step(call(), &[], &arrived(), reads.clone()), reads)
}
