//! Version 0.1 of the contract, `wit/v0_1/flow.wit`, mapped to the current one.
//!
//! Components have no names for types, only shapes. So a type that has not changed since 0.1 is the
//! current one, and what is written here is only what differs. A mistake cannot go unseen: a
//! component is checked against these types when it is loaded, and a test does that with all of
//! 0.1.

use super::current::{
    interfaces::{self, reads::Host as _},
    wit,
};
use crate::host::Host;
use wasmtime::component::Linker;

#[allow(unreachable_pub, dead_code, reason = "generated")]
mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit/v0_1",
        world: "flow",
        imports: { default: trappable },
        ownership: Borrowing { duplicate_if_necessary: false },
        with: {
            "strowger:flow/types@0.1.0": super::types,
            "strowger:flow/reads@0.1.0": super::interfaces::reads,
        },
    });
}

pub(crate) use bindings::{Flow, FlowPre};

/// As in the first line of `wit/v0_1/flow.wit`.
pub(crate) const VERSION: &str = "0.1.0";

/// The types of 0.1: those of now, but for those that are written out.
#[allow(unreachable_pub, reason = "the generated code exports them anew")]
pub mod types {
    pub use crate::contract::current::wit::*;
    use wasmtime::component::{ComponentType, Lift};

    /// It had the version of the state, for `migrate`, which the host never called.
    #[derive(ComponentType, Lift)]
    #[component(record)]
    pub struct Manifest {
        pub name: String,
        pub version: String,
        #[component(name = "settings-schema")]
        pub settings_schema: String,
        #[component(name = "state-version")]
        #[allow(dead_code, reason = "it is part of the shape")]
        pub state_version: u32,
    }
}

impl From<types::Manifest> for wit::Manifest {
    fn from(old: types::Manifest) -> Self {
        let types::Manifest { name, version, settings_schema, .. } = old;
        Self { name, version, settings_schema }
    }
}

/// The imports of 0.1. Its reads are those of now.
pub(super) fn link(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    linker.instance("strowger:flow/types@0.1.0")?;
    let mut reads = linker.instance("strowger:flow/reads@0.1.0")?;
    reads.func_wrap("now", |mut cx, ()| Ok((cx.data_mut().now()?,)))?;
    reads.func_wrap("schedule", |mut cx, (name,)| Ok((cx.data_mut().schedule(name)?,)))?;
    reads.func_wrap("switch", |mut cx, (name,)| Ok((cx.data_mut().switch(name)?,)))?;
    reads.func_wrap("queue", |mut cx, (name,)| Ok((cx.data_mut().queue(name)?,)))?;
    reads.func_wrap("agent", |mut cx, (name,)| Ok((cx.data_mut().agent(name)?,)))?;
    reads.func_wrap("contact", |mut cx, (key,)| Ok((cx.data_mut().contact(key)?,)))?;
    reads.func_wrap("history", |mut cx, (number, days)| {
        Ok((cx.data_mut().history(number, days)?,))
    })?;
    reads.func_wrap("campaign", |mut cx, (name,)| Ok((cx.data_mut().campaign(name)?,)))?;
    reads.func_wrap("on-duty", |mut cx, (roster,)| Ok((cx.data_mut().on_duty(roster)?,)))?;
    reads.func_wrap("position", |mut cx, (entry,)| Ok((cx.data_mut().position(entry)?,)))?;
    reads.func_wrap("expected-wait", |mut cx, (entry,)| {
        Ok((cx.data_mut().expected_wait(entry)?,))
    })?;
    reads.func_wrap("agent-at", |mut cx, (phone,)| Ok((cx.data_mut().agent_at(phone)?,)))?;
    reads.func_wrap("agent-named", |mut cx, (key,)| Ok((cx.data_mut().agent_named(key)?,)))?;
    reads.func_wrap("authority-over", |mut cx, (agent,)| {
        Ok((cx.data_mut().authority_over(agent)?,))
    })?;
    reads.func_wrap("in-queue", |mut cx, (agent, queue)| {
        Ok((cx.data_mut().in_queue(agent, queue)?,))
    })?;
    reads
        .func_wrap("random", |mut cx, ()| Ok((interfaces::reads::Host::random(cx.data_mut())?,)))?;
    reads.func_wrap("log", |mut cx, (level, message)| {
        interfaces::reads::Host::log(cx.data_mut(), level, message)
    })
}
