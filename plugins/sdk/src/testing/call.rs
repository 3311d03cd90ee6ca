//! A call that a test plays by hand.

use super::Site;
use crate::{
    Flow, command_name, event_name, reads,
    script::CALLER,
    types::{
        Answerer, Arrival, Cause, Claim, Command, Connected, ContactDue, Digits, Disposition,
        Event, GatherEnd, Goal, HungUp, KeepWaiting, Left, LegDigit, Mail, Matched, Order,
        OrderEvent, OrderId, Outcome, PlayEnd, Prompt, Refusal, RefusalReason, StepResult,
        Switched, Unanswered,
    },
};
use std::{collections::BTreeMap, fmt::Write, rc::Rc, time::Duration};

/// One call of a flow under test. Methods that let something happen give the call back, to go on
/// with.
///
/// They panic, with the whole call so far, when what should happen cannot, and when the flow breaks
/// the contract.
pub struct TestCall<F: Flow> {
    settings: &'static F::Settings,
    site: Site,
    state: Vec<u8>,
    clock: Duration,
    /// Orders whose outcome has not come.
    out: BTreeMap<OrderId, Command>,
    /// When timers are due.
    due: BTreeMap<OrderId, Duration>,
    company: Option<(OrderId, KeepWaiting)>,
    last_id: OrderId,
    orders: Vec<Order>,
    newest: usize,
    ending: Option<String>,
    timeline: String,
}

impl<F: Flow> TestCall<F> {
    /// A call that has not arrived yet.
    pub fn new(settings: F::Settings, site: Site) -> Self {
        F::check(&settings).unwrap_or_else(|error| panic!("settings: {error}"));
        Self {
            settings: Box::leak(Box::new(settings)),
            site,
            state: Vec::new(),
            clock: Duration::ZERO,
            out: BTreeMap::new(),
            due: BTreeMap::new(),
            company: None,
            last_id: 0,
            orders: Vec::new(),
            newest: 0,
            ending: None,
            timeline: String::new(),
        }
    }

    // ------------------------------------------------------------------ what happens

    /// Any event at all.
    pub fn event(&mut self, event: Event) -> &mut Self {
        let _ = writeln!(self.timeline, "{:>8.1?}  -> {}", self.clock, describe(&event));
        let StepResult { state, orders } = self.step(&event);
        self.state = state;
        if let Event::Order(order) = &event
            && self.out.contains_key(&order.id)
            && is_final(&order.outcome)
        {
            self.out.remove(&order.id);
            self.due.remove(&order.id);
        }
        self.newest = self.orders.len();
        for order in orders {
            self.take(&order);
            self.orders.push(order);
        }
        self
    }

    /// A call arrives.
    pub fn arrives(&mut self) -> &mut Self {
        self.arrives_as(|_| {})
    }

    /// A call arrives, otherwise than usual: another number, data from the flow that hands it over.
    pub fn arrives_as(&mut self, edit: impl FnOnce(&mut Arrival)) -> &mut Self {
        let mut arrival = Arrival {
            call: "call-1".into(),
            caller: Some("+3291234567".into()),
            caller_name: None,
            endpoint: None,
            dialled: "+3290000000".into(),
            diverted_from: None,
            line: None,
            adapter: "sim".into(),
            data: String::new(),
            at: self.site.instant,
        };
        edit(&mut arrival);
        self.event(Event::Arrived(arrival))
    }

    /// A campaign wants a contact called, at +32470000001.
    pub fn contact_due(&mut self, campaign: &str, contact: &str) -> &mut Self {
        self.event(Event::ContactDue(ContactDue {
            call: "call-1".into(),
            campaign: campaign.into(),
            contact: contact.into(),
            number: "+32470000001".into(),
            attempt: 1,
            at: self.site.instant,
        }))
    }

    /// The campaign has so many places left.
    pub fn goal(&mut self, campaign: &str, remaining: u32) -> &mut Self {
        self.event(Event::Goal(Goal { name: campaign.into(), remaining }))
    }

    /// The contact gets the place that the flow claims for it, or does not.
    pub fn claimed(&mut self, won: bool) -> &mut Self {
        let claim = if won { Claim::Won } else { Claim::Lost };
        self.comes_of("claim", Outcome::Claimed(claim))
    }

    /// Something comes of an order.
    pub fn outcome(&mut self, id: OrderId, outcome: Outcome) -> &mut Self {
        self.event(Event::Order(OrderEvent { id, outcome }))
    }

    /// Something comes of the oldest order of this name whose outcome has not come.
    pub fn comes_of(&mut self, command: &str, outcome: Outcome) -> &mut Self {
        let id = self.outstanding(command);
        self.outcome(id, outcome)
    }

    /// Everything succeeds that a PBX does at once: answering, playing, putting together.
    pub fn settles(&mut self) -> &mut Self {
        while let Some((id, outcome)) =
            self.out.iter().find_map(|(id, command)| Some((*id, at_once(command)?)))
        {
            self.outcome(id, outcome);
        }
        self
    }

    /// Time passes. Timers that come due meanwhile go off, the earliest first.
    pub fn passes(&mut self, time: impl Into<Duration>) -> &mut Self {
        let until = self.clock + time.into();
        while let Some((at, id)) =
            self.due.iter().map(|(id, at)| (*at, *id)).min().filter(|(at, _)| *at <= until)
        {
            self.set_clock(at);
            self.outcome(id, Outcome::Timer);
        }
        self.set_clock(until);
        self
    }

    /// An agent of the queue answers.
    pub fn agent_answers(&mut self, agent: &str) -> &mut Self {
        let id = self.outstanding("enter-queue");
        let leg = match &self.out[&id] {
            Command::EnterQueue(entry) => entry.agent_leg.clone(),
            _ => String::new(),
        };
        self.company = None;
        self.outcome(id, Outcome::Connected(Connected { leg, agent: agent.into() }))
    }

    /// The queue gives the caller back.
    pub fn queue_leaves(&mut self, why: Left) -> &mut Self {
        self.comes_of("enter-queue", Outcome::Left(why))
    }

    /// Somebody answers what was dialled.
    pub fn dial_answered(&mut self) -> &mut Self {
        self.comes_of("dial", Outcome::LegAnswered(Answerer::Unknown))
    }

    /// Nobody answers what was dialled.
    pub fn dial_fails(&mut self, why: Unanswered) -> &mut Self {
        self.comes_of("dial", Outcome::Unanswered(why))
    }

    /// The caller presses what a gather asked for.
    pub fn presses(&mut self, digits: &str) -> &mut Self {
        let end = if digits.is_empty() { GatherEnd::Timeout } else { GatherEnd::Enough };
        self.comes_of(
            "gather",
            Outcome::Gathered(Digits { digits: digits.into(), proof: None, end }),
        )
    }

    /// A leg presses a key that nobody asked for.
    pub fn key(&mut self, leg: &str, digit: char) -> &mut Self {
        self.event(Event::Digit(LegDigit { leg: leg.into(), digit }))
    }

    /// A leg keys what the flow watches for.
    pub fn matches(&mut self, pattern: &str, digits: &str) -> &mut Self {
        self.comes_of(
            "watch",
            Outcome::Matched(Matched { pattern: pattern.into(), digits: digits.into() }),
        )
    }

    /// A switch is turned that another flow had the call until: the flow under test has it again.
    pub fn comes_back(&mut self, switch: &str, position: &str) -> &mut Self {
        // What was ordered before was taken back.
        self.out.clear();
        self.due.clear();
        self.company = None;
        let turned = Switched { name: switch.into(), position: position.into() };
        self.event(Event::CameBack(turned))
    }

    /// A leg hangs up.
    pub fn hangs_up(&mut self, leg: &str) -> &mut Self {
        self.event(Event::HungUp(HungUp { leg: leg.into(), cause: Cause::Normal }))
    }

    /// The caller hangs up.
    pub fn caller_hangs_up(&mut self) -> &mut Self {
        self.hangs_up(CALLER)
    }

    /// The host refuses the oldest order of this name.
    pub fn refuses(&mut self, command: &str, reason: RefusalReason) -> &mut Self {
        self.comes_of(
            command,
            Outcome::Refused(Refusal { reason, detail: "the test says so".into() }),
        )
    }

    /// The site as it is now.
    pub fn site_now(&self) -> &Site {
        &self.site
    }

    /// Something about the site changes.
    pub fn site(&mut self, change: impl FnOnce(Site) -> Site) -> &mut Self {
        self.site = change(std::mem::take(&mut self.site));
        self
    }

    // ------------------------------------------------------------------ what came of it

    /// The orders of the newest step.
    pub fn newest(&self) -> &[Order] {
        &self.orders[self.newest..]
    }

    /// All orders of the call.
    pub fn orders(&self) -> &[Order] {
        &self.orders
    }

    /// The names of the newest step's orders, without numbers and particulars.
    pub fn newest_names(&self) -> Vec<&'static str> {
        self.newest().iter().map(|order| command_name(&order.command)).collect()
    }

    /// The oldest order of this name whose outcome has not come.
    pub fn outstanding(&self, command: &str) -> OrderId {
        match self.out.iter().find(|(_, out)| command_name(out) == command) {
            Some((id, _)) => *id,
            None => self.fail(&format!("no `{command}` is outstanding")),
        }
    }

    /// Orders whose outcome has not come.
    pub fn all_outstanding(&self) -> impl Iterator<Item = (OrderId, &Command)> {
        self.out.iter().map(|(id, command)| (*id, command))
    }

    /// What keeps the caller company now.
    pub fn company(&self) -> Option<&KeepWaiting> {
        self.company.as_ref().map(|(_, company)| company)
    }

    /// The note of this key on the record.
    pub fn noted(&self, key: &str) -> Option<&str> {
        self.orders.iter().rev().find_map(|order| match &order.command {
            Command::Note(note) if note.key == key => Some(note.value.as_str()),
            _ => None,
        })
    }

    /// Whether the record is marked so.
    pub fn is_tagged(&self, tag: &str) -> bool {
        self.orders
            .iter()
            .any(|order| matches!(&order.command, Command::Mark(marked) if marked == tag))
    }

    /// What the flow said came of a contact, the last of it.
    pub fn disposition(&self) -> Option<&Disposition> {
        self.orders.iter().rev().find_map(|order| match &order.command {
            Command::Disposition(disposition) => Some(disposition),
            _ => None,
        })
    }

    /// The mails that were sent.
    pub fn mails(&self) -> impl Iterator<Item = &Mail> {
        self.orders.iter().filter_map(|order| match &order.command {
            Command::Mail(mail) => Some(mail),
            _ => None,
        })
    }

    /// What was said last to a leg, or asked of it: its texts, one behind the other.
    pub fn said_to(&self, leg: &str) -> Option<String> {
        let prompts = self.orders.iter().rev().find_map(|order| match &order.command {
            Command::Play(play) if play.leg == leg => Some(&play.prompts),
            Command::Gather(gather) if gather.leg == leg => Some(&gather.prompts),
            _ => None,
        })?;
        let texts = prompts.iter().map(|prompt| match prompt {
            Prompt::Text(spoken) => spoken.text.clone(),
            other => format!("{other:?}"),
        });
        Some(texts.collect::<Vec<_>>().join(" "))
    }

    /// What the flow finished with, once it has.
    pub fn ending(&self) -> Option<&str> {
        self.ending.as_deref()
    }

    /// The state as the host keeps it.
    pub fn state(&self) -> &[u8] {
        &self.state
    }

    /// The call so far, for reading.
    pub fn timeline(&self) -> &str {
        &self.timeline
    }

    // ------------------------------------------------------------------ inside

    fn set_clock(&mut self, to: Duration) {
        self.site.instant += (to - self.clock).as_millis() as u64;
        self.clock = to;
    }

    /// One step, run twice: with the same settings, state, event and reads it must be the same.
    fn step(&self, event: &Event) -> StepResult {
        let run = || {
            reads::answer_with(Rc::new(self.site.clone()), || {
                F::step(self.settings, self.state.clone(), event.clone())
            })
            .unwrap_or_else(|fault| self.fail(&fault))
        };
        let (once, again) = (run(), run());
        if once != again {
            self.fail(&format!("two runs of a step differ:\n{once:?}\n{again:?}"));
        }
        once
    }

    fn take(&mut self, order: &Order) {
        let Order { id, command } = order;
        let _ = writeln!(self.timeline, "{:>8.1?}     {id} {command:?}", self.clock);
        if self.ending.is_some() {
            self.fail("the flow orders something after it has finished");
        }
        if *id <= self.last_id
            && !(matches!(command, Command::Timer(_)) && self.due.contains_key(id))
        {
            self.fail("the order's number is not new");
        }
        self.last_id = self.last_id.max(*id);
        match command {
            Command::Cancel(cancelled) => {
                self.out.remove(cancelled);
                self.due.remove(cancelled);
                self.company.take_if(|(id, _)| id == cancelled);
            }
            Command::KeepWaiting(company) => self.company = Some((*id, company.clone())),
            Command::Finish(ending) => {
                self.ending = Some(ending.clone());
                if let Some((id, command)) = self.out.first_key_value() {
                    let left = format!(
                        "the flow finishes and leaves order {id} behind: {}",
                        command_name(command)
                    );
                    self.fail(&left);
                }
            }
            Command::Timer(after) => {
                self.due.insert(*id, self.clock + Duration::from_millis(u64::from(*after)));
                self.out.insert(*id, command.clone());
            }
            command if has_outcome(command) => {
                self.out.insert(*id, command.clone());
            }
            _ => {}
        }
    }

    fn fail(&self, why: &str) -> ! {
        panic!("{why}\nthe call so far:\n{}", self.timeline)
    }
}

fn describe(event: &Event) -> String {
    match event {
        Event::Order(order) => format!("{} {:?}", order.id, order.outcome),
        other => event_name(other).to_owned(),
    }
}

fn is_final(outcome: &Outcome) -> bool {
    !matches!(
        outcome,
        Outcome::Queued(_)
            | Outcome::Offered(_)
            | Outcome::Matched(_)
            | Outcome::Ringing
            | Outcome::Listening
    )
}

fn has_outcome(command: &Command) -> bool {
    !matches!(
        command,
        Command::IndicateRinging
            | Command::KeepWaiting(_)
            | Command::Widen(_)
            | Command::Cancel(_)
            | Command::Mail(_)
            | Command::Case(_)
            | Command::Note(_)
            | Command::Mark(_)
            | Command::Disposition(_)
            | Command::Alarm(_)
            | Command::HangUp(_)
            | Command::Finish(_)
    )
}

/// What comes at once of what a PBX does at once.
fn at_once(command: &Command) -> Option<Outcome> {
    match command {
        Command::Answer => Some(Outcome::Answered),
        Command::Play(_) => Some(Outcome::Played(PlayEnd::Whole)),
        Command::Connect(_) => Some(Outcome::Joined),
        Command::Hold(_) | Command::Resume(_) | Command::Part(_) | Command::SendDigits(_) => {
            Some(Outcome::Done)
        }
        _ => None,
    }
}
