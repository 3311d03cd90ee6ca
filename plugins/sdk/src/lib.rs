//! skeleton
pub mod bindings;
pub mod flow;
pub mod reads;
pub use bindings::strowger::flow::types;
pub use flow::Flow;
#[doc(hidden)]
pub mod export;
