//! A PBX whose adapter is a process of its own, in any language: it connects to the host and speaks
//! JSON over a WebSocket.
//!
//! # Layout
//! * [`protocol`]: the messages, and their JSON Schemas.
//! * `host`: the host's side, [`Remote`], a [`Pbx`](strowger_pbx::port::Pbx).
//! * `adapter`: the adapter's side, [`Adapter`], in Rust, for any [`Provider`]; the sim is one.
//! * `ground`: [`RemoteGround`], the scenarios of all adapters, played on one that has connected.
//! * `link`: one direction of a session, without I/O; `list`: what is alive, in one message or
//!   several; `socket`: the WebSocket; `token`: who is let in.
//!
//! # How it works
//! The adapter connects and says `hello`, the host says `welcome`, the adapter `synced`. From then
//! on events and commands are numbered, kept until they are acknowledged, and sent again after the
//! connection was lost, as long as both processes live: then nothing is lost. What comes twice is
//! dropped; what is missing closes the connection, so that it is sent again. When one of the two is
//! a new process, or one had to forget something because it could keep no more, a new session
//! begins, and the PBX is the truth.

mod adapter;
mod ground;
mod host;
mod link;
mod list;
pub mod protocol;
mod socket;
mod token;

pub use adapter::{Adapter, Provider};
pub use ground::RemoteGround;
pub use host::{Remote, RemoteConfig, RemoteLimits};
pub use socket::Beat;
pub use token::Token;
