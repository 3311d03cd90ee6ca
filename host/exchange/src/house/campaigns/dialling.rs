//! Calls of campaigns: how they begin, what they are told, and that they are over; and who is in a
//! call that is not of a campaign.

use super::{Inner, OfCampaign, Waiting};
use crate::{Exchange, is_full, running::Running};
use std::{
    mem,
    sync::{Arc, atomic::Ordering},
};
use strowger_call::Call;
use strowger_call_port::Input as CallInput;
use strowger_campaign::{Input, NumberKey, Phase, Stage};
use strowger_model::{
    CallId, CampaignName, PhoneNumber,
    event::ContactDue,
    strangers::{Logged, LoggedName},
};

/// Whether the call of an attempt begins.
enum Begins {
    Now,
    Later,
    Never,
}

impl Exchange {
    /// Begins the call of an attempt as soon as the attempt is in the journal: a host that starts
    /// again must not call the same person once more. Gives back an input that has to follow at once.
    pub(super) fn call_when_committed(
        self: &Arc<Self>,
        inner: &mut Inner,
        waiting: Waiting,
    ) -> Option<Input> {
        let Some(journal) = &self.journal else {
            let begun = self.call_contact(inner, &waiting);
            return (!begun).then_some(Input::Ended(waiting.attempt));
        };
        let (campaigns, committed) = (self.campaigns.clone(), waiting.committed.clone());
        inner.waiting.push(waiting);
        journal.store.when_committed(Box::new(move || {
            committed.store(true, Ordering::Release);
            campaigns.look.notify_one();
        }));
        None
    }

    /// Begins the calls of attempts that have come into the journal.
    pub(super) fn begin_committed(self: &Arc<Self>, inner: &mut Inner) {
        for waiting in mem::take(&mut inner.waiting) {
            let begun = match self.begins(inner, &waiting) {
                Begins::Later => {
                    inner.waiting.push(waiting);
                    continue;
                }
                Begins::Now => self.call_contact(inner, &waiting),
                Begins::Never => false,
            };
            if !begun {
                self.campaigns_must(inner, Input::Ended(waiting.attempt));
            }
        }
    }

    /// Between an attempt and its call there may be hours if the journal cannot be written.
    fn begins(&self, inner: &Inner, waiting: &Waiting) -> Begins {
        let Waiting { campaign, row, committed, .. } = waiting;
        let Some(list) = inner.lists.get(campaign) else { return Begins::Never };
        let number = list.person(*row).and_then(|person| person.number.as_ref());
        let Some(number) = number else { return Begins::Never };
        let NumberKey(key) = inner.numbers.key(number);
        let Some(status) = inner.dialler.status(campaign.as_str()) else { return Begins::Never };
        let stage = inner.dialler.contact(campaign.as_str(), *row).map(|contact| contact.stage);
        let wanted = match status.phase {
            Phase::Running => {
                matches!(stage, Some(Stage::ToOffer | Stage::Chosen | Stage::ToTell))
            }
            Phase::Telling => matches!(stage, Some(Stage::ToTell)),
            Phase::Ended(_) => false,
        };
        if !wanted || inner.numbers.never.contains_key(&key) {
            return Begins::Never;
        }
        let is_free = !inner.numbers.in_calls().contains(&NumberKey(key));
        let may = committed.load(Ordering::Acquire) && is_free && !status.paused;
        match may && self.waits_for(inner, list).is_none() {
            true => Begins::Now,
            false => Begins::Later,
        }
    }

    /// Begins the call of an attempt. False: it cannot begin, and counts as made.
    fn call_contact(self: &Arc<Self>, inner: &mut Inner, waiting: &Waiting) -> bool {
        let Waiting { campaign, row, attempt, number, .. } = waiting;
        let (row, attempt, number) = (*row, *attempt, *number);
        let Some(list) = inner.lists.get(campaign) else { return false };
        let Some(person) = list.person(row) else { return false };
        let Some(to) = &person.number else { return false };
        let snapshot = self.catalogue.current();
        let template = snapshot.site.campaigns.get(&list.opened.template);
        let flow = template.and_then(|template| snapshot.flows.get(template.flow.as_str()));
        let flow = flow.filter(|flow| !flow.withdrawn && !is_full(flow));
        let busy = self.call_count() >= self.most_calls
            || self.draining.load(Ordering::Relaxed)
            || self.journal.as_ref().is_some_and(|journal| journal.store.is_full());
        let Some(flow) = flow.filter(|_| !busy) else {
            tracing::error!(campaign = %LoggedName(campaign), contact = %LoggedName(&person.id), "the contact cannot be called now: the host or the flow of the campaign has too many calls, or the flow does not serve. This attempt is lost");
            return false;
        };
        let at = self.clock.now();
        let Some((call, mail)) = self.register.enter(None, flow, at) else { return false };
        let due = ContactDue {
            call,
            campaign: campaign.to_string(),
            contact: person.id.clone(),
            number: to.to_string(),
            attempt: number.into(),
            at,
        };
        inner.calls.insert(attempt, OfCampaign { call, campaign: campaign.clone(), row });
        inner.attempts.insert(call, attempt);
        let on = flow.begin(at, Some(to.as_str()));
        let running = Running::new(Call::to_contact(flow.terms.clone(), due), self.clone(), on);
        self.runtime.spawn(running.run(None, mail));
        true
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
        if !inner.waiting.is_empty() {
            self.campaigns.look.notify_one();
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
