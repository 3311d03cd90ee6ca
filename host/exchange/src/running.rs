//! The task of a call: takes its mail, gives it to the call, has the journal take what came of it.
//!
//! **Architecture invariant:** commands leave for the PBX when what brought them forth is in the
//! journal, once for each mail and all together.

use crate::{
    Exchange, Journal,
    house::{Guest, Resting},
    wake::Roll,
};
use std::{
    collections::BTreeMap,
    panic::{self, AssertUnwindSafe},
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};
use strowger_call::Call;
use strowger_call_port::{Input, Now, Observed, Out, Paper, offered_leg};
use strowger_flows::{OnFlow, budget::MyTurn};
use strowger_journal::Change;
use strowger_model::{
    event::{Cause, Unanswered},
    strangers::Logged,
};
use strowger_pbx::port::{AliveLeg, Ended, LegId, PbxCommand, PbxEvent};
use strowger_routing::{Input as FloorInput, Output};
use tokio::sync::mpsc::Receiver;

/// How long a call waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a new host finds of a call.
pub(crate) struct Found {
    /// Legs that are alive at the PBX.
    pub(crate) alive: BTreeMap<LegId, AliveLeg>,
    /// How long there was no host.
    pub(crate) gap: Duration,
    /// Let go of when the call goes on.
    pub(crate) roll: Arc<Roll>,
}

/// A call with its host.
pub(crate) struct Running {
    call: Call,
    exchange: Arc<Exchange>,
    /// The version that the call is on; a version lives as long as somebody is on it.
    flow: OnFlow,
    /// Those of the flows that rest behind it.
    resting: Option<Box<Resting>>,
    /// The host's mistakes have made an end of it.
    lost: bool,
}

/// More came for a call than its mailbox holds, and some of it is lost.
fn swamped() -> Box<Input> {
    Box::new(Input::Broken("more events came than the call could take".to_owned()))
}

impl Running {
    /// A call on a version of a flow.
    pub(crate) fn new(call: Call, exchange: Arc<Exchange>, flow: OnFlow) -> Self {
        Self { call, exchange, flow, resting: None, lost: false }
    }

    /// The same, with flows that rest behind that version.
    pub(crate) fn with(self, resting: Vec<OnFlow>) -> Self {
        let resting = (!resting.is_empty()).then(|| Box::new(Resting(resting)));
        Self { resting, ..self }
    }

    /// The call's life; one that outlived its host is told what was found of it. The task has room
    /// for that as long as it lives: so it is boxed.
    #[expect(clippy::manual_async_fn, reason = "an `async fn` keeps room for its arguments twice")]
    pub(crate) fn run(
        mut self,
        found: Option<Box<Found>>,
        mut mailbox: Receiver<Box<Input>>,
    ) -> impl Future<Output = ()> + Send {
        async move {
            Box::pin(self.begin(found)).await;
            // One timer for the whole life, moved when what it waits for changes: making one for
            // each mail costs more than the mail.
            let clock = self.exchange.clock;
            let mut alarm = pin!(tokio::time::sleep_until(clock.instant(Duration::ZERO)));
            while !self.call.is_over() && !self.lost {
                let due = self.call.due().map(|due| clock.instant(due));
                if let Some(due) = due.filter(|&due| due != alarm.deadline()) {
                    alarm.as_mut().reset(due);
                }
                let input = match self.call.is_behind() {
                    true => {
                        tokio::task::yield_now().await;
                        Box::new(Input::GoOn)
                    }
                    false => tokio::select! {
                        biased;
                        mail = mailbox.recv() => mail.unwrap_or_else(swamped),
                        () = &mut alarm, if due.is_some() => Box::new(Input::Due),
                    },
                };
                match self.turn_now() {
                    Ok(turn) => self.take(*input, turn),
                    // Boxed: a call that does not wait for its turn has no room for it.
                    Err(()) => Box::pin(self.take_in_turn(input)).await,
                }
            }
            self.close(mailbox);
        }
    }

    async fn begin(&mut self, found: Option<Box<Found>>) {
        let (first, _roll) = match found.map(|found| *found) {
            None => (Input::Begin, None),
            Some(Found { alive, gap, roll }) => (Input::Resume { alive, gap }, Some(roll)),
        };
        match self.turn_now() {
            Ok(turn) => self.take(first, turn),
            Err(()) => self.take_in_turn(Box::new(first)).await,
        }
        if self.call.record().campaign.is_some() {
            self.exchange.contact_is_placed(self.call.id());
        }
    }

    /// The turn of this call, if it need not wait for it. A flow in a scenario has all the time that
    /// there is.
    fn turn_now(&self) -> Result<Option<MyTurn>, ()> {
        let clock = &self.exchange.clock;
        if clock.is_simulated() || !self.call.is_served() {
            return Ok(None);
        }
        self.flow.budget().turn_now(clock.elapsed()).map(Some).ok_or(())
    }

    /// Waits until other calls of the flow have had their turn, and the flow has processor time. A
    /// call that waits too long goes to its fallback.
    async fn take_in_turn(&mut self, input: Box<Input>) {
        let clock = self.exchange.clock;
        let until = clock.elapsed() + PATIENCE;
        loop {
            let turn = self.flow.budget().turn().await;
            let wait = self.flow.budget().wait(clock.elapsed());
            if wait.is_zero() {
                return self.take(*input, Some(turn));
            }
            drop(turn);
            if clock.elapsed() + wait > until {
                let per_second = self.flow.limits.processor.as_millis();
                let why = format!(
                    "the flow used more processor time than its limit of {per_second} ms a second: the call waited too long for its turn and goes to the fallback"
                );
                self.exchange.catalogue.report_fault(&self.flow, clock.now());
                tracing::error!(call = %self.call.id(), flow = %self.flow.name, "{why}");
                self.take(Input::GiveUp(why), None);
                return self.take(*input, None);
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Gives the call an input. Where the host itself makes a mistake and panics, the call goes to
    /// its fallback: it may cost this call, and no other.
    fn take(&mut self, input: Input, _turn: Option<MyTurn>) {
        let gone = input.gone().cloned();
        let Err(why) = self.try_to_take(input) else { return };
        let why = format!("the host made a mistake: {why}");
        tracing::error!(call = %self.call.id(), flow = %self.flow.name, "{}; please report this", Logged(&why));
        // Who talks is left talking. If even that fails, or what comes of it later, every leg ends.
        let first = match self.call.is_served() {
            true => self.try_to_take(Input::Mistaken { why: why.clone(), gone }),
            false => Err(why.clone()),
        };
        if first.is_err() && self.try_to_take(Input::Broken(why)).is_err() {
            self.lost = true;
            if let Some(journal) = &self.exchange.journal {
                journal.keep(Change::Closed(Box::new(self.call.record().clone())));
            }
        }
    }

    fn try_to_take(&mut self, input: Input) -> Result<(), String> {
        panic::catch_unwind(AssertUnwindSafe(|| self.deal_with(input))).map_err(|panic| {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
            said.unwrap_or("it does not say which").to_owned()
        })
    }

    /// The journal takes what has happened as a whole; the commands that it brought forth leave for
    /// the PBX when it has.
    fn deal_with(&mut self, input: Input) {
        let Some(input) = self.own(input) else { return };
        let clock = &self.exchange.clock;
        let now = Now { wall: clock.now(), elapsed: clock.elapsed() };
        let mut out = Out::default();
        let mut guest = Guest {
            call: self.call.id(),
            exchange: &self.exchange,
            flow: &mut self.flow,
            resting: &mut self.resting,
            changes: Vec::new(),
            taken: Vec::new(),
            since: Instant::now(),
        };
        self.call.input(now, input, &mut guest, &mut out);
        let Guest { changes, taken, .. } = guest;
        self.commit(out, changes);
        // What comes of that is in the journal behind this.
        taken.into_iter().for_each(|call| self.exchange.register.post(call, Input::PlaceTaken));
    }

    /// What came of a leg that has become another call's meanwhile is for that call.
    fn own(&self, input: Input) -> Option<Input> {
        let leg = match &input {
            Input::Pbx(event) => event.leg(),
            Input::Lost(leg) => Some(leg),
            _ => None,
        };
        let register = &self.exchange.register;
        let owner = leg.and_then(|leg| register.of_leg(leg));
        let others = owner.filter(|of| *of != self.call.id());
        match others {
            Some(other) => register.post(other, input),
            None => return Some(input),
        }
        None
    }

    fn commit(&mut self, out: Out, mut changes: Vec<Change>) {
        for command in &out.commands {
            if let PbxCommand::Dial { leg, to, .. } = command {
                self.exchange.number_is_dialled(self.call.id(), leg, to);
            }
        }
        let over = self.call.is_over();
        if over {
            self.call.close(self.exchange.clock.now());
        }
        let Some(journal) = &self.exchange.journal else {
            // Without a journal, in a scenario, nothing is kept and no mail is sent.
            return out.commands.into_iter().for_each(|command| self.exchange.send(command));
        };
        let nothing = out.commands.is_empty() && out.papers.is_empty() && changes.is_empty();
        // What the flow will be told later has to be kept until then.
        if nothing && !over && !self.call.holds_back() {
            return;
        }
        let mail = out.papers.iter().any(|paper| matches!(paper, Paper::Mail(_)));
        changes.extend(out.papers.into_iter().map(|paper| match paper {
            Paper::Mail(mail) => Change::Mail(mail),
            Paper::Case(case) => Change::Case(case),
        }));
        changes.push(match over {
            true => Change::Closed(Box::new(self.call.record().clone())),
            false => Journal::image(&self.call, self.flow.on(), self.exchange.clock.elapsed()),
        });
        let exchange = self.exchange.clone();
        let posted = mail.then(|| exchange.posted.clone());
        journal.submit(changes, out.commands, posted, move |command| exchange.send(command));
    }

    fn close(self, mut mailbox: Receiver<Box<Input>>) {
        let id = self.call.id();
        self.exchange.remember(self.call.record());
        let now = self.exchange.clock.now();
        self.exchange.observer.observe(now, id, &Observed::Closed(self.call.record()));
        // The floor may have said to ring a phone before it knew that nobody waits any more. It
        // never rang, and its agent is free.
        while let Ok(mail) = mailbox.try_recv() {
            match *mail {
                Input::Floor(Output::Ring { attempt, .. }) => {
                    let input = FloorInput::Unanswered { attempt, why: Unanswered::Cancelled };
                    if let Err(refused) = self.exchange.tell_floor(input, None) {
                        tracing::debug!(call = %id, "the floor had settled it: {refused}");
                    }
                }
                // It rings, and nobody waits here any more.
                Input::Floor(Output::RingsOn { first, attempt, .. }) => {
                    let leg = offered_leg(first, attempt);
                    if self.exchange.register.of_leg(&leg) == Some(id) {
                        self.hang_up(leg);
                    }
                }
                // It has ended, and the call that has it now did not hear of it.
                Input::Floor(Output::Passed { first, attempt, .. })
                    if self.exchange.rings_for(attempt).is_none() =>
                {
                    let leg = offered_leg(first, attempt);
                    let ended = Ended { leg, cause: Cause::Normal, left: false };
                    self.exchange.register.tell_owner(PbxEvent::Ended(Box::new(ended)));
                }
                Input::Floor(Output::Paused { agent, .. }) => self.exchange.keep_agent(&agent),
                // The call was over before somebody came into it.
                Input::TakeOver(takeover) => {
                    let leg = takeover.leg;
                    self.exchange.register.strike_leg(&leg, id);
                    self.exchange.send(PbxCommand::Transfer { leg, to: None });
                }
                _ => {}
            }
        }
        self.exchange.switches.forget(id);
        self.exchange.places.take(id);
        self.exchange.call_is_over(id);
        self.exchange.register.strike(id).into_iter().for_each(|leg| self.hang_up(leg));
    }

    /// A leg that is the call's by the register alone.
    fn hang_up(&self, leg: LegId) {
        self.exchange.register.strike_leg(&leg, self.call.id());
        self.exchange.send(PbxCommand::hang_up(leg, Cause::Normal));
    }
}
