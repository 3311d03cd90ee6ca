//! Calls of campaigns: how they begin, what they are told, and that they are over; and who is in a
//! call that is not of a campaign.

use super::{Inner, OfCampaign, Waiting, times::in_words};
use crate::{Exchange, is_full, running::Running};
use std::sync::{Arc, atomic::Ordering};
use strowger_call::Call;
use strowger_call_port::Input as CallInput;
use strowger_campaign::{By, Input, RefusedInput, Then};
use strowger_flows::{LoadedFlow, Snapshot};
use strowger_model::{
    CallId, CampaignName, PhoneNumber,
    campaign::WaitsFor,
    command::ContactOf,
    event::{ContactDue, Refusal, RefusalReason},
    read::PastCall,
    strangers::{Logged, LoggedName},
};
use strowger_pbx::port::{Address, LegId};
use strowger_site::CampaignTemplate;

impl Exchange {
    /// Begins the call of an attempt as soon as the attempt is in the journal: a host that starts
    /// again must not call the same person once more. Gives what the state machine has to hear.
    pub(super) fn call_when_committed(
        self: &Arc<Self>,
        inner: &mut Inner,
        waiting: Waiting,
    ) -> Vec<Input> {
        let Some(journal) = &self.journal else { return self.call_contact(inner, &waiting) };
        let (campaigns, committed) = (self.campaigns.clone(), waiting.committed.clone());
        inner.waiting.push(waiting);
        journal.store.when_committed(Box::new(move || {
            committed.store(true, Ordering::Release);
            campaigns.look.notify_one();
        }));
        Vec::new()
    }

    /// Begins the calls of attempts that have come into the journal. There may be hours between: just
    /// before it dials, each call asks whether it still may.
    pub(super) fn begin_committed(self: &Arc<Self>, inner: &mut Inner) {
        let is_committed = |it: &mut Waiting| it.committed.load(Ordering::Acquire);
        let committed: Vec<Waiting> = inner.waiting.extract_if(.., is_committed).collect();
        for waiting in committed {
            for input in self.call_contact(inner, &waiting) {
                self.campaigns_must(inner, input);
            }
        }
    }

    /// Begins the call of an attempt. Gives what the state machine has to hear if it cannot begin.
    fn call_contact(self: &Arc<Self>, inner: &mut Inner, waiting: &Waiting) -> Vec<Input> {
        let Waiting { campaign, row, attempt, number, .. } = waiting;
        let (row, attempt, number) = (*row, *attempt, *number);
        let over = || {
            let (campaign, contact, then) = (campaign.clone(), row, Then::Over);
            let over = Input::Disposition { campaign, contact, then, by: By::Hand };
            vec![over, Input::CannotBegin(attempt)]
        };
        let snapshot = self.catalogue.current();
        let Some(list) = inner.lists.get_mut(campaign) else { return over() };
        let template = snapshot.site.campaigns.get(&list.opened.template);
        let flow = match self.flow_for(template, &snapshot) {
            Ok(flow) => flow,
            Err(why) => {
                self.campaigns.look.notify_one();
                if !std::mem::replace(&mut list.said_full, true) {
                    tracing::error!(campaign = %LoggedName(campaign), "calls of the campaign cannot begin: {}. It goes on by itself when they can", in_words(why));
                }
                let template = list.opened.template.clone();
                inner.full.insert(template.clone());
                return vec![Input::Full { template, full: true }, Input::CannotBegin(attempt)];
            }
        };
        let Some((person, to)) = list.may_call(row, &snapshot.site) else { return over() };
        let at = self.clock.now();
        let Some((call, mail)) = self.register.enter(None, flow, at) else { return over() };
        let due = ContactDue {
            call,
            campaign: campaign.to_string(),
            contact: person.id.clone(),
            number: to.to_string(),
            attempt: number.into(),
            at,
        };
        let of = OfCampaign { call, campaign: campaign.clone(), row };
        inner.calls.insert(attempt, of);
        inner.attempts.insert(call, attempt);
        let on = flow.begin(at, Some(to.as_str()));
        let running = Running::new(Call::to_contact(flow.terms.clone(), due), self.clone(), on);
        self.runtime.spawn(running.run(None, mail));
        Vec::new()
    }

    /// The flow that talks with contacts, or why no call can begin now.
    pub(super) fn flow_for<'a>(
        &self,
        template: Option<&CampaignTemplate>,
        snapshot: &'a Snapshot,
    ) -> Result<&'a Arc<LoadedFlow>, WaitsFor> {
        let flow = template.and_then(|template| snapshot.flows.get(template.flow.as_str()));
        let flow = flow.filter(|flow| !flow.withdrawn).ok_or(WaitsFor::Flow)?;
        let full = || self.journal.as_ref().is_some_and(|journal| journal.store.is_full());
        match () {
            () if self.draining.load(Ordering::Relaxed) => Err(WaitsFor::Pbx),
            () if is_full(flow) || self.call_count() >= self.most_calls || full() => {
                Err(WaitsFor::Room)
            }
            () => Ok(flow),
        }
    }

    /// Whether the call of a contact may dial it at this moment, which may be long after the call
    /// began.
    pub(crate) fn contact_is_dialled(self: &Arc<Self>, call: CallId) -> Result<(), Refusal> {
        let mut inner = self.campaigns.lock();
        self.look_at_times(&mut inner);
        let not_now = |why: &str| {
            let detail = format!("the contact may not be called now: {why}");
            Refusal { reason: RefusalReason::WrongState, detail }
        };
        let Some(&attempt) = inner.attempts.get(&call) else {
            return Err(not_now("its campaign is not known any more"));
        };
        let list = |of: &OfCampaign| inner.lists.get(&of.campaign);
        let of = inner.calls.get(&attempt).and_then(|of| Some((of.row, list(of)?)));
        let site = self.catalogue.current().site.clone();
        if of.is_some_and(|(row, list)| list.may_call(row, &site).is_none()) {
            return Err(not_now("nobody may call this contact any more"));
        }
        let told = self.tell_campaigns(&mut inner, Input::Dials(attempt), Vec::new(), Some(call));
        match told {
            Ok(_) => Ok(()),
            Err(RefusedInput::NotNow(why)) => Err(not_now(why)),
            Err(other) => Err(not_now(&other.to_string())),
        }
    }

    /// A call dials somebody: no campaign calls that number meanwhile. The contact of the call's own
    /// campaign is known to be in it.
    pub(crate) fn number_is_dialled(self: &Arc<Self>, call: CallId, leg: &LegId, to: &Address) {
        let (Address::Number(text) | Address::Extension(text)) = to else { return };
        let Some(number) = self.catalogue.current().site.number(text) else { return };
        let mut inner = self.campaigns.lock();
        let key = inner.numbers.key(&number);
        let of = inner.attempts.get(&call).and_then(|attempt| inner.calls.get(attempt));
        let own = of.and_then(|of| inner.lists.get(&of.campaign)?.person(of.row)?.number.as_ref());
        if own != Some(&number) && inner.numbers.dial(call, leg, key) && inner.numbers.told {
            self.campaigns_must(&mut inner, Input::Busy(key));
        }
    }

    /// A leg is gone.
    pub(crate) fn leg_is_gone(self: &Arc<Self>, leg: &LegId) {
        let mut inner = self.campaigns.lock();
        self.number_is_free(&mut inner, leg);
    }

    fn number_is_free(self: &Arc<Self>, inner: &mut Inner, leg: &LegId) {
        if let Some(key) = inner.numbers.gone(leg)
            && inner.numbers.told
        {
            self.campaigns_must(inner, Input::Free(key));
            self.campaigns.look.notify_one();
        }
    }

    /// The flow of a contact's call under way, and since when, for a caller with that number.
    pub(crate) fn contact_called_now(&self, number: &PhoneNumber) -> Option<PastCall> {
        let inner = self.campaigns.lock();
        let of = inner.calls.values().find(|of| {
            let person = inner.lists.get(&of.campaign).and_then(|list| list.person(of.row));
            person.is_some_and(|person| person.number.as_ref() == Some(number))
        })?;
        let contact = inner.lists.get(&of.campaign)?.person(of.row)?.id.clone();
        let (flow, at) = self.register.flow_of(of.call)?;
        Some(PastCall {
            at,
            outbound: true,
            flow: flow.to_string(),
            outcome: String::new(),
            dialled: number.to_string(),
            campaign: Some(ContactOf { campaign: of.campaign.to_string(), contact }),
        })
    }

    /// The calls of a campaign are told how many places are left.
    pub(super) fn say_goal(
        &self,
        inner: &Inner,
        campaign: &CampaignName,
        remaining: u32,
        but: Option<CallId>,
    ) {
        let told = inner.calls.values().filter(|of| of.campaign == *campaign);
        told.filter(|of| Some(of.call) != but).for_each(|of| self.say_goal_to(of, remaining));
    }

    pub(super) fn say_goal_to(&self, of: &OfCampaign, remaining: u32) {
        let campaign = of.campaign.clone();
        self.register.post(of.call, CallInput::Goal { campaign, remaining });
    }

    /// The first step of a call was dealt with: the agents whom it needs are not free any more.
    pub(crate) fn contact_is_placed(self: &Arc<Self>, call: CallId) {
        let mut inner = self.campaigns.lock();
        if let Some(attempt) = inner.attempts.get(&call).copied() {
            // The room is looked at first: who is taken is not free in it.
            self.look_at_room(&mut inner);
            self.campaigns_must(&mut inner, Input::Placed(attempt));
            self.campaigns.look.notify_one();
        }
    }

    /// A caller with that number is in a call.
    pub(crate) fn caller_is_in(self: &Arc<Self>, call: CallId, number: Option<&str>) {
        let number = number.and_then(|number| number.parse::<PhoneNumber>().ok());
        let Some(number) = number else { return };
        let mut inner = self.campaigns.lock();
        let key = inner.numbers.enter(call, &number);
        if inner.numbers.told {
            self.campaigns_must(&mut inner, Input::Busy(key));
        }
    }

    /// A call is over: perhaps one of a campaign, perhaps of somebody whom a campaign waits for.
    pub(crate) fn call_is_over(self: &Arc<Self>, call: CallId) {
        let mut inner = self.campaigns.lock();
        if let Some(key) = inner.numbers.leave(call)
            && inner.numbers.told
        {
            self.campaigns_must(&mut inner, Input::Free(key));
        }
        // A leg that has become another call's is still up.
        for leg in inner.numbers.left_by(call) {
            match self.register.of_leg(&leg).filter(|owner| *owner != call) {
                Some(owner) => inner.numbers.passes(&leg, owner),
                None => self.number_is_free(&mut inner, &leg),
            }
        }
        if let Some(attempt) = inner.attempts.remove(&call) {
            inner.calls.remove(&attempt);
            self.campaigns_must(&mut inner, Input::Ended(attempt));
            self.campaigns.look.notify_one();
        }
    }

    /// The state machine is told who is in a call as long as it may call somebody.
    pub(super) fn watch_callers(self: &Arc<Self>, inner: &mut Inner) {
        let wanted = inner.some_go_on();
        if wanted == inner.numbers.told {
            return;
        }
        inner.numbers.told = wanted;
        for key in inner.numbers.in_calls() {
            let input = if wanted { Input::Busy(key) } else { Input::Free(key) };
            self.campaigns_must(inner, input);
        }
    }

    /// Gives the campaigns an input that they cannot refuse.
    pub(super) fn campaigns_must(self: &Arc<Self>, inner: &mut Inner, input: Input) {
        if let Err(refused) = self.tell_campaigns(inner, input, Vec::new(), None) {
            tracing::error!("a campaign cannot go on: {}; please report this", Logged(refused));
        }
    }
}
