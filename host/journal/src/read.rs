//! What was kept, read back. Beside a host that writes, in its process or in another.

use crate::{
    account::{KeptToken, KeptUser},
    campaign::{KeptCampaign, KeptContact},
    codec::{CodecError, decode_step},
    entry::Clocks,
    error::Failure,
};
use strowger_model::{
    AgentName, AgentStanding, CallId, CallRecord, CampaignName, Case, FlowName, FlowVersion, Mail,
    StepRecord, Timestamp, VersionFiles,
    archive::{Decision, InForce},
    campaign::NeverCalled,
    mail::MailTry,
    number::Notations,
    switch::{SwitchState, SwitchTurn},
};

/// Reads a journal. What is committed can be read at once. Every method blocks its thread.
///
/// # Errors
/// Each method: the database says no, or something in it is not as it should be.
pub trait Read: Send + Sync {
    /// Calls that are not over, in the order in which they came in.
    fn open_calls(&self) -> Result<Vec<OpenCall>, ReadError>;

    /// How agents stand, by name.
    fn agents(&self) -> Result<Vec<(AgentName, AgentStanding)>, ReadError>;

    /// How the clocks read when they were kept last; none: they never were.
    fn clocks(&self) -> Result<Option<Clocks>, ReadError>;

    /// The steps of a call that were journalled and are not yet deleted, in order.
    fn step_bodies(&self, call: CallId) -> Result<Vec<StepBody>, ReadError>;

    /// The same steps as they happened.
    fn steps(&self, call: CallId) -> Result<Vec<NumberedStep>, ReadError> {
        let step = |(number, body): StepBody| match decode_step(&body) {
            Ok(step) => Ok(NumberedStep { number, step }),
            Err(error) => Err(ReadError::Step { call, number, error }),
        };
        self.step_bodies(call)?.into_iter().map(step).collect()
    }

    /// What a version was made of.
    fn version(&self, on: &FlowVersion) -> Result<Option<VersionFiles>, ReadError>;

    /// What served new calls when it was kept last; none: it never was.
    fn in_force(&self) -> Result<Option<InForce>, ReadError>;

    /// What was decided about versions, in this order.
    fn decisions(&self) -> Result<Vec<Decision>, ReadError>;

    /// How every switch stands that was ever turned, by name.
    ///
    /// # Errors
    /// The database cannot be read.
    fn switches(&self) -> Result<Vec<SwitchState>, ReadError>;

    /// Turns of switches, the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    fn switch_turns(&self, query: &TurnQuery) -> Result<Vec<SwitchTurn>, ReadError>;

    /// The campaigns that are kept, in the order in which they were opened.
    fn campaigns(&self) -> Result<Vec<KeptCampaign>, ReadError>;

    /// The same; those that ended before have an empty list.
    ///
    /// # Errors
    /// The database cannot be read.
    fn campaigns_with_lists_since(&self, ended: Timestamp) -> Result<Vec<KeptCampaign>, ReadError>;

    /// The people on the list of a campaign, in its order; nobody: there is no such campaign.
    ///
    /// # Errors
    /// The database cannot be read.
    fn campaign_list(&self, campaign: &CampaignName) -> Result<Vec<KeptContact>, ReadError>;

    /// The do-not-call list, in the order in which numbers were put on it.
    fn do_not_call(&self) -> Result<Vec<NeverCalled>, ReadError>;

    /// What numbers are hashed with: made with the journal, at random, and never changed.
    fn salt(&self) -> Result<[u8; 16], ReadError>;

    /// Who may log in, by name.
    fn users(&self) -> Result<Vec<KeptUser>, ReadError>;

    /// Tokens and sessions, in the order in which they were made.
    fn tokens(&self) -> Result<Vec<KeptToken>, ReadError>;

    /// Records, in the order in which the calls came in.
    fn records(&self, query: &Query) -> Result<Vec<CallRecord>, ReadError>;

    /// The record of a call that is over.
    fn record(&self, call: CallId) -> Result<Option<CallRecord>, ReadError>;

    /// Calls that are over and have something to do with a number: their caller has it, a campaign
    /// dialled it, or their notes or steps say it. Looks through all of them.
    fn calls_about(&self, number: &Notations) -> Result<Vec<CallId>, ReadError>;

    /// Cases, in the order in which they were opened.
    fn cases(&self, query: &CaseQuery) -> Result<Vec<Case>, ReadError>;

    /// Mail that is to be tried now, the longest due first.
    fn mail_due(&self, now: Timestamp, at_most: u32) -> Result<Vec<Posted>, ReadError>;

    /// When the next mail is to be tried; none: there is none.
    fn next_mail(&self) -> Result<Option<Timestamp>, ReadError>;

    /// Mail ordered since, in that order.
    fn mails(&self, since: Option<Timestamp>) -> Result<Vec<Posted>, ReadError>;
}

/// Why something cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The database says no.
    #[error("the journal cannot be read: {0}")]
    Database(#[source] Failure),
    /// A step is not as it should be.
    #[error("step {number} of call {call}: {error}")]
    Step {
        /// The call.
        call: CallId,
        /// Of the step.
        number: u32,
        /// What is wrong.
        error: CodecError,
    },
}

/// A call that was not over when the journal was last written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCall {
    /// The call.
    pub call: CallId,
    /// The version that it was on.
    pub on: FlowVersion,
    /// As [`crate::Change::Call`] had it.
    pub image: Box<[u8]>,
    /// Steps of it are missing.
    pub unjournalled: bool,
}

/// The number of a step, and its bytes as [`crate::Change::Step`] had them.
pub type StepBody = (u32, Box<[u8]>);

/// A step with its number.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberedStep {
    /// From 0 on; one that is missing was never journalled.
    pub number: u32,
    /// What happened.
    pub step: StepRecord,
}

/// Which records. What is not given does not matter.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Arrived then or later.
    pub since: Option<Timestamp>,
    /// Arrived before.
    pub until: Option<Timestamp>,
    /// The flow that had the call last.
    pub flow: Option<FlowName>,
    /// The number that the caller claimed.
    pub caller: Option<String>,
    /// The latest so many.
    pub limit: Option<u32>,
}

/// Which turns of switches.
#[derive(Clone, Debug, Default)]
pub struct TurnQuery {
    /// Of this switch; none: of all.
    pub name: Option<String>,
    /// So many, at most.
    pub limit: Option<u32>,
}

/// Which cases.
#[derive(Clone, Copy, Debug, Default)]
pub struct CaseQuery {
    /// Opened then or later.
    pub since: Option<Timestamp>,
    /// Opened before.
    pub until: Option<Timestamp>,
    /// Those that are not closed.
    pub open: bool,
}

/// A mail, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// What goes out. Of a mail that was sent, the content is deleted.
    pub mail: Mail,
    /// How often it was tried, and what came of it; `at` is when it was tried last, or ordered.
    pub last: MailTry,
}
