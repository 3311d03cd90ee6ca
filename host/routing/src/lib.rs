//! Queues and agents as a state machine without I/O.

pub mod config;
mod floor;
pub mod port;

pub use config::{AgentConfig, EndpointConfig, QueueConfig, RingEndpoints, Strategy};
pub use floor::Floor;
pub use port::{AttemptId, EntryId, FloorAction, Input, Output, RefusedInput};
