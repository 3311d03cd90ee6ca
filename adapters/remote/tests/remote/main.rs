//! Host and adapter in one process, on a real socket; and an adapter by hand, who does what a
//! well-behaved one does not.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod by_hand;
mod pair;
mod words;
