//! What is deleted in one transaction: a batch that is small enough for no call to wait long.

use std::{collections::BTreeSet, ops::AddAssign};
use strowger_model::{CallId, FlowVersion, Timestamp, number::Notations};

/// One batch. Time counts from the arrival of a call, the order of a mail, the opening of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remove {
    /// Some steps from before, of calls that are over.
    Steps {
        /// That moment.
        before: Timestamp,
    },
    /// The caller's number, the contact of a campaign with the number that was dialled, and the
    /// notes, from some records from before; those that are closed later get none.
    Callers {
        /// That moment.
        before: Timestamp,
    },
    /// What some mail said that was sent.
    Sent,
    /// What some papers from before say: mail that does not wait any more, and whom it went to;
    /// cases that are closed. And who some people on lists were whose campaign ended before.
    Contents {
        /// That moment.
        before: Timestamp,
    },
    /// Some papers from before: mail that does not wait any more, cases that are closed.
    Papers {
        /// That moment.
        before: Timestamp,
    },
    /// Some records from before, and some campaigns that ended before.
    Records {
        /// That moment.
        before: Timestamp,
    },
    /// Versions of flows that no open call is on, and whose calls are all from before.
    Versions {
        /// That moment.
        before: Timestamp,
        /// But not these.
        keep: BTreeSet<FlowVersion>,
    },
    /// What papers say that say this number. Mail that waits is sent without the number. Who people
    /// on lists are who have the number. On the do-not-call list, its hash stays.
    Saying(Notations),
    /// What is personal in anything that belongs to these calls; mail that waits stays as it is.
    Calls(Vec<CallId>),
}

impl Remove {
    /// Rows that one batch deletes or changes, at most.
    pub const BATCH: u32 = 2_000;

    /// Calls of one batch, at most.
    pub const CALLS: usize = 50;

    /// Whether one batch is all.
    pub fn is_whole(&self) -> bool {
        matches!(self, Self::Calls(_))
    }
}

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Steps.
    pub steps: u64,
    /// Records.
    pub records: u64,
    /// Records that lost the caller's number and the notes.
    pub made_anonymous: u64,
    /// Versions of flows.
    pub versions: u64,
    /// Mail, or its content.
    pub mails: u64,
    /// Cases, or what they were about.
    pub cases: u64,
    /// People on the lists of campaigns, or who they were; and numbers of the do-not-call list.
    pub contacts: u64,
}

impl AddAssign for Removed {
    fn add_assign(&mut self, more: Self) {
        self.steps += more.steps;
        self.records += more.records;
        self.made_anonymous += more.made_anonymous;
        self.versions += more.versions;
        self.mails += more.mails;
        self.cases += more.cases;
        self.contacts += more.contacts;
    }
}
