//! The few system calls that tool chains take for granted, without a system behind them.
//!
//! Environment and arguments are empty, there are no folders and no input, output is captured and
//! bounded, clocks stand at the step's instant, randomness is seeded by the step, exit and waiting
//! are faults.
//! Every other function of WASI 0.2 is defined too, whatever its type, and faults under its own
//! name when it is called: a guest may import what it never calls.
//!
//! wasmtime-wasi is not used: its synchronous form blocks on a tokio runtime of its own, which
//! panics inside ours, and a guest's sleep would outlive the step.

use crate::{host::Host, limits::Limits, stop::Stop};
use wasmtime::{
    StoreContextMut,
    component::{
        Component, ComponentType, Linker, LinkerInstance, Lower, Resource, ResourceType, WasmList,
        types::{ComponentInstance, ComponentItem},
    },
};

/// The package prefix of what is defined here.
pub(crate) const PREFIX: &str = "wasi:";

/// Something that can be waited for: `READY`, or a time that will not come during the step.
struct Pollable;
const READY: u32 = 0;
const LATER: u32 = 1;

/// Standard output or error; both lead to the same place.
struct OutputStream;
/// Standard input: closed.
struct InputStream;
/// Never comes into being.
struct IoError;

#[derive(ComponentType, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    #[expect(dead_code, reason = "part of the type; output never fails here")]
    LastOperationFailed(Resource<IoError>),
    #[component(name = "closed")]
    Closed,
}

#[derive(ComponentType, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

/// A terminal that is not there.
struct Terminal;
/// A folder or file; there is none.
struct Descriptor;

/// Bytes that a stream takes at a time, as in other hosts.
const WRITE_AT_A_TIME: u64 = 64 << 10;

/// The most random bytes that can be had at once.
const RANDOM_AT_A_TIME: u64 = 64 << 10;

type Guest<'a> = StoreContextMut<'a, Host>;
type Written = (Result<(), StreamError>,);

/// Defines one instance that a component imports, such as `wasi:io/streams@0.2.6`, under the very
/// name and version that it asks for.
pub(crate) fn define(
    linker: &mut Linker<Host>,
    component: &Component,
    name: &str,
    instance: &ComponentInstance,
) -> wasmtime::Result<()> {
    let interface = name.split('@').next().unwrap_or(name).trim_start_matches(PREFIX);
    let mut linked = linker.instance(name)?;
    for (item, extern_) in instance.exports(component.engine()) {
        match extern_.ty {
            ComponentItem::Resource(_) => linked.resource(item, resource(item), |_, _| Ok(()))?,
            ComponentItem::ComponentFunc(_) => {
                let defined = function(&mut linked, interface, item)?;
                if !defined {
                    let stopped = format!("{name}#{item}");
                    linked.func_new(item, move |_, _, _, _| {
                        Err(Stop::NotProvided(stopped.clone()).into())
                    })?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// By its name alone, for an interface that uses another's resource exports it again.
fn resource(item: &str) -> ResourceType {
    match item {
        "pollable" => ResourceType::host::<Pollable>(),
        "error" => ResourceType::host::<IoError>(),
        "output-stream" => ResourceType::host::<OutputStream>(),
        "input-stream" => ResourceType::host::<InputStream>(),
        "terminal-input" | "terminal-output" => ResourceType::host::<Terminal>(),
        "descriptor" => ResourceType::host::<Descriptor>(),
        _ => ResourceType::host::<()>(),
    }
}

/// Defines a function that has a meaning here; false if it has none.
fn function(
    to: &mut LinkerInstance<'_, Host>,
    interface: &str,
    item: &str,
) -> wasmtime::Result<bool> {
    match interface.split_once('/') {
        Some(("cli", interface)) => cli(to, interface, item),
        Some(("io", "error")) => error(to, item),
        Some(("io", "streams")) => stream(to, item),
        Some(("io", "poll")) => poll(to, item),
        Some(("clocks", interface)) => clock(to, interface, item),
        Some(("random", interface)) => random(to, interface, item),
        Some(("filesystem", "preopens")) => preopens(to, item),
        _ => Ok(false),
    }
}

/// A program without arguments, environment and terminal. It may end itself, which ends the step.
fn cli(to: &mut LinkerInstance<'_, Host>, interface: &str, item: &str) -> wasmtime::Result<bool> {
    match (interface, item) {
        ("environment", "get-environment") => {
            to.func_wrap(item, |_: Guest<'_>, ()| Ok((Vec::<(String, String)>::new(),)))?;
        }
        ("environment", "get-arguments") => {
            to.func_wrap(item, |_: Guest<'_>, ()| Ok((Vec::<String>::new(),)))?
        }
        ("environment", "initial-cwd") => {
            to.func_wrap(item, |_: Guest<'_>, ()| Ok((None::<String>,)))?
        }
        ("exit", "exit") => {
            to.func_wrap(item, |_: Guest<'_>, (_,): (Result<(), ()>,)| -> wasmtime::Result<()> {
                Err(Stop::Exited.into())
            })?;
        }
        ("exit", "exit-with-code") => {
            to.func_wrap(item, |_: Guest<'_>, (_,): (u8,)| -> wasmtime::Result<()> {
                Err(Stop::Exited.into())
            })?;
        }
        ("stdin", "get-stdin") => {
            to.func_wrap(item, |_: Guest<'_>, ()| Ok((Resource::<InputStream>::new_own(0),)))?;
        }
        ("stdout", "get-stdout") | ("stderr", "get-stderr") => {
            to.func_wrap(item, |_: Guest<'_>, ()| Ok((Resource::<OutputStream>::new_own(0),)))?;
        }
        ("terminal-stdin" | "terminal-stdout" | "terminal-stderr", _) => {
            to.func_wrap(item, |_: Guest<'_>, ()| Ok((None::<Resource<Terminal>>,)))?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// No folders. The C library asks for them before it opens a file, and other languages do when they
/// start or show an error.
fn preopens(to: &mut LinkerInstance<'_, Host>, item: &str) -> wasmtime::Result<bool> {
    match item {
        "get-directories" => to.func_wrap(item, |_: Guest<'_>, ()| {
            Ok((Vec::<(Resource<Descriptor>, String)>::new(),))
        })?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Errors of a stream; there never is one.
fn error(to: &mut LinkerInstance<'_, Host>, item: &str) -> wasmtime::Result<bool> {
    match item {
        "[method]error.to-debug-string" => {
            to.func_wrap(item, |_: Guest<'_>, (_,): (Resource<IoError>,)| Ok((String::new(),)))?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Every clock stands still at the instant of the step.
fn clock(to: &mut LinkerInstance<'_, Host>, interface: &str, item: &str) -> wasmtime::Result<bool> {
    match (interface, item) {
        ("monotonic-clock", "now") => {
            to.func_wrap(item, |guest: Guest<'_>, ()| Ok((guest.data().clock(),)))?
        }
        ("monotonic-clock", "resolution") => {
            to.func_wrap(item, |_: Guest<'_>, ()| Ok((1_000_000u64,)))?
        }
        ("monotonic-clock", "subscribe-duration") => {
            to.func_wrap(item, |_: Guest<'_>, (length,): (u64,)| Ok((pollable(length > 0),)))?;
        }
        ("monotonic-clock", "subscribe-instant") => {
            to.func_wrap(item, |guest: Guest<'_>, (at,): (u64,)| {
                Ok((pollable(at > guest.data().clock()),))
            })?;
        }
        ("wall-clock", "now") => to.func_wrap(item, |guest: Guest<'_>, ()| {
            let now = guest.data().clock();
            let nanoseconds = (now % 1_000_000_000) as u32;
            Ok((Datetime { seconds: now / 1_000_000_000, nanoseconds },))
        })?,
        ("wall-clock", "resolution") => {
            to.func_wrap(item, |_: Guest<'_>, ()| {
                Ok((Datetime { seconds: 0, nanoseconds: 1_000_000 },))
            })?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Numbers that are the same at every run of the step.
fn random(
    to: &mut LinkerInstance<'_, Host>,
    interface: &str,
    item: &str,
) -> wasmtime::Result<bool> {
    match (interface, item) {
        ("random", "get-random-u64") | ("insecure", "get-insecure-random-u64") => {
            to.func_wrap(item, |mut guest: Guest<'_>, ()| Ok((guest.data_mut().system_random(),)))?;
        }
        ("random", "get-random-bytes") | ("insecure", "get-insecure-random-bytes") => {
            to.func_wrap(item, |mut guest: Guest<'_>, (length,): (u64,)| {
                if length > RANDOM_AT_A_TIME {
                    let asked =
                        format!("get-random-bytes for {length} bytes, over {RANDOM_AT_A_TIME}");
                    return Err(Stop::NotProvided(asked).into());
                }
                let mut bytes = Vec::with_capacity(length as usize + 8);
                while bytes.len() < length as usize {
                    bytes.extend_from_slice(&guest.data_mut().system_random().to_le_bytes());
                }
                bytes.truncate(length as usize);
                Ok((bytes,))
            })?;
        }
        ("insecure-seed", "insecure-seed") => to.func_wrap(item, |mut guest: Guest<'_>, ()| {
            let host = guest.data_mut();
            Ok(((host.system_random(), host.system_random()),))
        })?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Output goes to the instance's [`Host`]; input is closed.
fn stream(to: &mut LinkerInstance<'_, Host>, item: &str) -> wasmtime::Result<bool> {
    type Output = Resource<OutputStream>;
    type Input = Resource<InputStream>;
    match item {
        "[method]output-stream.check-write" => to
            .func_wrap(item, |_: Guest<'_>, (_,): (Output,)| {
                Ok((Ok::<u64, StreamError>(WRITE_AT_A_TIME),))
            })?,
        "[method]output-stream.write" | "[method]output-stream.blocking-write-and-flush" => {
            to.func_wrap(item, |mut guest: Guest<'_>, (_, bytes): (Output, WasmList<u8>)| {
                let all = bytes.as_le_slice(&guest);
                let end = all[all.len().saturating_sub(Limits::OUTPUT)..].to_vec();
                guest.data_mut().print(&end);
                Ok::<Written, _>((Ok(()),))
            })?;
        }
        "[method]output-stream.flush" | "[method]output-stream.blocking-flush" => {
            to.func_wrap(item, |_: Guest<'_>, (_,): (Output,)| Ok::<Written, _>((Ok(()),)))?;
        }
        "[method]output-stream.subscribe" => {
            to.func_wrap(item, |_: Guest<'_>, (_,): (Output,)| Ok((pollable(false),)))?;
        }
        "[method]input-stream.subscribe" => {
            to.func_wrap(item, |_: Guest<'_>, (_,): (Input,)| Ok((pollable(false),)))?;
        }
        "[method]input-stream.read" | "[method]input-stream.blocking-read" => {
            to.func_wrap(item, |_: Guest<'_>, (_, _): (Input, u64)| {
                Ok((Err::<Vec<u8>, _>(StreamError::Closed),))
            })?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// What is ready is ready at once; for the rest nobody waits.
fn poll(to: &mut LinkerInstance<'_, Host>, item: &str) -> wasmtime::Result<bool> {
    fn is_ready(pollable: &Resource<Pollable>) -> bool {
        pollable.rep() == READY
    }
    match item {
        "[method]pollable.ready" => {
            to.func_wrap(item, |_: Guest<'_>, (one,): (Resource<Pollable>,)| Ok((is_ready(&one),)))?
        }
        "[method]pollable.block" => {
            to.func_wrap(item, |_: Guest<'_>, (one,): (Resource<Pollable>,)| {
                match is_ready(&one) {
                    true => Ok(()),
                    false => Err(Stop::Waited.into()),
                }
            })?
        }
        "poll" => to.func_wrap(item, |_: Guest<'_>, (all,): (Vec<Resource<Pollable>>,)| {
            let ready: Vec<u32> = (0u32..)
                .zip(&all)
                .filter(|(_, one)| is_ready(one))
                .map(|(place, _)| place)
                .collect();
            match ready.is_empty() {
                true => Err(Stop::Waited.into()),
                false => Ok((ready,)),
            }
        })?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn pollable(later: bool) -> Resource<Pollable> {
    Resource::new_own(if later { LATER } else { READY })
}
