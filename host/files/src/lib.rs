//! TOML files that people write: where everything in them is, and what is wrong with it.
//!
//! # Layout
//! * [`source`]: a file and the place of everything in it.
//! * [`schema`]: what is wrong with a file by its JSON Schema; `weigh`: how much work a schema makes.
//! * [`problem`]: a message about a file, like a compiler's.

pub mod problem;
pub mod schema;
pub mod source;
mod weigh;
