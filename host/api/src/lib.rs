//! The API of a running host: what can be asked of it, and how that travels over HTTP.
//!
//! All of it is one trait, [`Host`]. The running host implements it, and a [router](fn@router)
//! serves it. A [`Client`] implements it too, by asking such a router. So whoever is written against
//! the trait works in the host's own process and in another one.
//!
//! # Layout
//! * [`v1`]: the types that travel, and their JSON Schemas.
//! * [`host`]: the trait.
//! * [`error`]: why something was not done.
//! * [`mod@router`]: a host, served over HTTP; `asked`: what a request asks of it; [`access`]: who may.
//! * [`client`]: a host, reached over HTTP; `reach`: how it is connected.
//!
//! **Architecture invariant:** this crate knows of Strowger only the names, ids and instants of
//! `host/model`. The types of `v1` are not those of the host's inside: whoever implements the trait
//! converts. The inside may change; within `v1`, what is published may only be added to.

pub mod access;
mod asked;
pub mod client;
pub mod error;
pub mod host;
mod reach;
pub mod router;
pub mod v1;

pub use access::Asker;
pub use client::Client;
pub use error::{Error, Kind};
pub use host::{Host, Lines};
pub use router::router;
