//! Queues and agents as a state machine without I/O: who rings for whom, and who is connected to
//! whom.
//!
//! A [`Floor`] is told what happened ([`Input`]) and when, and says what is to be done
//! ([`Output`]). It has no clock, no socket, no task and no chance: the same inputs at the same
//! times give the same outputs.
//!
//! # Layout
//! * [`config`]: what the site says of queues and agents.
//! * [`port`]: inputs, outputs and the identifiers in them.
//! * `floor`: the [`Floor`].
//! * `pool`: the agents of a queue, or one agent asked for by name, and who waits for them.
//! * `line`: waiting entries in order.
//! * `agent`, `entry`: what is known of one of them.
//! * `ix`: which of them.
//!
//! # Who rings for whom
//! * An entry asks for one or more queues and single agents; widening adds more. Each asked queue
//!   rings by its own strategy: all its free agents, or one at a time. A single agent is a queue of
//!   one, whose phones ring for 30 s where the endpoint says nothing else, without a cap or
//!   wrap-up.
//! * An agent who becomes free goes to the first of all entries that want one: the highest
//!   priority, then the one that has waited longest. With ring-all the first caller wants every
//!   agent; the next caller's turn comes when the first is connected or gone.
//! * Phones ring for the line, not for one caller: when that one is connected or gone, each agent
//!   whose phones ring counts as free, and goes to the first of all entries that want one, as any
//!   free agent does. The phones ring on for that entry, for the rest of their ring time.
//! * Of the free agents a strategy takes first whom the entry tried least: all are tried before one
//!   is tried again. Who did not answer, or was gone at once ([`Input::Fumbled`]), is left
//!   alone for [`QueueConfig::retry_after`] by the queues that the entry asked for, whoever waits in
//!   them. Whose phone rang out is taken after all others for two minutes, and after
//!   [`QueueConfig::pause_after`] of them in a row is paused ([`Output::Paused`]).
//! * An agent is free as long as a phone can be rung and none is in another call
//!   ([`EndpointConfig::state`]); with [`QueueConfig::ring_busy`], such a call does not matter. Of
//!   several phones those are rung that are not away.
//! * An agent is reserved for one entry at a time, and has one conversation. Who is dialled past
//!   the queues is reserved too ([`Input::Engage`]).
//!
//! # The life of an attempt
//! | it is | then | it becomes | the floor says |
//! |---|---|---|---|
//! | – | an agent is taken for an entry | ringing | [`Output::Ring`] |
//! | ringing | [`Input::Answered`] | connected; the floor forgets it | [`Output::Connected`], and [`Output::Cancel`] of the agent's other phones |
//! | ringing | its entry is connected or left, and another wants the agent | ringing, for that one | [`Output::Passed`], then [`Output::RingsOn`] |
//! | ringing | [`Input::Unanswered`] | gone | [`Output::Ring`] of the next endpoint or agent, if there is one |
//! | ringing | its ring time is over; its entry is connected or left, and nobody else wants the agent, or the agent is in a conversation; the agent logged out, paused or declined on another phone | cancelled | [`Output::Cancel`] |
//! | connected | [`Input::Fumbled`] | it was none: the caller waits on, the agent is left alone | [`Output::Ring`] of others |
//! | cancelled | [`Input::Answered`] | cancelled | – (the leg is being hung up) |
//! | cancelled | [`Input::Unanswered`]; or 10 s have passed, should that be lost | gone; with its last one the agent is free | – |
//!
//! So every attempt gets exactly one of `Connected`, `Cancel` or a report without an answer, and a
//! phone is quiet before it is rung again.
//!
//! # Who cannot wait
//! * `full`: every queue asked for has its cap of waiting callers and nobody free. Only on entering
//!   (V5).
//! * `nobody-logged-in`: nobody is logged in to any queue asked for, and none of them lets callers
//!   wait for that. On entering and later (V4).
//! * `nobody-reachable`: each agent who is logged in to a queue asked for could be reached on no
//!   endpoint at the last try, and those tries were made since the entry entered; or has only phones
//!   of which the PBX says that they cannot be reached ([`Input::Phone`]). By what the PBX says also
//!   on entering.
//!
//! # When the host was away
//! [`Input::Restore`] puts the floor back from what its host kept or finds at the PBX: entries with
//! what they asked, since when they wait and what they were doing, and [how agents
//! stood](Floor::standing). Places in line, conversations, log-ins, pauses and wrap-ups are as they
//! were; a phone rings on for the rest of its time. Forgotten is what came of callers that day, how
//! long conversations took, whom an entry tried in vain, who is left alone for that, whose phone rang out, and whose turn
//! a round robin has reached.
//!
//! **Architecture invariant:** between two inputs no queue has both a free agent and an entry that
//! wants one.

mod agent;
pub mod config;
mod entry;
mod floor;
mod ix;
mod line;
mod pool;
pub mod port;
#[cfg(test)]
mod tests;

pub use config::{AgentConfig, EndpointConfig, QueueConfig, RingEndpoints, Strategy};
pub use floor::Floor;
pub use port::{
    AttemptId, Doing, EntryId, FloorAction, Input, Output, Quieting, RefusedInput, Restored, Rung,
    Standing,
};
