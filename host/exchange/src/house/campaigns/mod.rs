//! The campaigns of the site: who of their lists is called next, and what came of it.
//!
//! Owns the state machine (`strowger_campaign`), the lists, and the do-not-call list, behind one
//! lock. What the state machine wants kept is in the journal before a call begins because of it. Calls
//! of campaigns can wait: where others go on without the journal, these do not begin.
//!
//! * `list`: the people of a campaign. `numbers`: numbers as hashes, and which are in calls.
//! * `dialling`: calls that begin, go on and end.
//! * `times`: opening hours, and the room that inbound calls leave.
//! * `desk`: what people do with campaigns and see of them.
//! * `ordered`: what flows order and ask.
//! * `restored`: the campaigns of an earlier host.

pub(crate) mod desk;
mod dialling;
mod list;
mod numbers;
mod ordered;
mod restored;
mod times;

use crate::{Exchange, house::campaigns::numbers::Numbers};
use list::List;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use strowger_campaign::{
    Alarm, AttemptId, Claimed, Dialler, Input, Kept, Output, Over, Phase, RefusedInput, Row,
};
use strowger_journal::{CampaignChange, Change, Entry, KeptCampaign, encode};
use strowger_model::{
    CallId, CampaignName, TemplateName, Timestamp, campaign::Disposed, strangers::LoggedName,
};
use tokio::sync::Notify;

pub(crate) use times::tick;

/// What came of a contact whose number is on the do-not-call list.
const DO_NOT_CALL: &str = "do-not-call";

/// Campaigns, and the numbers that they do not call.
pub(crate) struct Campaigns {
    inner: Mutex<Inner>,
    /// Something has happened because of which somebody may have to be called.
    look: Notify,
    /// A campaign runs that gives way to inbound calls.
    gives_way: AtomicBool,
}

struct Inner {
    dialler: Dialler,
    lists: BTreeMap<CampaignName, List>,
    /// Ended before the host started, and not asked for since: their lists are in the journal only.
    asleep: BTreeMap<CampaignName, KeptCampaign>,
    numbers: Numbers,
    /// The calls of campaigns, by attempt,
    calls: BTreeMap<AttemptId, OfCampaign>,
    /// and the attempt of each call.
    attempts: HashMap<CallId, AttemptId>,
    /// Attempts whose calls have not begun: they are not in the journal, or may not begin now.
    waiting: Vec<Waiting>,
    /// Until when each template is open, as the state machine was told; none: it is closed.
    hours: BTreeMap<TemplateName, Option<Duration>>,
    /// Templates whose calls cannot begin, as the state machine was told.
    full: BTreeSet<TemplateName>,
    /// When hours, and what is kept free, are looked at again at the latest.
    changes: Option<Timestamp>,
    /// The PBX can be reached.
    reachable: bool,
}

/// The call of an attempt.
#[derive(Clone)]
struct OfCampaign {
    call: CallId,
    campaign: CampaignName,
    row: Row,
}

/// An attempt whose call has not begun.
struct Waiting {
    campaign: CampaignName,
    row: Row,
    attempt: AttemptId,
    number: u16,
    /// The attempt is in the journal.
    committed: Arc<AtomicBool>,
}

impl Campaigns {
    /// Whole between any two inputs: what a panic left undone, the state machine does not rely on.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something has happened on the floor.
    pub(crate) fn floor_changed(&self) {
        if self.gives_way.load(Ordering::Relaxed) {
            self.look.notify_one();
        }
    }

    /// Something has happened because of which hours or room have to be looked at.
    pub(crate) fn look_again(&self) {
        self.look.notify_one();
    }

    /// The PBX can be reached from now on, or cannot.
    pub(crate) fn reachable(&self, reachable: bool) {
        self.lock().reachable = reachable;
        self.look.notify_one();
    }
}

impl Inner {
    /// Whether any campaign may still call somebody.
    fn some_go_on(&self) -> bool {
        let goes_on = |list: &List| list.ended.is_none();
        self.lists.values().any(goes_on)
    }
}

impl Exchange {
    /// Gives the campaigns an input, has the journal take what comes of it, and does it. `first`:
    /// what the journal takes before that, if the input is taken. `by`: the call that it comes from,
    /// which need not be told. Gives what came of a claim.
    fn tell_campaigns(
        self: &Arc<Self>,
        inner: &mut Inner,
        input: Input,
        first: Vec<CampaignChange>,
        by: Option<CallId>,
    ) -> Result<Option<Claimed>, RefusedInput> {
        let mut claimed = None;
        let (mut inputs, mut first) = (VecDeque::from([input]), Some(first));
        let mut result = Ok(());
        while let Some(input) = inputs.pop_front() {
            let mut outputs = Vec::new();
            let taken = inner.dialler.input(self.clock.elapsed(), input, &mut outputs);
            let before = match (first.take(), &taken) {
                (Some(first), Ok(())) => first,
                _ => Vec::new(),
            };
            if taken.is_err() && result.is_ok() {
                result = taken;
            }
            self.keep_campaigns(inner, before, &outputs);
            for output in outputs {
                inputs.extend(self.campaigns_want(inner, output, by, &mut claimed));
            }
        }
        result.map(|()| claimed)
    }

    /// The journal takes it as a whole, but for lists, which come before it.
    fn keep_campaigns(&self, inner: &mut Inner, first: Vec<CampaignChange>, outputs: &[Output]) {
        let now = self.clock.now();
        let mut kept = Vec::new();
        for output in outputs {
            match output {
                Output::Keep(keep) => kept.extend(inner.kept(keep, now)),
                Output::NeverCalled { campaign, contact } => {
                    kept.extend(inner.never_called(campaign, *contact, now));
                }
                _ => {}
            }
        }
        let Some(journal) = &self.journal else { return };
        let is_list = |change: &CampaignChange| matches!(change, CampaignChange::Listed { .. });
        let (lists, first): (Vec<_>, Vec<_>) = first.into_iter().partition(is_list);
        let whole = first.into_iter().chain(kept).collect();
        for changes in lists.into_iter().map(|list| vec![list]).chain([whole]) {
            let change = |change| Change::Campaign(Box::new(change));
            let changes: Vec<Change> = changes.into_iter().map(change).collect();
            if !changes.is_empty() {
                journal.store.submit(Entry { changes, release: None });
            }
        }
    }

    /// Does what the state machine wants. Gives back what has to follow at once.
    fn campaigns_want(
        self: &Arc<Self>,
        inner: &mut Inner,
        output: Output,
        by: Option<CallId>,
        answer: &mut Option<Claimed>,
    ) -> Vec<Input> {
        match output {
            Output::Keep(_) => {}
            Output::Due { campaign, contact, attempt, number, .. } => {
                let committed = Arc::default();
                let waiting = Waiting { campaign, row: contact, attempt, number, committed };
                return self.call_when_committed(inner, waiting);
            }
            Output::Claimed { claimed, .. } => *answer = Some(claimed),
            Output::NeverCalled { .. } => {}
            // Whoever is being offered one is told that there are none any more by `Withdrawn`.
            Output::Goal { remaining: 0, .. } => {}
            Output::Goal { campaign, remaining } => self.say_goal(inner, &campaign, remaining, by),
            Output::Withdrawn { attempt, .. } | Output::Accepted { attempt } => {
                if let Some(of) = inner.calls.get(&attempt).filter(|of| Some(of.call) != by) {
                    self.say_goal_to(of, 0);
                }
            }
            Output::ToChoose { campaign, accepted } => {
                inner.alarmed(&campaign, self.clock.now());
                let accepted = match accepted {
                    1 => "1 person has accepted".to_owned(),
                    many => format!("{many} people have accepted"),
                };
                tracing::error!(
                    campaign = %LoggedName(&campaign),
                    "ALARM: {accepted}, and a planner has to choose: \
                     `strowger campaign export` shows who"
                );
            }
            Output::Alarm { campaign, remaining, why } => {
                inner.alarmed(&campaign, self.clock.now());
                let why = match why {
                    Alarm::EverybodyAsked => "nobody is left to be called",
                    Alarm::Soon => "the time of the campaign is over soon",
                    Alarm::NeverDials => {
                        "the campaign is paused, for its flow has called nobody in several calls in a row: see that the flow of its template is made for campaigns"
                    }
                };
                let places = match remaining {
                    1 => "1 place is".to_owned(),
                    many => format!("{many} places are"),
                };
                tracing::error!(campaign = %LoggedName(&campaign), "ALARM: {why}; {places} not filled");
            }
            Output::Ended { campaign, why } => {
                let why = match why {
                    Over::Filled => "all places are filled",
                    Over::ListOver => "nobody is left to be called",
                    Over::TimeOver => "its time is over",
                    Over::Stopped => "it was stopped",
                };
                tracing::info!(campaign = %LoggedName(&campaign), "a campaign has ended: {why}");
            }
        }
        Vec::new()
    }
}

impl Inner {
    /// What came of a contact who is on the do-not-call list. Who was erased is nobody.
    fn never_called(
        &mut self,
        campaign: &CampaignName,
        contact: Row,
        now: Timestamp,
    ) -> Option<CampaignChange> {
        let list = self.lists.get_mut(campaign)?;
        list.person(contact)?.number.as_ref()?;
        let (name, row) = (campaign.clone(), contact.0);
        let outcome = DO_NOT_CALL.to_owned();
        let disposed = Disposed { outcome, reason: None, at: now, agent: None };
        list.disposed.insert(row, disposed.clone());
        Some(CampaignChange::Disposed { name, row, disposed })
    }

    fn alarmed(&mut self, campaign: &CampaignName, now: Timestamp) {
        if let Some(list) = self.lists.get_mut(campaign) {
            list.alarms.push(now);
        }
    }

    /// What the journal takes of it.
    fn kept(&mut self, keep: &Kept, now: Timestamp) -> Option<CampaignChange> {
        Some(match keep {
            Kept::Campaign(kept) => {
                let list = self.lists.get_mut(&kept.name)?;
                list.ended = match kept.phase {
                    Phase::Ended(_) => list.ended.or(Some(now)),
                    Phase::Running | Phase::Telling => None,
                };
                let (name, ended) = (kept.name.clone(), list.ended);
                CampaignChange::State { name, ended, state: encode(kept) }
            }
            Kept::Contact { campaign, contact, standing } => CampaignChange::Contact {
                name: campaign.clone(),
                row: contact.0,
                state: encode(standing),
            },
            Kept::DoNotCall { number, .. } => self.numbers.change(*number),
            Kept::Forgotten(name) => {
                self.lists.remove(name);
                CampaignChange::Forgotten(name.clone())
            }
        })
    }
}
