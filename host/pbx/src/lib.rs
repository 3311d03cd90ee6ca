//! The provider port: how PBX adapters bring calls to the host and carry out its commands.
//!
//! # Layout
//! * [`port`]: a trait, with its commands and events.
//! * [`bounds`]: how much of what comes from outside is taken.
//!
//! Everything of a PBX is behind it. Each adapter is a crate of its own, in `adapters/`:
//! * `adapters/conformance`: what every adapter must tell, as scenarios.
//! * `adapters/sim`: a PBX in process, with callers and phones, in real or virtual time.
//! * `adapters/remote`: a PBX whose adapter is a process of its own, in any language.
//! * `adapters/asterisk`: Asterisk 20 and later over ARI.
//!
//! **Architecture invariant:** an adapter knows nothing of flows, queues or agents. It turns
//! provider messages into [`port::PbxEvent`]s and [`port::PbxCommand`]s into provider requests, and
//! can list what is alive at the provider.

pub mod bounds;
pub mod port;
