//! Version 1 of the API: how it looks on the wire, and that a client and a router understand each
//! other.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod asked;
mod campaigns;
mod client;
mod fuzz;
mod small;
mod wire;
