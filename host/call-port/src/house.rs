//! What a call asks of the host while it deals with an input. Everything is answered at once.

use crate::Observed;
use std::{sync::Arc, time::Duration};
use strowger_model::{
    AgentName, CallId, Event, FlowName, PhoneNumber, QueueName, Timestamp,
    command::{AgentAction, ContactOf, Disposition, OpenCampaign, SetSwitch, Target},
    event::Refusal,
    read::Authority,
    step::Ordered,
};
use strowger_pbx::port::{LegId, PbxEvent};
use strowger_routing::{AttemptId, EntryId, Input, Output, RefusedInput};
use strowger_site::{Agent, Endpoint, Pin, Site, Terms};

/// The time of an input.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// The wall clock: for people and records.
    pub wall: Timestamp,
    /// Monotonic time: for whatever is due.
    pub elapsed: Duration,
}

/// A step that the flow is to take.
pub struct Ask<'a> {
    /// Steps of this call before it.
    pub number: u32,
    /// It is the first on its version of the flow.
    pub first: bool,
    /// What the flow left last time.
    pub state: &'a [u8],
    /// What it is told.
    pub event: Event,
    /// The endpoint of the caller that the PBX has authenticated.
    pub endpoint: Option<&'a str>,
    /// When.
    pub at: Timestamp,
}

/// What came of a step.
#[derive(Default)]
pub struct Stepped {
    /// What the flow keeps; none: the step failed, and the state is the one before.
    pub state: Option<Box<[u8]>>,
    /// What it orders.
    pub orders: Vec<Ordered>,
    /// How often the step failed, also if a further try succeeded.
    pub faults: u32,
    /// Why there is no state.
    pub failed: Option<String>,
    /// Switches that it read, and where they stood. The call is told when they are turned.
    pub switches: Vec<(String, String)>,
}

/// A flow cannot take a call over.
pub enum NoFlow {
    /// There is none of that name.
    Unknown,
    /// It has as many calls as it may have.
    Full,
}

/// Where a call comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComesFrom {
    /// The number that the caller claims; none: withheld, or the endpoint is a phone of the site.
    pub caller: Option<String>,
    /// The endpoint that the PBX authenticated.
    pub endpoint: Option<String>,
}

/// A PIN to be looked at. [`crate::Input::Proved`] answers with the ticket.
pub struct Prove {
    /// Names the question.
    pub ticket: u64,
    /// Whose PIN.
    pub agent: AgentName,
    /// Where the call comes from.
    pub from: ComesFrom,
    /// The right one.
    pub pin: Pin,
    /// What was keyed.
    pub digits: String,
}

/// What came of looking at a PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It is the agent's.
    Right,
    /// It is not.
    Wrong,
    /// Too many were wrong lately.
    NotLookedAt,
}

/// A leg that comes from another call.
#[derive(Clone, Debug, Default)]
pub struct Takeover {
    /// It is answered, and this call's from now on.
    pub leg: LegId,
    /// Whose place it takes: the leg on which this call arrived.
    pub of: LegId,
    /// Who calls now; none: withheld or not known.
    pub caller: Option<String>,
    /// The name that goes with it.
    pub caller_name: Option<String>,
    /// The endpoint that the PBX authenticated. It never is that of the phone that asked: who comes
    /// must not have the phone's authority.
    pub endpoint: Option<String>,
}

/// A place in line that a call keeps for somebody who is to be called back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPlace {
    /// The order that keeps it.
    pub entry: EntryId,
    /// Who is to be called back. Personal data.
    pub number: PhoneNumber,
    /// The flow that has the call.
    pub flow: FlowName,
    /// Since when that caller waits.
    pub waited_since: Timestamp,
    /// The queues in which the place is.
    pub queues: Vec<QueueName>,
}

/// The host of one call.
pub trait House {
    /// The site as it is now; a call's own may be older.
    fn site(&self) -> Arc<Site>;

    /// Has the flow take a step, and keeps what is known of it for the journal.
    fn step(&mut self, ask: Ask<'_>) -> Stepped;

    /// Whether the flow knows an event: one of an older contract may not.
    fn knows(&self, event: &Event) -> bool;

    /// Another flow takes the call over. The one that had it is over, or rests.
    ///
    /// # Errors
    /// It cannot.
    fn change_flow(&mut self, name: &str, rest: bool) -> Result<Arc<Terms>, NoFlow>;

    /// A flow that rests has the call again, by its place among those that do, the outermost first.
    /// Those behind it are over.
    fn come_back(&mut self, to: usize);

    /// Gives the call an [`crate::Input::Fence`] behind all that the floor has said so far.
    fn fence(&mut self);

    /// The flows that rest are over.
    fn rests_no_more(&mut self);

    /// Where a switch stands; none: there is no such switch. From now on the call is told when it
    /// is turned ([`crate::Input::Turned`]).
    fn watch_switch(&mut self, name: &str) -> Option<String>;

    /// Turns a switch in the name of an agent, from the endpoint that the PBX has authenticated.
    ///
    /// # Errors
    /// There is no such switch or position, or it would go back at once.
    fn turn_switch(&mut self, turn: SetSwitch, endpoint: Option<&str>) -> Result<(), Refusal>;

    /// Opens a campaign.
    ///
    /// # Errors
    /// The flow may not, there is no such template, another campaign has the name, or nobody is to
    /// be called.
    fn open_campaign(&mut self, open: OpenCampaign) -> Result<(), Refusal>;

    /// Ends a campaign.
    ///
    /// # Errors
    /// The flow may not, or there is no such campaign.
    fn stop_campaign(&mut self, name: &str) -> Result<(), Refusal>;

    /// Takes a place for a contact of a campaign. False: there is none any more.
    ///
    /// # Errors
    /// The flow may not, or there is no such contact.
    fn claim(&mut self, who: &ContactOf) -> Result<bool, Refusal>;

    /// The call is one for a contact of a campaign, and is about to dial it.
    ///
    /// # Errors
    /// The contact may not be called at this moment.
    fn dials_contact(&mut self) -> Result<(), Refusal>;

    /// Says what came of a contact of a campaign, and which agent talked with it.
    ///
    /// # Errors
    /// The flow may not, or there is no such contact.
    fn dispose(&mut self, what: Disposition, agent: Option<AgentName>) -> Result<(), Refusal>;

    /// Gives the floor an input; what it puts out for this call is given back.
    ///
    /// # Errors
    /// The floor refuses it.
    fn floor(&mut self, input: Input) -> Result<Vec<Output>, RefusedInput>;

    /// Whoever is to be called back is found by number from now on. An entry that is kept already is
    /// kept as it is now.
    fn keep_place(&mut self, place: KeptPlace);

    /// A place is kept no more. False: another call has taken it, and this one will be told so by
    /// [`crate::Input::PlaceTaken`].
    fn give_place_up(&mut self, entry: EntryId) -> bool;

    /// Takes the places that another call keeps; that one is told so when what came of this input is
    /// in the journal. Gives what was taken; nothing: there is none any more.
    fn take_place(&mut self, of: CallId) -> Vec<KeptPlace>;

    /// For whom the floor has a phone ring now. None: it rings no more.
    fn rings_for(&self, attempt: AttemptId) -> Option<EntryId>;

    /// The place in line of an entry that waits.
    fn position(&self, entry: EntryId) -> Option<u32>;

    /// A phone of an agent, as the floor counts them.
    fn endpoint(&self, agent: &AgentName, endpoint: usize) -> Option<Endpoint>;

    /// The agent who is meant when a target is dialled.
    fn agent_called(&self, target: &Target) -> Option<AgentName>;

    /// What it takes to act for an agent from the caller's endpoint.
    fn authority(&self, site: &Site, agent: &Agent, endpoint: Option<&str>) -> Authority;

    /// Logs an agent in or out, and so on.
    ///
    /// # Errors
    /// There is no such agent or queue, or it does not fit how the agent stands.
    fn act(&mut self, agent: &AgentName, action: AgentAction) -> Result<(), Refusal>;

    /// The journal is to know how an agent stands now.
    fn keep_agent(&mut self, agent: &AgentName);

    /// Has a PIN looked at. That takes a while.
    fn prove(&mut self, prove: Prove);

    /// Whether a leg is the call's: not so, if the floor has passed it on to another call.
    fn owns(&self, leg: &LegId) -> bool;

    /// A leg is the call's from now on.
    fn enrol(&mut self, leg: &LegId);

    /// A leg is the call's no more. Nothing happens if another call has it by now.
    fn strike(&mut self, leg: &LegId);

    /// A leg of this call is one of another call from now on, and takes the place of a leg there.
    /// False: there is no such call, and nothing was done.
    fn hand_over(&mut self, takeover: Takeover) -> bool;

    /// What happened to a leg is told to the call that has it now.
    fn tell_owner(&mut self, event: PbxEvent);

    /// An agent talks on a leg.
    fn talks(&mut self, agent: &AgentName, leg: &LegId);

    /// An agent talks on a leg no more.
    fn talks_no_more(&mut self, agent: &AgentName, leg: &LegId);

    /// The leg on which an agent talks now, whosever call that is.
    fn talking_leg(&self, agent: &AgentName) -> Option<LegId>;

    /// The call's flow wanted more than its quota: a fault of its version.
    fn overran(&mut self, why: &str);

    /// Whether the call may take a further step now. If not, it stops where it is, what came of the
    /// input so far is journalled, and it goes on at [`crate::Input::GoOn`].
    fn has_time(&self) -> bool;

    /// Something happened.
    fn observe(&self, what: &Observed<'_>);
}
