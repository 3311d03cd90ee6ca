//! Runs plugins: wasmtime, its compile cache, instances and their limits, and the imports of the
//! contract.
//!
//! # Layout
//! * [`engine`]: the one wasmtime engine of the program, its clock tick, and loading.
//! * `shape`: what kind of file it is that claims to be a plugin.
//! * `cache`: compiled plugins on disk.
//! * [`plugin`]: a plugin that was compiled, checked and asked what it is.
//! * [`flow`]: a plugin with settings: a pool of instances that serve steps.
//! * `instance`: one instance in its store: one step after another, until it is worn or has
//!   faulted.
//! * `host`: what an instance can reach: the step's reads, its bounds, its captured output.
//! * `wasi`: the few system calls that tool chains take for granted, without a system behind them.
//! * `contract`: the versions of the contract, each with its mapping to the model.
//! * `words`: what a guest says, made fit for logs.
//! * `stop`: why a host function ends a guest; `failure`: what an error of wasmtime means.
//! * [`limits`], [`fault`], [`refused`]: how far a plugin may go, what it did wrong, why a file is
//!   not served.
//!
//! # Life of an instance
//! It is made and configured by [`flow::Flow`], serves one step at a time, and ends with the first
//! fault, after a fixed number of steps, or when its memory has grown much. An instance that
//! trapped is never used again.
//!
//! **Architecture invariants:** nothing here reads a clock but the CPU time of the thread, to end
//! an endless loop; nothing here waits; a guest reaches no file, no network and no environment, for
//! wasmtime-wasi is not linked.

mod cache;
mod contract;
pub mod engine;
mod failure;
pub mod fault;
pub mod flow;
mod host;
mod instance;
pub mod limits;
pub mod plugin;
pub mod refused;
mod shape;
mod stop;
mod wasi;
mod words;

pub use contract::Version as ContractVersion;
pub use engine::{Engine, EngineError};
pub use fault::{Fault, FaultKind};
pub use flow::{Flow, Step};
pub use limits::Limits;
pub use plugin::{Manifest, Plugin};
pub use refused::LoadError;
