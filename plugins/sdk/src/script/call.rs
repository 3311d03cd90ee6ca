//! What a script holds of its call: facts, questions, and what is ordered and not heard of again.

use super::{
    Ending,
    run::{Afterwards, Run},
};
use crate::{
    reads::{
        self, AgentStatus, Authority, CallBackStatus, CampaignStatus, KnownContact, Level,
        ListedContact, PastCall, QueueStatus, ScheduleStatus, SiteSwitch,
    },
    types::{
        Alarm, Arrival, CaseOrder, Cause, Command, ContactDue, Disposition, Field, HangUp, Mail,
        Moment, OrderId, Target,
    },
};
use std::{
    future::{Future, poll_fn},
    rc::Rc,
    task::Poll,
    time::Duration,
};

/// One call, as its script sees it. Clones are the same call.
///
/// What gives an [`Ordered`](super::Ordered) leaves when it is awaited. What gives nothing leaves at once, and is
/// not heard of again: if the host refuses it, the operator's log says so.
#[derive(Clone, Default)]
pub struct Call {
    pub(super) run: Rc<Run>,
}

/// # Who and what
impl Call {
    /// How the call arrived; none for a call that a campaign began.
    pub fn arrival(&self) -> Option<&Arrival> {
        self.run.arrival.get()
    }

    /// The contact whom a campaign wants called; none for a call that arrived.
    pub fn contact_due(&self) -> Option<&ContactDue> {
        self.run.contact_due.get()
    }

    /// The number that the caller claims; none if withheld.
    pub fn caller(&self) -> Option<&str> {
        self.arrival()?.caller.as_deref()
    }

    /// The number that was dialled.
    pub fn dialled(&self) -> &str {
        self.arrival().map_or("", |arrival| &arrival.dialled)
    }
}

/// # The caller's ear and mouth
impl Call {
    /// Lets the caller hear ringing.
    pub fn indicate_ringing(&self) {
        self.order(Command::IndicateRinging);
    }
}

/// # Waiting and time
impl Call {
    /// Waits until a leg of this call is gone, and says why. If it is already, that is at once.
    pub fn gone(&self, leg: impl Into<String>) -> impl Future<Output = Cause> + Unpin {
        let (call, leg) = (self.clone(), leg.into());
        poll_fn(move |_| match call.run.gone(&leg) {
            Some(cause) => Poll::Ready(cause),
            None => Poll::Pending,
        })
    }

    /// What is done when the caller hangs up, from here on. The last declared counts; the script
    /// itself is then dropped where it stands, with its orders.
    pub fn after_hang_up<F: Future<Output = Ending> + 'static>(
        &self,
        then: impl FnOnce() -> F + 'static,
    ) {
        let afterwards: Afterwards = Box::new(move || Box::pin(then()));
        // The one before is dropped here, where it may order.
        let _before = self.run.set_afterwards(Some(afterwards));
    }
}

/// # Legs
impl Call {
    /// Hangs up a leg.
    pub fn hang_up(&self, leg: impl AsRef<str>) {
        self.order(Command::HangUp(HangUp {
            leg: Some(leg.as_ref().into()),
            cause: Cause::Normal,
        }));
    }

    /// Hangs up everybody.
    pub fn hang_up_all(&self) {
        self.order(Command::HangUp(HangUp { leg: None, cause: Cause::Normal }));
    }
}

/// # For the record, and for people
impl Call {
    /// A fact on the call's record, for reports. The same key again replaces it.
    pub fn note(&self, key: &str, value: impl ToString) {
        self.order(Command::Note(Field { key: key.into(), value: value.to_string() }));
    }

    /// Marks the call's record.
    pub fn tag(&self, tag: impl Into<String>) {
        self.order(Command::Mark(tag.into()));
    }

    /// A mail through the outbox.
    pub fn mail(&self, template: impl Into<String>, to: Vec<String>, fields: Vec<Field>) {
        self.order(Command::Mail(Mail { template: template.into(), to, fields }));
    }

    /// Something that has to be answered later, such as a complaint. The site file says which kinds
    /// there are, and until when each has to be answered.
    pub fn case(&self, kind: impl Into<String>, fields: Vec<Field>) {
        self.order(Command::Case(CaseOrder { kind: kind.into(), fields }));
    }

    /// Warns the site's operators.
    pub fn alarm(&self, what: impl Into<String>) {
        self.order(Command::Alarm(Alarm { what: what.into(), to: Vec::new() }));
    }

    /// What came of a contact of a campaign.
    pub fn disposition(&self, disposition: Disposition) {
        self.order(Command::Disposition(disposition));
    }

    /// A line in the operator's log. Never give it personal data.
    pub fn log(&self, level: Level, message: &str) {
        if self.run.is_present() {
            reads::log(level, message);
        }
    }
}

/// # Questions
impl Call {
    /// The step's instant, with its civil date and time.
    pub fn now(&self) -> Moment {
        self.run.ask("now", (), reads::now)
    }

    /// The instant at which the clock of the site shows a civil date and time, such as
    /// `2026-11-23 07:00`: the first of two, or the next one that the clock shows. None: the text is
    /// no date and time.
    pub fn instant(&self, civil: &str) -> Option<u64> {
        self.run.ask("instant", civil, || reads::instant(civil))
    }

    /// Whether a schedule is open. One that the site does not have is closed.
    pub fn is_open(&self, schedule: &str) -> bool {
        self.run.ask("is-open", schedule, || {
            reads::schedule(schedule).is_some_and(|status| status.open)
        })
    }

    /// A schedule of the site.
    pub fn schedule(&self, name: &str) -> Option<ScheduleStatus> {
        self.run.ask("schedule", name, || reads::schedule(name))
    }

    /// The position of a switch.
    pub fn switch(&self, name: &str) -> Option<String> {
        self.run.ask("switch", name, || reads::switch(name))
    }

    /// A switch by name or code, to be turned by telephone.
    pub fn switch_named(&self, key: &str) -> Option<SiteSwitch> {
        self.run.ask("switch-named", key, || reads::switch_named(key))
    }

    /// Whether this call may turn a switch (name or code) in the name of an agent (name or
    /// extension), by where it comes from.
    pub fn authority_to_turn(&self, switch: &str, agent: &str) -> Authority {
        let ask = || reads::authority_to_turn(switch, agent);
        self.run.ask("authority-to-turn", (switch, agent), ask)
    }

    /// A queue as it is now, by name or code.
    pub fn queue(&self, name: &str) -> Option<QueueStatus> {
        self.run.ask("queue", name, || reads::queue(name))
    }

    /// An agent as it is now, by name or extension.
    pub fn agent(&self, name: &str) -> Option<AgentStatus> {
        self.run.ask("agent", name, || reads::agent(name))
    }

    /// A contact by number (E.164) or id.
    pub fn contact(&self, key: &str) -> Option<KnownContact> {
        self.run.ask("contact", key, || reads::contact(key))
    }

    /// Calls from and missed attempts to a number in the last days, the newest first.
    pub fn history(&self, number: &str, days: u16) -> Vec<PastCall> {
        self.run.ask("history", (number, days), || reads::history(number, days))
    }

    /// How far a campaign is.
    pub fn campaign(&self, name: &str) -> Option<CampaignStatus> {
        self.run.ask("campaign", name, || reads::campaign(name))
    }

    /// A contact of a campaign.
    pub fn campaign_contact(&self, campaign: &str, contact: &str) -> Option<ListedContact> {
        self.run.ask("campaign-contact", (campaign, contact), || {
            reads::campaign_contact(campaign, contact)
        })
    }

    /// The call-back that waits in a queue for a number.
    pub fn call_back(&self, number: &str) -> Option<CallBackStatus> {
        self.run.ask("call-back", number, || reads::call_back(number))
    }

    /// Who is on duty now, by a roster of the site; the first first.
    pub fn on_duty(&self, roster: &str) -> Vec<Target> {
        self.run.ask("on-duty", roster, || reads::on_duty(roster))
    }

    /// The place in line of a queue order.
    pub fn position(&self, entry: OrderId) -> Option<u32> {
        self.run.ask("position", entry, || reads::position(entry))
    }

    /// How long a queue order will probably wait from now on; none: nothing can be said.
    pub fn expected_wait(&self, entry: OrderId) -> Option<Duration> {
        let wait = self.run.ask("expected-wait", entry, || reads::expected_wait(entry));
        wait.map(|wait| Duration::from_millis(wait.into()))
    }

    /// The agent who has logged in at a phone, else whose phone it is: an address, an extension or
    /// a number.
    pub fn agent_at(&self, phone: &str) -> Option<String> {
        self.run.ask("agent-at", phone, || reads::agent_at(phone))
    }

    /// The name of the agent who has an extension, or that name.
    pub fn agent_named(&self, key: &str) -> Option<String> {
        self.run.ask("agent-named", key, || reads::agent_named(key))
    }

    /// Whether this call may act for an agent (name or extension), by where it comes from.
    pub fn authority_over(&self, agent: &str) -> Authority {
        self.run.ask("authority-over", agent, || reads::authority_over(agent))
    }

    /// Whether an agent (name or extension) takes calls of a queue (name or code) when logged in.
    /// None: there is no such agent or queue.
    pub fn in_queue(&self, agent: &str, queue: &str) -> Option<bool> {
        self.run.ask("in-queue", (agent, queue), || reads::in_queue(agent, queue))
    }

    /// A random number, the same whenever this step is run again.
    pub fn random(&self) -> u64 {
        self.run.ask("random", (), reads::random)
    }
}

impl Call {
    pub(super) fn order(&self, command: Command) {
        self.run.order(command);
    }
}
