//! What is handed to the journal.

use crate::{account::AccountChange, campaign::CampaignChange};
use std::{sync::Arc, time::Duration};
use strowger_model::{
    AgentName, AgentStanding, CallId, CallRecord, Case, FlowVersion, Mail, Timestamp, VersionFiles,
    archive::{Decision, InForce},
    mail::MailTry,
    switch::Turned,
};

/// Called once what it belongs to may leave. It runs on a thread of the journal, or of a later
/// submitter: it must be quick.
pub type Release = Box<dyn FnOnce() + Send>;

/// Changes that are committed together, and what waits for them.
pub struct Entry {
    /// Committed all or none, in order.
    pub changes: Vec<Change>,
    /// Called exactly once, in the order of submission: when the changes are committed, or when
    /// nothing can be.
    pub release: Option<Release>,
}

/// Something to be kept.
#[derive(Debug)]
pub enum Change {
    /// A call took a step.
    Step {
        /// The call.
        call: CallId,
        /// From 0 on.
        number: u32,
        /// [`crate::encode_step`].
        body: Box<[u8]>,
    },
    /// A call as it stands: what it is resumed from.
    Call {
        /// The call.
        call: CallId,
        /// The version that it is on.
        on: FlowVersion,
        /// In the words of whoever resumes it; see [`crate::encode`].
        image: Box<[u8]>,
    },
    /// A call is over: its record takes the place of its image.
    Closed(Box<CallRecord>),
    /// How an agent stands.
    Agent {
        /// Who.
        agent: AgentName,
        /// How.
        standing: AgentStanding,
    },
    /// A version that serves calls from now on. Kept once, however often it is handed in.
    Version(Arc<VersionFiles>),
    /// A mail to be sent. Kept once, however often it is handed in.
    Mail(Box<Mail>),
    /// A mail was tried.
    MailTry(Box<MailTry>),
    /// Something to be answered. Kept once, however often it is handed in.
    Case(Box<Case>),
    /// What serves new calls from now on; takes the place of what was kept before. Its versions are
    /// handed in, too.
    InForce(Box<InForce>),
    /// Which version serves was decided.
    Decision(Box<Decision>),
    /// How the clocks read; takes the place of what was kept before.
    Clocks(Clocks),
    /// Something of a campaign, or of the do-not-call list.
    Campaign(Box<CampaignChange>),
    /// A switch was turned: how it stands, and who did it.
    Switch(Box<Turned>),
    /// Something of users and tokens.
    Account(Box<AccountChange>),
    /// A switch has another name: how it stands, and its turns, are that one's. What was kept of how
    /// a switch of that name stood is replaced.
    SwitchRenamed {
        /// The name before.
        was: String,
        /// The name now.
        name: String,
    },
}

impl Change {
    /// What it is, in a word, for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Step { .. } => "step",
            Self::Call { .. } => "call",
            Self::Closed(_) => "record",
            Self::Agent { .. } => "agent",
            Self::Version(_) => "version",
            Self::Mail(_) => "mail",
            Self::MailTry(_) => "mail-try",
            Self::Case(_) => "case",
            Self::InForce(_) => "in-force",
            Self::Decision(_) => "decision",
            Self::Clocks(_) => "clocks",
            Self::Campaign(_) => "campaign",
            Self::Account(_) => "account",
            Self::Switch(_) => "switch",
            Self::SwitchRenamed { .. } => "switch-renamed",
        }
    }

    /// People on lists in it.
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Campaign(change) => match &**change {
                CampaignChange::Listed { people, .. } => people.len(),
                _ => 0,
            },
            _ => 0,
        }
    }
}

/// How the clocks of the host read at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// Monotonic time: it never jumped, and goes on with the next host.
    pub elapsed: Duration,
    /// The wall clock, which somebody may have set.
    pub wall: Timestamp,
    /// No later than the wall clock, and no later than can be true by the clocks of before: what
    /// may be deleted is counted from here.
    pub trusted: Timestamp,
}
