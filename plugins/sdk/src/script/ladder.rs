//! The waiting ladder: a queue that widens while the caller is kept company.

use super::{
    announce::{Announce, Announcing, Place},
    call::Call,
    order::{
        Company, Ordered,
        kind::{self, Kind},
    },
    outcome::{Agent, NotServed},
    run::CALLER,
};
use crate::{
    millis,
    types::{Command, EnterQueue, KeepWaiting, OrderId, Prompt, Widen},
};
use std::{
    collections::VecDeque,
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

/// Waiting in a queue, from [`Call::wait_in`]: "enter queue A; after 15 s additionally B; every 60
/// s say X".
///
/// Awaiting it gives the agent who answered, or why nobody did. The caller is in line from the
/// first await until it is dropped; what is to happen after so long is written around it:
///
/// ```
/// # use strowger_sdk::prelude::*;
/// # async fn part(call: Call) {
/// let mut waiting = call
///     .wait_in("SD OVL-Q-1")
///     .also("SD OVL-Q-2", secs(15))
///     .also("SD OVL-Q-3", secs(30))
///     .music("default")
///     .say("U wordt zo spoedig mogelijk geholpen.", secs(60));
/// match call.within(secs(240), &mut waiting).await {
///     Some(Ok(agent)) => call.note("agent", &agent.name),
///     Some(Err(nobody)) => call.note("queue", nobody.word()),
///     None => waiting.widen("care line"), // four minutes: still in line, and additionally there
/// }
/// # }
/// ```
#[must_use = "the caller is in line from the first await on"]
pub struct Waiting {
    call: Call,
    entry: Ordered<kind::Queue>,
    /// What is heard, before the caller is in line.
    words: Option<KeepWaiting>,
    company: Option<Company>,
    /// When, from entering, which queues are added. The earliest first.
    steps: VecDeque<(Duration, Vec<String>)>,
    /// How long it had been at the step before.
    at: Duration,
    timer: Option<Ordered<kind::Timer>>,
    /// How often more were asked.
    widened: u32,
    announcing: Option<Announcing>,
}

impl Waiting {
    pub(super) fn new(call: &Call, queues: Vec<String>) -> Self {
        let entry = EnterQueue {
            queues,
            priority: 0,
            waited_since: None,
            with_caller: true,
            calls_back: None,
            agent_leg: "agent".into(),
            whisper: Vec::new(),
            display_name: None,
            report_offers: false,
        };
        Self {
            call: call.clone(),
            entry: Ordered::new(call, Command::EnterQueue(entry)),
            words: None,
            company: None,
            steps: VecDeque::new(),
            at: Duration::ZERO,
            timer: None,
            widened: 0,
            announcing: None,
        }
    }

    /// Tells the caller the place in line, every so often.
    pub fn announce_position(self, every: impl Into<Duration>) -> Self {
        self.announce(every, |place| vec![Prompt::Position(place.position)])
    }

    /// Tells the caller something about the place in line, every so often; no prompts: nothing this
    /// time. A caller who is still being told is not told twice.
    pub fn announce(
        mut self,
        every: impl Into<Duration>,
        words: impl Fn(Place) -> Vec<Prompt> + 'static,
    ) -> Self {
        self.announcing = Some(Announcing::new(every.into(), words));
        self
    }

    /// Tells the caller the place in line and the expected wait as a flow's settings say; none:
    /// nothing.
    pub fn announced(self, announce: Option<&'static Announce>, language: Option<&str>) -> Self {
        let Some(announce) = announce else { return self };
        let language = language.map(str::to_owned);
        self.announce(announce.every, move |place| announce.words(place, language.as_deref()))
    }

    /// Additionally this queue, so long after entering. Phones that ring go on ringing.
    pub fn also(mut self, queue: impl Into<String>, after: impl Into<Duration>) -> Self {
        let after = after.into();
        let later = self.steps.partition_point(|(at, _)| *at <= after);
        self.steps.insert(later, (after, vec![queue.into()]));
        self
    }

    /// Music of this class while waiting.
    pub fn music(mut self, class: impl Into<String>) -> Self {
        self.words().music = Some(class.into());
        self
    }

    /// Says this at once, and again every so often; zero is only once.
    pub fn say(self, text: impl Into<Prompt>, every: impl Into<Duration>) -> Self {
        self.say_from(text, Duration::ZERO, every)
    }

    /// Says this so long after entering for the first time, and again every so often.
    pub fn say_from(
        mut self,
        text: impl Into<Prompt>,
        first: impl Into<Duration>,
        every: impl Into<Duration>,
    ) -> Self {
        let words = self.words();
        words.prompts = vec![text.into()];
        words.first_after = millis(first);
        words.every = millis(every);
        self
    }

    /// What else can be said about entering: priority, whisper, display name.
    pub fn entering(
        mut self,
        say: impl FnOnce(Ordered<kind::Queue>) -> Ordered<kind::Queue>,
    ) -> Self {
        self.entry = say(self.entry);
        self
    }

    /// From now on the caller hears this instead: at once, and again every so often. The music
    /// stays.
    pub fn now_say(&mut self, text: impl Into<Prompt>, every: impl Into<Duration>) {
        let words = self.words();
        words.prompts = vec![text.into()];
        words.first_after = 0;
        words.every = millis(every);
        if self.entry.id().is_some() {
            self.keep_company();
        }
    }

    /// From now on the caller hears the music, and nothing is said nor announced.
    pub fn now_only_music(&mut self) {
        self.announcing = None;
        self.words().prompts.clear();
        if self.entry.id().is_some() {
            self.keep_company();
        }
    }

    /// Additionally these agents, now.
    pub fn widen(&mut self, queue: impl Into<String>) {
        self.widen_to(vec![queue.into()]);
    }

    /// How often more were asked than at first: a figure for reports.
    pub fn widened(&self) -> u32 {
        self.widened
    }

    /// The number of the order that entered the queue, while the caller is in line.
    pub fn entry(&self) -> Option<OrderId> {
        self.entry.id()
    }

    /// The place in line, from 1 on.
    pub fn position(&self) -> Option<u32> {
        self.entry().and_then(|entry| self.call.position(entry))
    }

    fn words(&mut self) -> &mut KeepWaiting {
        self.words.get_or_insert_with(|| KeepWaiting {
            leg: CALLER.into(),
            music: None,
            prompts: Vec::new(),
            first_after: 0,
            every: 0,
        })
    }

    fn keep_company(&mut self) {
        if let Some(words) = &self.words {
            // The host puts the new one in the old one's place.
            if let Some(mut company) = self.company.take() {
                company.ended();
            }
            self.company = Some(Company::begin(&self.call, Command::KeepWaiting(words.clone())));
        }
    }

    fn widen_to(&mut self, queues: Vec<String>) {
        if let Some(entry) = self.entry.id() {
            self.widened += 1;
            self.call.run.order(Command::Widen(Widen { entry, queues }));
        }
    }

    fn next_step(&mut self) -> Option<Ordered<kind::Timer>> {
        let (at, _) = self.steps.front()?;
        let after = *at - self.at;
        Some(self.call.sleep(after))
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
}

impl Ordered<kind::Dial> {
    /// The caller keeps the place in line meanwhile: an agent who answers first wins.
    pub fn keep_place(self, waiting: &Waiting) -> Self {
        self.edit(|command| {
            if let Command::Dial(dial) = command {
                dial.keep_place = waiting.entry();
            }
        })
    }
}

impl Future for Waiting {
    type Output = <kind::Queue as Kind>::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<Agent, NotServed>> {
        let this = &mut *self;
        let entered = this.entry.id().is_some();
        if let Poll::Ready(outcome) = pin!(&mut this.entry).poll(context) {
            (this.timer, this.announcing) = (None, None);
            if let Some(mut company) = this.company.take()
                && outcome.is_ok()
            {
                company.ended();
            }
            return Poll::Ready(outcome);
        }
        if !entered {
            this.keep_company();
            this.timer = this.next_step();
        }
        while let Some(timer) = &mut this.timer {
            if pin!(timer).poll(context).is_pending() {
                break;
            }
            if let Some((at, queues)) = this.steps.pop_front() {
                this.at = at;
                this.widen_to(queues);
            }
            this.timer = this.next_step();
        }
        if let (Some(announcing), Some(entry)) = (&mut this.announcing, this.entry.id()) {
            announcing.poll(&this.call, entry, context);
        }
        Poll::Pending
    }
}
