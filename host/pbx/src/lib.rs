//! PBX adapters: they bring calls to the host and carry out its commands.
//!
//! # Layout
//! * [`port`]: the provider port, a trait, with its commands and events. Everything else here is
//!   behind it.
//! * [`conformance`]: what every adapter must tell, as scenarios.
//! * [`prompts`]: texts spoken into cached WAV files, recordings, and how long each lasts.
//! * [`sim`]: a PBX in process, with callers and phones, in real or virtual time.
//! * [`remote`]: a PBX whose adapter is a process of its own, in any language.
//! * [`asterisk`]: Asterisk 20 and later over ARI.
//!
//! **Architecture invariant:** an adapter knows nothing of flows, queues or agents. It turns
//! provider messages into [`port::PbxEvent`]s and [`port::PbxCommand`]s into provider requests, and
//! can list what is alive at the provider.

pub mod asterisk;
pub mod conformance;
pub mod port;
pub mod prompts;
pub mod remote;
pub mod sim;
