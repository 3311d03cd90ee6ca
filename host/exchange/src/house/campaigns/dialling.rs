//! Calls of campaigns: how they begin, what they are told, and that they are over; and who is in a
//! call that is not of a campaign.

use super::{Inner, OfCampaign};
use crate::{Exchange, is_full, running::Running};
use std::sync::{Arc, atomic::Ordering};
use strowger_call::Call;
use strowger_call_port::Input as CallInput;
use strowger_campaign::{AttemptId, Input, Row};
use strowger_model::{CallId, CampaignName, PhoneNumber, event::ContactDue};

impl Exchange {
    /// Begins the call of an attempt. False: it cannot begin, and counts as made.
    pub(super) fn call_contact(
        self: &Arc<Self>,
        inner: &mut Inner,
        campaign: &CampaignName,
        row: Row,
        attempt: AttemptId,
        number: u16,
    ) -> bool {
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
            tracing::error!(%campaign, contact = person.id, "the contact cannot be called now: the host or the flow of the campaign has too many calls, or the flow does not serve. This attempt is lost");
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
        let of = OfCampaign { call, campaign: campaign.clone(), row, counts: false };
        inner.calls.insert(attempt, of);
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

    /// Somebody is called in the call of a contact: the attempt counts.
    pub(crate) fn contact_is_called(&self, call: CallId) {
        self.campaigns.lock().counts(call);
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
        if let Some(attempt) = inner.attempts.remove(&call) {
            let counts = inner.calls.remove(&attempt).is_none_or(|of| of.counts);
            let input = if counts { Input::Ended(attempt) } else { Input::NobodyCalled(attempt) };
            self.campaigns_must(&mut inner, input);
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
            tracing::error!("a campaign cannot go on: {refused}; please report this");
        }
    }
}

impl Inner {
    /// The attempt that a call is for counts, if it is for one.
    pub(super) fn counts(&mut self, call: CallId) {
        let attempt = self.attempts.get(&call);
        if let Some(of) = attempt.and_then(|attempt| self.calls.get_mut(attempt)) {
            of.counts = true;
        }
    }
}
