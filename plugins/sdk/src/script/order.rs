//! One order, from the moment that it is written down to its outcome.

use super::{
    call::Call,
    leg::Leg,
    outcome::{Agent, Answered, Failure, NotReached, NotServed},
    run::is_progress,
};
use crate::{
    millis,
    names::outcome_name,
    types::{
        Claim, Command, Confirm, Digits, Millis, OrderId, Outcome, PlayEnd, Prompt, RingLimit,
        Target,
    },
};
use std::{
    future::{Future, poll_fn},
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

/// An order of a kind. It leaves when it is first awaited; awaiting it gives its outcome.
///
/// Its outcome waits for it, whatever the script awaits meanwhile. Dropped before its outcome has
/// come, it is taken back (`cancel`), which is final: nothing more is ever heard of its number, not
/// even that it was cancelled; an outcome under way is never delivered, and a leg that answered
/// meanwhile is hung up by the host and its agent freed. Of what cannot be undone (answer, connect,
/// transfer) only the outcome is taken back.
#[must_use = "an order leaves when it is awaited"]
pub struct Ordered<K> {
    call: Call,
    stage: Stage,
    kind: PhantomData<fn() -> K>,
}

enum Stage {
    Unsent(Command),
    Sent(OrderId),
    Done,
}

/// What came of an order, seen by one who asked for progress too.
#[derive(Debug)]
pub enum Report<T> {
    /// Something on the way: `ringing`, `queued`, `offered`, `matched`, `listening`.
    Progress(Outcome),
    /// The end.
    Final(T),
}

impl<K: kind::Kind> Ordered<K> {
    pub(super) fn new(call: &Call, command: Command) -> Self {
        Self { call: call.clone(), stage: Stage::Unsent(command), kind: PhantomData }
    }

    /// The order's number, once it has left.
    pub fn id(&self) -> Option<OrderId> {
        match self.stage {
            Stage::Sent(id) => Some(id),
            Stage::Unsent(_) | Stage::Done => None,
        }
    }

    /// Asks for progress too, which otherwise costs no step.
    pub fn reporting(self) -> Reports<K> {
        Reports(self)
    }

    /// Nothing, and nothing comes of it.
    pub(super) fn done(call: &Call) -> Self {
        Self { call: call.clone(), stage: Stage::Done, kind: PhantomData }
    }

    /// What it will order.
    pub(super) fn unsent(&self) -> Option<&Command> {
        match &self.stage {
            Stage::Unsent(command) => Some(command),
            Stage::Sent(_) | Stage::Done => None,
        }
    }

    pub(super) fn edit(mut self, edit: impl FnOnce(&mut Command)) -> Self {
        if let Stage::Unsent(command) = &mut self.stage {
            edit(command);
        }
        self
    }

    fn poll_report(&mut self, reporting: bool) -> Poll<Report<K::Output>> {
        let id = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Unsent(command) => {
                self.stage = Stage::Sent(self.call.run.order_and_wait(command, reporting));
                return Poll::Pending;
            }
            Stage::Sent(id) => id,
            Stage::Done => panic!("an order was awaited again after its outcome"),
        };
        let Some((outcome, leg)) = self.call.run.outcome(id) else {
            self.stage = Stage::Sent(id);
            return Poll::Pending;
        };
        if is_progress(&outcome) {
            self.stage = Stage::Sent(id);
            return Poll::Ready(Report::Progress(outcome));
        }
        match K::outcome(outcome, leg, &self.call) {
            Ok(output) => Poll::Ready(Report::Final(output)),
            Err(outcome) => {
                self.call.run.fault(format!(
                    "the host answered order {id}, {}, with `{}`",
                    K::NAME,
                    outcome_name(&outcome)
                ));
                Poll::Pending
            }
        }
    }
}

impl<K: kind::Kind> Future for Ordered<K> {
    type Output = K::Output;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<K::Output> {
        loop {
            match self.poll_report(false) {
                Poll::Ready(Report::Final(output)) => return Poll::Ready(output),
                // Asked for before.
                Poll::Ready(Report::Progress(_)) => {}
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<K> Drop for Ordered<K> {
    fn drop(&mut self) {
        if let Stage::Sent(id) = self.stage {
            self.call.run.forsake(id);
        }
    }
}

/// An order together with its progress.
pub struct Reports<K>(Ordered<K>);

impl<K: kind::Kind> Reports<K> {
    /// The next that comes of it.
    pub async fn next(&mut self) -> Report<K::Output> {
        poll_fn(|_| self.0.poll_report(true)).await
    }

    /// The order's number, once it has left.
    pub fn id(&self) -> Option<OrderId> {
        self.0.id()
    }
}

impl<K> From<Reports<K>> for Ordered<K> {
    /// Its progress matters no more.
    fn from(reports: Reports<K>) -> Self {
        reports.0
    }
}

/// Something that goes on until it is dropped: music for one who waits.
pub struct Company {
    call: Call,
    id: Option<OrderId>,
}

impl Company {
    pub(super) fn begin(call: &Call, command: Command) -> Self {
        Self { call: call.clone(), id: Some(call.run.order(command)) }
    }

    /// It has ended by itself, or something else has taken its place.
    pub(super) fn ended(&mut self) {
        self.id = None;
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.call.run.cancel(id);
        }
    }
}

impl Ordered<kind::Play> {
    /// A digit of the listener stops it.
    pub fn barge_in(self) -> Self {
        self.edit(|command| {
            if let Command::Play(play) = command {
                play.barge_in = true;
            }
        })
    }
}

macro_rules! options {
    ($kind:ident, $command:pat => $record:ident { $($(#[$doc:meta])* fn $name:ident($argument:ident: $type:ty) => $edit:expr;)* }) => {
        impl Ordered<kind::$kind> {$(
            $(#[$doc])*
            pub fn $name(self, $argument: $type) -> Self {
                self.edit(|command| if let $command = command { $edit })
            }
        )*}
    };
}

options! { Gather, Command::Gather(gather) => gather {
    /// Enough after so many.
    fn digits(count: u8) => gather.max_digits = count;
    /// Ends the digits and is not one of them.
    fn until(key: char) => gather.terminator = Some(key);
    /// To the first digit, from the end of the prompts. 5 s unless said otherwise.
    fn first_within(limit: impl Into<Duration>) => gather.first_digit_within = millis(limit);
    /// From one digit to the next. 3 s unless said otherwise.
    fn next_within(limit: impl Into<Duration>) => gather.next_digit_within = millis(limit);
    /// A PIN: it comes back as a proof, and is neither shown nor kept.
    fn secret(secret: bool) => gather.secret = secret;
}}

options! { Queue, Command::EnterQueue(entry) => entry {
    /// Higher goes first; 0 is usual.
    fn priority(priority: u8) => entry.priority = priority;
    /// Counted from here instead of from now, for one who waited before.
    fn waited_since(instant: u64) => entry.waited_since = Some(instant);
    /// The same, for one who perhaps waited before.
    fn waited(since: Option<u64>) => entry.waited_since = since;
    /// Played to the agent before the two are connected.
    fn whisper(prompts: Vec<Prompt>) => entry.whisper = prompts;
    /// Shown on the agent's phone.
    fn display(name: impl Into<String>) => entry.display_name = Some(name.into());
    /// The name of the agent's leg; `agent` unless said otherwise.
    fn agent_leg(name: impl Into<String>) => entry.agent_leg = name.into();
    /// An agent is reserved and rung without a caller: agent first.
    fn without_caller(without: bool) => entry.with_caller = !without;
    /// Reports `offered` each time that phones of an agent begin to ring; see
    /// [`Ordered::reporting`].
    fn report_offers(report: bool) => entry.report_offers = report;
}}

options! { Dial, Command::Dial(dial) => dial {
    /// The name of the leg; one of its own unless said otherwise.
    fn leg(name: impl Into<String>) => dial.leg = name.into();
    /// How often the far end may ring, in its own country's cadence.
    fn rings(count: u8) => dial.limit = RingLimit::Rings(count);
    /// How long the far end may ring, from ringing. 30 s unless said otherwise.
    fn ring_time(limit: impl Into<Duration>) => dial.limit = RingLimit::Time(millis(limit));
    /// From dialling to the first sign of ringing. 10 s unless said otherwise.
    fn set_up_within(limit: impl Into<Duration>) => dial.set_up_limit = millis(limit);
    /// The number shown to the far end; the flow's own unless said otherwise.
    fn shown_as(number: impl Into<String>) => dial.caller_id = Some(number.into());
    /// The name shown to the far end.
    fn display(name: impl Into<String>) => dial.display_name = Some(name.into());
    /// Tells people from machines.
    fn detect_machine(detect: bool) => dial.machine_detection = detect;
    /// Counts as answered only after this key, so that a voice mail never takes a caller.
    fn confirmed_by(confirm: Confirm) => dial.confirm = Some(confirm);
}}

options! { Listen, Command::Listen(listen) => listen {
    /// Silent unless said otherwise.
    fn mode(mode: crate::types::ListenMode) => listen.mode = mode;
}}

options! { Record, Command::Record(record) => record {
    /// The whole conversation, not only this leg.
    fn conversation(whole: bool) => record.conversation = whole;
    /// Played first: that, and why, the call is recorded.
    fn consent(prompts: Vec<Prompt>) => record.consent = prompts;
}}

/// Kinds of orders, which say what comes of them.
pub mod kind {
    use super::*;

    /// A kind of order.
    pub trait Kind {
        /// What comes of it.
        type Output;
        /// In the words of the contract.
        const NAME: &'static str;
        /// Reads the final outcome.
        ///
        /// # Errors
        /// The outcome, when it is not one of this kind.
        #[doc(hidden)]
        fn outcome(
            outcome: Outcome,
            leg: Option<String>,
            call: &Call,
        ) -> Result<Self::Output, Outcome>;
    }

    macro_rules! kinds {
        ($($(#[$doc:meta])* $kind:ident($name:literal) -> $output:ty { $($pattern:pat => $value:expr,)* } or |$failure:ident| $failed:expr;)*) => {$(
            $(#[$doc])*
            pub enum $kind {}

            impl Kind for $kind {
                type Output = $output;
                const NAME: &'static str = $name;

                fn outcome(outcome: Outcome, _leg: Option<String>, _call: &Call) -> Result<$output, Outcome> {
                    let $failure = match outcome {
                        $($pattern => return Ok($value),)*
                        Outcome::Refused(refusal) => Failure::Refused(refusal),
                        Outcome::Unknown => Failure::Unknown,
                        other => return Err(other),
                    };
                    Ok($failed)
                }
            }
        )*};
    }

    kinds! {
        /// Answering the caller.
        Answer("answer") -> Result<(), Failure> { Outcome::Answered => Ok(()), } or |failure| Err(failure);
        /// Playing prompts. What cannot be played ends as `failed`; a script seldom minds.
        Play("play") -> PlayEnd { Outcome::Played(end) => end, } or |_failure| PlayEnd::Failed;
        /// Collecting digits.
        Gather("gather") -> Result<Digits, Failure> { Outcome::Gathered(digits) => Ok(digits), } or |failure| Err(failure);
        /// Putting legs together, holding, resuming and parting them, sending digits, and what else
        /// is just done.
        Do("connect") -> Result<(), Failure> { Outcome::Joined | Outcome::Done => Ok(()), } or |failure| Err(failure);
        /// Sending a leg, or the call, away.
        Transfer("transfer") -> Result<(), Failure> {
            Outcome::Transferred => Ok(()),
            Outcome::NotTransferred(why) => Err(Failure::Failed(why)),
        } or |failure| Err(failure);
        /// Letting another flow have the call until a switch is turned.
        Rest("continue-with") -> Failure { Outcome::NotTransferred(why) => Failure::Failed(why), } or |failure| failure;
        /// Saying what becomes of a transfer that a phone asks for.
        Settle("settle-transfer") -> Result<(), Failure> {
            Outcome::Transferred | Outcome::Done => Ok(()),
            Outcome::NotTransferred(why) => Err(Failure::Failed(why)),
        } or |failure| Err(failure);
        /// Watching for keys pressed in a conversation; see [`Ordered::reporting`].
        Watch("watch") -> Failure { Outcome::Done => Failure::Failed("the watch is over".into()), } or |failure| failure;
        /// Letting a leg listen to an agent.
        Listen("listen") -> Result<(), Failure> { Outcome::ListeningEnded => Ok(()), } or |failure| Err(failure);
        /// Recording, and how long the recording is.
        Record("record") -> Result<Duration, Failure> {
            Outcome::Recorded(millis) => Ok(Duration::from_millis(u64::from(millis))),
        } or |failure| Err(failure);
        /// Claiming a goal: won or not.
        Claiming("claim") -> Result<bool, Failure> {
            Outcome::Claimed(claim) => Ok(claim == Claim::Won),
        } or |failure| Err(failure);
    }

    /// Time that passes. A host that does not keep time is a fault.
    pub enum Timer {}

    impl Kind for Timer {
        type Output = ();
        const NAME: &'static str = "timer";

        fn outcome(outcome: Outcome, _leg: Option<String>, _call: &Call) -> Result<(), Outcome> {
            match outcome {
                Outcome::Timer => Ok(()),
                other => Err(other),
            }
        }
    }

    /// Waiting in a queue.
    pub enum Queue {}

    impl Kind for Queue {
        type Output = Result<Agent, NotServed>;
        const NAME: &'static str = "enter-queue";

        fn outcome(
            outcome: Outcome,
            _leg: Option<String>,
            _call: &Call,
        ) -> Result<Self::Output, Outcome> {
            Ok(match outcome {
                Outcome::Connected(connected) => {
                    Ok(Agent { name: connected.agent, leg: connected.leg })
                }
                Outcome::Left(why) => Err(why.into()),
                Outcome::Refused(refusal) => Err(NotServed::Failed(Failure::Refused(refusal))),
                Outcome::Unknown => Err(NotServed::Failed(Failure::Unknown)),
                other => return Err(other),
            })
        }
    }

    /// Dialling somebody.
    pub enum Dial {}

    impl Kind for Dial {
        type Output = Result<Answered, NotReached>;
        const NAME: &'static str = "dial";

        fn outcome(
            outcome: Outcome,
            leg: Option<String>,
            call: &Call,
        ) -> Result<Self::Output, Outcome> {
            Ok(match outcome {
                Outcome::LegAnswered(by) => {
                    Ok(Answered { leg: Leg::new(call.clone(), leg.unwrap_or_default()), by })
                }
                Outcome::Unanswered(why) => Err(why.into()),
                Outcome::Refused(refusal) => Err(NotReached::Failed(Failure::Refused(refusal))),
                Outcome::Unknown => Err(NotReached::Failed(Failure::Unknown)),
                other => return Err(other),
            })
        }
    }
}

/// What a dial is until something else is said about it.
pub(super) fn dial(target: Target) -> Command {
    const SET_UP: Millis = 10_000;
    const RINGING: Millis = 30_000;
    Command::Dial(crate::types::Dial {
        leg: String::new(),
        target,
        caller_id: None,
        display_name: None,
        limit: RingLimit::Time(RINGING),
        set_up_limit: SET_UP,
        machine_detection: false,
        keep_place: None,
        confirm: None,
    })
}
