//! What a script holds of its call.

use super::{
    CALLER, Company, Either, Ending, Events, Ordered, Waiting, kind,
    order::dial,
    race,
    run::{Afterwards, Run},
};
use crate::{
    millis, reads,
    types::{
        AgentAction, AgentOrder, Alarm, Arrival, CaseOrder, Cause, Command, ContactDue,
        ContinueWith, Disposition, Event, Field, Gather, HangUp, KeepWaiting, LegDigit, Listen,
        ListenMode, Mail, Moment, OpenCampaign, OrderId, Play, Prompt, RecordingOrder, SendDigits,
        SetSwitch, Switched, Target, Transfer, Watch,
    },
};
use reads::{
    AgentStatus, Authority, CampaignStatus, KnownContact, Level, PastCall, QueueStatus,
    ScheduleStatus,
};
use std::{
    future::{Future, poll_fn},
    rc::Rc,
    task::Poll,
    time::Duration,
};

/// One call, as its script sees it. Clones are the same call.
///
/// What gives an [`Ordered`] leaves when it is awaited. What gives nothing leaves at once, and is
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
    /// Answers the caller.
    pub fn answer(&self) -> Ordered<kind::Answer> {
        Ordered::new(self, Command::Answer)
    }

    /// Lets the caller hear ringing.
    pub fn indicate_ringing(&self) {
        self.order(Command::IndicateRinging);
    }

    /// Says something to the caller, or plays it. A text is spoken, a recording of its name wins.
    pub fn play(&self, prompt: impl Into<Prompt>) -> Ordered<kind::Play> {
        self.play_to(CALLER, vec![prompt.into()])
    }

    /// Plays prompts to a leg, or to all in its conversation.
    pub fn play_to(&self, leg: impl AsRef<str>, prompts: Vec<Prompt>) -> Ordered<kind::Play> {
        Ordered::new(
            self,
            Command::Play(Play { leg: leg.as_ref().into(), prompts, barge_in: false }),
        )
    }

    /// Asks the caller for digits.
    pub fn gather(&self, prompt: impl Into<Prompt>) -> Ordered<kind::Gather> {
        self.gather_from(CALLER, vec![prompt.into()])
    }

    /// Asks somebody for digits.
    pub fn gather_from(&self, leg: impl AsRef<str>, prompts: Vec<Prompt>) -> Ordered<kind::Gather> {
        Ordered::new(
            self,
            Command::Gather(Gather {
                leg: leg.as_ref().into(),
                prompts,
                max_digits: 0,
                terminator: None,
                first_digit_within: 5_000,
                next_digit_within: 3_000,
                secret: false,
            }),
        )
    }

    /// Music for the caller, until it is dropped or the caller joins somebody.
    pub fn music(&self, class: impl Into<String>) -> Company {
        self.keep_waiting(KeepWaiting {
            leg: CALLER.into(),
            music: Some(class.into()),
            prompts: Vec::new(),
            first_after: 0,
            every: 0,
        })
    }

    /// Keeps somebody company, until it is dropped or that leg joins another.
    pub fn keep_waiting(&self, company: KeepWaiting) -> Company {
        Company::begin(self, Command::KeepWaiting(company))
    }

    /// Digits that a leg presses and no gather takes, from now on.
    pub fn keys(&self, leg: impl Into<String>) -> Events<char> {
        let leg = leg.into();
        self.events(move |event| match event {
            Event::Digit(LegDigit { leg: from, digit }) if *from == leg => Some(*digit),
            _ => None,
        })
    }

    /// Watches for keys pressed in a conversation; matches are its progress.
    pub fn watch(&self, leg: impl AsRef<str>, patterns: Vec<String>) -> Ordered<kind::Watch> {
        Ordered::new(self, Command::Watch(Watch { leg: leg.as_ref().into(), patterns }))
    }
}

/// # Waiting and time
impl Call {
    /// Waits in a queue; see [`Waiting`].
    pub fn wait_in(&self, queue: impl Into<String>) -> Waiting {
        self.wait_in_all([queue])
    }

    /// Waits in several queues at once, or for agents by name (`agent:NAME`).
    pub fn wait_in_all<Q: Into<String>>(&self, queues: impl IntoIterator<Item = Q>) -> Waiting {
        Waiting::new(self, queues.into_iter().map(Into::into).collect())
    }

    /// Lets time pass.
    pub fn sleep(&self, time: impl Into<Duration>) -> Ordered<kind::Timer> {
        Ordered::new(self, Command::Timer(millis(time)))
    }

    /// Waits, but not longer than this; none when the time is up. What is waited for is then
    /// dropped, which takes it back; to keep it, hand over a `&mut` of it.
    pub async fn within<W: Future>(
        &self,
        limit: impl Into<Duration>,
        wait: W,
    ) -> Option<W::Output> {
        match race(wait, self.sleep(limit)).await {
            Either::Left(output) => Some(output),
            Either::Right(()) => None,
        }
    }

    /// Waits until a leg of this call is gone, and says why. If it is already, that is at once.
    pub fn gone(&self, leg: impl Into<String>) -> impl Future<Output = Cause> + Unpin {
        let (call, leg) = (self.clone(), leg.into());
        poll_fn(move |_| match call.run.gone(&leg) {
            Some(cause) => Poll::Ready(cause),
            None => Poll::Pending,
        })
    }

    /// Events that nobody ordered, picked by a function, from now on.
    pub fn events<T: 'static>(&self, pick: impl Fn(&Event) -> Option<T> + 'static) -> Events<T> {
        Events::new(self, pick)
    }

    /// Turns of a switch, from now on: the new position. Only switches that were read with
    /// [`Call::switch`] are told.
    pub fn turns(&self, switch: impl Into<String>) -> Events<String> {
        let switch = switch.into();
        self.events(move |event| match event {
            Event::Switched(Switched { name, position }) if *name == switch => {
                Some(position.clone())
            }
            _ => None,
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
    /// Dials a number in E.164.
    pub fn dial(&self, number: impl Into<String>) -> Ordered<kind::Dial> {
        self.dial_to(Target::Number(number.into()))
    }

    /// Dials a target.
    pub fn dial_to(&self, target: Target) -> Ordered<kind::Dial> {
        Ordered::new(self, dial(target))
    }

    /// Lets the caller and a leg hear each other. Show it a [`Leg`](super::Leg), do not give it
    /// away: given away it is dropped here, and hung up.
    pub fn connect(&self, leg: impl AsRef<str>) -> Ordered<kind::Do> {
        self.connect_all([CALLER, leg.as_ref()])
    }

    /// Puts legs into one conversation.
    pub fn connect_all<'a>(&self, legs: impl IntoIterator<Item = &'a str>) -> Ordered<kind::Do> {
        Ordered::new(self, Command::Connect(legs.into_iter().map(str::to_owned).collect()))
    }

    /// Takes a leg out of its conversation and lets it hear music.
    pub fn hold(&self, leg: impl AsRef<str>) -> Ordered<kind::Do> {
        Ordered::new(self, Command::Hold(leg.as_ref().into()))
    }

    /// Brings a held leg back to where it was.
    pub fn resume(&self, leg: impl AsRef<str>) -> Ordered<kind::Do> {
        Ordered::new(self, Command::Resume(leg.as_ref().into()))
    }

    /// Takes a leg out of its conversation, to one of its own.
    pub fn part(&self, leg: impl AsRef<str>) -> Ordered<kind::Do> {
        Ordered::new(self, Command::Part(leg.as_ref().into()))
    }

    /// Sends a leg away to a target, or to the PBX's own route; it leaves the call.
    pub fn transfer(
        &self,
        leg: impl AsRef<str>,
        target: Option<Target>,
    ) -> Ordered<kind::Transfer> {
        Ordered::new(self, Command::Transfer(Transfer { leg: leg.as_ref().into(), target }))
    }

    /// Lets another flow take the call. Awaiting it goes on only if that failed.
    pub fn continue_with(
        &self,
        flow: impl Into<String>,
        data: impl Into<String>,
    ) -> Ordered<kind::Transfer> {
        Ordered::new(
            self,
            Command::ContinueWith(ContinueWith { flow: flow.into(), data: data.into() }),
        )
    }

    /// Lets a leg listen to an agent.
    pub fn listen(&self, leg: impl AsRef<str>, agent: impl Into<String>) -> Ordered<kind::Listen> {
        let listen =
            Listen { leg: leg.as_ref().into(), agent: agent.into(), mode: ListenMode::Silent };
        Ordered::new(self, Command::Listen(listen))
    }

    /// Records a leg until it is gone.
    pub fn record(&self, leg: impl AsRef<str>) -> Ordered<kind::Record> {
        let recording =
            RecordingOrder { leg: leg.as_ref().into(), conversation: false, consent: Vec::new() };
        Ordered::new(self, Command::Record(recording))
    }

    /// Sends digits to a leg.
    pub fn send_digits(
        &self,
        leg: impl AsRef<str>,
        digits: impl Into<String>,
    ) -> Ordered<kind::Do> {
        Ordered::new(
            self,
            Command::SendDigits(SendDigits { leg: leg.as_ref().into(), digits: digits.into() }),
        )
    }

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
        self.order(Command::Tag(tag.into()));
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

/// # Agents, switches, campaigns
impl Call {
    /// Logs an agent (name or extension) in or out, and so on. The proof is of a secret gather.
    pub fn set_agent(
        &self,
        agent: impl Into<String>,
        action: AgentAction,
        proof: Option<String>,
    ) -> Ordered<kind::Do> {
        Ordered::new(self, Command::Agent(AgentOrder { agent: agent.into(), action, proof }))
    }

    /// Turns a switch of the site.
    pub fn set_switch(
        &self,
        name: impl Into<String>,
        position: impl Into<String>,
        proof: Option<String>,
    ) -> Ordered<kind::Do> {
        Ordered::new(
            self,
            Command::SetSwitch(SetSwitch { name: name.into(), position: position.into(), proof }),
        )
    }

    /// Opens a campaign from a template.
    pub fn open_campaign(
        &self,
        template: impl Into<String>,
        name: impl Into<String>,
        fields: Vec<Field>,
    ) -> Ordered<kind::Do> {
        Ordered::new(
            self,
            Command::OpenCampaign(OpenCampaign {
                template: template.into(),
                name: name.into(),
                fields,
            }),
        )
    }

    /// Stops a campaign.
    pub fn stop_campaign(&self, name: impl Into<String>) -> Ordered<kind::Do> {
        Ordered::new(self, Command::StopCampaign(name.into()))
    }

    /// Claims a goal; the first call wins.
    pub fn claim(&self, goal: impl Into<String>) -> Ordered<kind::Claiming> {
        Ordered::new(self, Command::Claim(goal.into()))
    }
}

/// # Questions
impl Call {
    /// The step's instant, with its civil date and time.
    pub fn now(&self) -> Moment {
        self.run.ask("now", (), reads::now)
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
    fn order(&self, command: Command) {
        self.run.order(command);
    }
}
