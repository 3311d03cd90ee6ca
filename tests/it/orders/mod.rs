//! What a flow can order of legs, each carried out by the whole host on the sim: who hears whom
//! when, what the flow is told, what is recorded. The flow is the plugboard, whose settings say
//! what it orders at each event.

mod connection;
mod conversations;
mod dials;
mod fumbles;
pub(crate) mod stage;
mod watches;
