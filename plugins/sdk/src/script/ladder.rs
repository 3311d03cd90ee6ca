//! The waiting ladder: a queue that widens while the caller is kept company.

use super::{
    announce::{Announce, Announcing, Place},
    call::Call,
    call_back::{Awaited, Back, CallBack, CalledBack, Line, Stage},
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
    rc::Rc,
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
    call_back: Option<MayBeCalledBack>,
}

/// One who waits and may ask to be called back.
struct MayBeCalledBack {
    settings: &'static CallBack,
    language: Option<String>,
    /// From entering on.
    line: Option<Rc<Line>>,
    back: Option<Awaited<'static, Back>>,
    /// A flow that calls nobody back has nothing of how that is done.
    begin: fn(CalledBack) -> Awaited<'static, Back>,
}

impl Waiting {
    pub(super) fn new(call: &Call, queues: Vec<String>) -> Self {
        let entry = EnterQueue {
            queues,
            priority: 0,
            waited_since: None,
            with_caller: true,
            calls_back: None,
            rests: false,
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
            call_back: None,
        }
    }

    /// The caller may ask to be called back, and hang up; none: not so. The script then goes on
    /// without a caller until the two hear each other, or nobody ever will
    /// ([`NotServed::NotCalledBack`], [`NotServed::CalledAgain`]). To be said behind the words.
    pub fn call_back(
        mut self,
        settings: Option<&'static CallBack>,
        language: Option<&str>,
    ) -> Self {
        let Some(settings) = settings else { return self };
        let language = language.map(str::to_owned);
        let offer = settings.offer.in_language(language.as_deref());
        self.words().prompts.push(offer);
        let (line, back, begin) = (None, None, CalledBack::run);
        self.call_back = Some(MayBeCalledBack { settings, language, line, back, begin });
        self
    }

    /// Whether the caller has hung up, and keeps the place.
    pub fn keeps_place(&self) -> bool {
        self.stage() == Stage::Kept
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

    fn line(&self) -> Option<&Rc<Line>> {
        self.call_back.as_ref()?.line.as_ref()
    }

    fn stage(&self) -> Stage {
        self.line().map_or(Stage::Waits, |line| line.stage.get())
    }

    fn keep_company(&mut self) {
        if let Some(words) = self.words.as_ref().filter(|_| self.stage() == Stage::Waits) {
            // The host puts the new one in the old one's place.
            if let Some(mut company) = self.company.take() {
                company.ended();
            }
            self.company = Some(Company::begin(&self.call, Command::KeepWaiting(words.clone())));
        }
    }

    fn widen_to(&mut self, queues: Vec<String>) {
        let kept = self.line().and_then(|line| line.entry.get());
        if let Some(line) = self.line() {
            line.ask.borrow_mut().queues.extend(queues.iter().cloned());
        }
        if let Some(entry) = self.entry.id().or(kept) {
            self.widened += 1;
            self.call.run.order(Command::Widen(Widen { entry, queues }));
        }
    }

    /// Begins to listen for the key.
    fn may_be_called_back(&mut self, ask: EnterQueue) {
        let music = self.words.as_ref().and_then(|words| words.music.clone());
        let Some(call_back) = &mut self.call_back else { return };
        let line = Line::new(ask);
        let called_back = CalledBack {
            call: self.call.clone(),
            settings: call_back.settings,
            language: call_back.language.clone(),
            music,
            line: line.clone(),
        };
        call_back.line = Some(line);
        call_back.back = Some((call_back.begin)(called_back));
    }

    /// The caller is on the line, is asked, or keeps the place: what is heard fits that. Gives what
    /// has come of a call-back.
    fn poll_call_back(&mut self, context: &mut Context<'_>) -> Poll<Result<Agent, NotServed>> {
        let back = self.call_back.as_mut().and_then(|call_back| call_back.back.as_mut());
        let Some(back) = back else { return Poll::Pending };
        match back.as_mut().poll(context) {
            Poll::Ready(Back::Over(outcome)) => return Poll::Ready(outcome),
            Poll::Ready(Back::Caller(rest)) => {
                let line = self.line().map(|line| line.ask.borrow().clone());
                let Some(ask) = line else { return Poll::Pending };
                self.may_be_called_back(ask.clone());
                self.entry = Ordered::new(&self.call, Command::EnterQueue(ask));
                let _left = pin!(&mut self.entry).poll(context);
                drop(rest);
                self.keep_company();
                context.waker().wake_by_ref();
            }
            Poll::Pending => match (self.stage(), &self.company) {
                (Stage::Waits, None) => self.keep_company(),
                (Stage::Asked, Some(_)) => self.company = None,
                (Stage::Kept, _) if self.entry.id().is_some() => {
                    (self.company, self.announcing) = (None, None);
                    self.entry = Ordered::done(&self.call);
                }
                _ => {}
            },
        }
        Poll::Pending
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
        let kept = this.keeps_place();
        let entered = kept || this.entry.id().is_some();
        if !entered
            && this.call_back.is_some()
            && let Some(Command::EnterQueue(ask)) = this.entry.unsent()
        {
            let since = ask.waited_since.unwrap_or_else(|| this.call.now().instant);
            let ask = EnterQueue { waited_since: Some(since), ..ask.clone() };
            this.may_be_called_back(ask);
        }
        let mut served = match kept {
            true => Poll::Pending,
            false => pin!(&mut this.entry).poll(context),
        };
        if served.is_pending() && entered {
            served = this.poll_call_back(context);
        }
        if let Poll::Ready(outcome) = served {
            (this.timer, this.announcing, this.call_back) = (None, None, None);
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
            if this.call_back.is_some() {
                // The key is listened for from now on.
                context.waker().wake_by_ref();
            }
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
        if this.stage() == Stage::Waits
            && let (Some(announcing), Some(entry)) = (&mut this.announcing, this.entry.id())
        {
            announcing.poll(&this.call, entry, context);
        }
        Poll::Pending
    }
}
