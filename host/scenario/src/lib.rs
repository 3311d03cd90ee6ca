//! Scenarios.
mod file;
mod judge;
mod load;
mod term;
mod timeline;
pub use load::Scenario;
pub use timeline::*;
pub use judge::Failure;
