//! What can be asked of a running host.

use crate::{Error, v1};
use futures_util::stream::BoxStream;
use strowger_model::{AgentName, CallId, CampaignName, FlowName};

/// Lines of text, without their ends, as they come.
pub type Lines = BoxStream<'static, Result<String, Error>>;

/// A running host. Every method may fail with [`Kind::Internal`](crate::Kind::Internal), and with
/// [`Kind::Unreachable`](crate::Kind::Unreachable) if the host is in another process; other errors
/// are named where they can come.
pub trait Host: Send + Sync + 'static {
    /// How the host is, as a whole.
    fn status(&self) -> impl Future<Output = Result<v1::Status, Error>> + Send;

    /// Every flow: its versions, the calls on each, what is wrong with its files.
    fn flows(&self) -> impl Future<Output = Result<Vec<v1::Flow>, Error>> + Send;

    /// Gives new calls the previous version of a flow, until the flow's files change. A second time
    /// undoes the first.
    ///
    /// # Errors
    /// Conflict: there is no such flow, it has no previous version, or that version does not go
    /// with the rest as it is now.
    fn rollback(
        &self,
        flow: &FlowName,
    ) -> impl Future<Output = Result<v1::RolledBack, Error>> + Send;

    /// Takes a flow as its files say although its scenarios fail, as long as the files stay as they
    /// are.
    ///
    /// # Errors
    /// Conflict: there is no such flow, its files have mistakes, or it serves what they say.
    fn accept(
        &self,
        flow: &FlowName,
        accept: v1::Accept,
    ) -> impl Future<Output = Result<v1::Accepted, Error>> + Send;

    /// Every queue: who waits, who is there, what came of callers today.
    fn queues(&self) -> impl Future<Output = Result<Vec<v1::Queue>, Error>> + Send;

    /// Every agent: what each is doing, since when, where.
    fn agents(&self) -> impl Future<Output = Result<Vec<v1::Agent>, Error>> + Send;

    /// Does something for an agent, by name or extension.
    ///
    /// # Errors
    /// Not found: there is no such agent or queue. Conflict: the agent is not logged in. Bad request:
    /// `at` is not a phone.
    fn agent(
        &self,
        agent: &AgentName,
        what: v1::AgentDo,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Every switch of the site, in the order of their labels.
    fn switches(&self) -> impl Future<Output = Result<Vec<v1::Switch>, Error>> + Send;

    /// Turns a switch, by its name or code. Calls that have read it are told.
    ///
    /// # Errors
    /// `NotFound`: there is no such switch. `BadRequest`: it has no such position, it would go back at
    /// once, or who turns it or why is too long a text.
    fn turn_switch(
        &self,
        switch: &str,
        turn: v1::TurnSwitch,
    ) -> impl Future<Output = Result<v1::SwitchTurn, Error>> + Send;

    /// Turns of switches, the newest first.
    ///
    /// # Errors
    /// `NotFound`: there is no such switch, and was none that was ever turned. `Internal`: the journal cannot be read.
    fn switch_turns(
        &self,
        which: v1::WhichTurns,
    ) -> impl Future<Output = Result<Vec<v1::SwitchTurn>, Error>> + Send;

    /// Every campaign that is known, in the order in which they were opened.
    fn campaigns(&self) -> impl Future<Output = Result<Vec<v1::Campaign>, Error>> + Send;

    /// Opens a campaign, and returns it. Its list is checked whole.
    ///
    /// # Errors
    /// Not found: the site has no such template. Conflict: there is a campaign of this name. Bad
    /// request: something is wrong with the list (the message says in which lines), or there is
    /// nobody to call.
    fn open_campaign(
        &self,
        open: v1::OpenCampaign,
    ) -> impl Future<Output = Result<v1::Campaign, Error>> + Send;

    /// A campaign.
    ///
    /// # Errors
    /// Not found: there is none of this name.
    fn campaign(
        &self,
        campaign: &CampaignName,
    ) -> impl Future<Output = Result<v1::Campaign, Error>> + Send;

    /// The people on the list of a campaign, in its order, and what came of each.
    ///
    /// # Errors
    /// Not found: there is no such campaign.
    fn campaign_contacts(
        &self,
        campaign: &CampaignName,
    ) -> impl Future<Output = Result<Vec<v1::CampaignContact>, Error>> + Send;

    /// Does something with a campaign, and returns it.
    ///
    /// # Errors
    /// Not found: there is no such campaign or contact. Conflict: it has ended, or the contact has
    /// not accepted.
    fn direct_campaign(
        &self,
        campaign: &CampaignName,
        what: v1::CampaignDo,
    ) -> impl Future<Output = Result<v1::Campaign, Error>> + Send;

    /// Figures of the campaigns that say a department.
    fn shifts(
        &self,
        which: v1::WhichShifts,
    ) -> impl Future<Output = Result<v1::Shifts, Error>> + Send;

    /// The do-not-call list, in the order in which numbers were put on it.
    fn do_not_call(&self) -> impl Future<Output = Result<Vec<v1::DoNotCall>, Error>> + Send;

    /// Puts a number on the do-not-call list, or takes it off.
    ///
    /// # Errors
    /// Bad request: it is not a telephone number. Not found: it is not on the list.
    fn never_call(&self, never: v1::NeverCall) -> impl Future<Output = Result<(), Error>> + Send;

    /// Puts numbers on the do-not-call list, all of them or none.
    ///
    /// # Errors
    /// Bad request: something is wrong with the list. The message says in which lines.
    fn import_numbers(
        &self,
        import: v1::ImportNumbers,
    ) -> impl Future<Output = Result<v1::Imported, Error>> + Send;

    /// Personal data was erased from the journal beside the host: the host forgets it, too, as far as
    /// no call in progress needs it.
    ///
    /// # Errors
    /// `Internal`: the journal cannot be read.
    fn forget_erased(&self) -> impl Future<Output = Result<(), Error>> + Send;

    /// What must be prepared for an emergency, and how it is.
    fn checklist(&self) -> impl Future<Output = Result<Vec<v1::Check>, Error>> + Send;

    /// The calls that are up, the oldest first.
    fn calls(&self) -> impl Future<Output = Result<Vec<v1::Call>, Error>> + Send;

    /// Brings a call in. The lines say what happens in it, until it is over; they end after an hour
    /// without a line too. They are for people, and their words may change. A last line that begins
    /// with `error: ` says why no more can be seen.
    ///
    /// # Errors
    /// Not found: no flow serves the number. Conflict: `via` is missing or not for this PBX, or the
    /// call has not come to a flow.
    fn call(&self, new: v1::NewCall) -> impl Future<Output = Result<Lines, Error>> + Send;

    /// Takes a caller out of the queues: to the flow it is as if nobody could be reached.
    ///
    /// # Errors
    /// Not found: the call is not up. Conflict: its caller does not wait.
    fn take_out(&self, call: CallId) -> impl Future<Output = Result<(), Error>> + Send;

    /// Sends a caller on to somebody else; the call is over with that.
    ///
    /// # Errors
    /// Not found: the call is not up. Conflict: its caller has gone. Bad request: that is nobody
    /// whom one can call.
    fn send_on(
        &self,
        call: CallId,
        to: v1::SendOn,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Cases, in the order in which they were opened.
    fn cases(
        &self,
        which: v1::WhichCases,
    ) -> impl Future<Output = Result<Vec<v1::Case>, Error>> + Send;

    /// Notes a new case, and returns it with its id and the time when it is due.
    ///
    /// # Errors
    /// Not found: there is no such flow. Bad request: the site has no such kind of case.
    fn add_case(&self, new: v1::NewCase) -> impl Future<Output = Result<v1::Case, Error>> + Send;

    /// Notes more of an open case. A field that it has gets the new value.
    ///
    /// # Errors
    /// Not found: there is no such case. Conflict: it is closed.
    fn note_case(
        &self,
        case: &str,
        more: v1::Notes,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Closes a case.
    ///
    /// # Errors
    /// Not found: there is no such case. Conflict: it is closed already, or its kind has no such
    /// outcome.
    fn close_case(
        &self,
        case: &str,
        end: v1::CaseEnd,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Notes more on the record of a call that is over, such as a wrap-up code. A note that it has
    /// gets the new value.
    ///
    /// # Errors
    /// Not found: there is no such record. Conflict: its personal data was erased.
    fn note_record(
        &self,
        call: CallId,
        more: v1::Notes,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Everybody who may log in, by name.
    fn users(&self) -> impl Future<Output = Result<Vec<v1::User>, Error>> + Send;

    /// Adds a user.
    ///
    /// # Errors
    /// Conflict: there is one of this name. Bad request: the name or the password is not good.
    fn add_user(&self, new: v1::NewUser) -> impl Future<Output = Result<v1::User, Error>> + Send;

    /// Does something with a user.
    ///
    /// # Errors
    /// Not found: there is none of this name. Bad request: the password is not good.
    fn change_user(
        &self,
        user: &str,
        what: v1::UserDo,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// The tokens of programs that have not expired, the oldest first.
    fn tokens(&self) -> impl Future<Output = Result<Vec<v1::Token>, Error>> + Send;

    /// Makes a token. Its secret is told only this once.
    ///
    /// # Errors
    /// Bad request: the label or the number of days is not good.
    fn issue_token(
        &self,
        new: v1::NewToken,
    ) -> impl Future<Output = Result<v1::IssuedToken, Error>> + Send;

    /// A token or a session is good for nothing from now on.
    ///
    /// # Errors
    /// Not found: there is none of this id.
    fn revoke_token(&self, token: &str) -> impl Future<Output = Result<(), Error>> + Send;

    /// Begins a session, if the password is that of the user. Takes some 20 ms, on purpose.
    ///
    /// # Errors
    /// Not known: there is no such user, or it is not the password.
    fn log_in(&self, log_in: v1::LogIn) -> impl Future<Output = Result<v1::Session, Error>> + Send;

    /// Who shows the secret of a token or of a session.
    ///
    /// # Errors
    /// Not known: it is no secret, it has expired, or it was revoked.
    fn who(&self, shown: v1::Secret) -> impl Future<Output = Result<v1::Who, Error>> + Send;
}
