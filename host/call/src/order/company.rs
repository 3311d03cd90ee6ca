//! Keeping a waiting leg company: music, and prompts that the host repeats by itself, without a
//! step of the flow.

use super::{Carried, queue::Queueing, refusal};
use crate::{orders::Kind, turn::Turn};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use strowger_model::{
    LegName, OrderId, Outcome, Prompt, command::KeepWaiting, event::RefusalReason,
};
use strowger_pbx::port::{ConversationId, PbxCommand, PlayId};

/// Prompts are repeated no sooner.
const EVERY: Duration = Duration::from_secs(1);

/// Music, and prompts now and then.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Company {
    pub(crate) leg: LegName,
    /// Where the leg waits.
    pub(crate) place: ConversationId,
    pub(crate) music: Option<String>,
    pub(crate) prompts: Arc<[Prompt]>,
    pub(crate) every: Duration,
    /// The prompts being played.
    pub(crate) play: Option<PlayId>,
}

impl Kind for Company {
    const REPEATS: bool = true;

    fn is_of(&self, leg: &LegName) -> bool {
        &self.leg == leg
    }

    fn take_back(self, _: OrderId, turn: &mut Turn<'_>) {
        turn.stop(self.play);
        // Nobody is left to hear it if the leg is gone.
        if self.music.is_some() && turn.call.legs.get(&self.leg).is_some() {
            turn.send(PbxCommand::Music { leg: self.place, class: None });
        }
    }

    fn leg_gone(&self, _: &LegName) -> Option<Outcome> {
        None
    }

    fn due(id: OrderId, turn: &mut Turn<'_>) {
        turn.repeat_company(id);
    }

    fn resumed(id: OrderId, turn: &mut Turn<'_>) {
        let hushed = |queueing: &Queueing| {
            queueing.ask.with_caller && (queueing.is_joining() || queueing.begun().is_some())
        };
        let hushed = turn.call.orders.find(hushed).is_some();
        let Some(company) = turn.call.orders.get_mut::<Company>(id) else { return };
        company.play = None;
        let (leg, class) = (company.place.clone(), company.music.clone());
        if class.is_some() && !(hushed && company.leg.is_caller()) {
            turn.send(PbxCommand::Music { leg, class });
        }
    }
}

impl Turn<'_> {
    pub(crate) fn keep_waiting(&mut self, id: OrderId, ask: KeepWaiting) -> Carried {
        self.call.legs.up(&ask.leg)?;
        if !ask.every.is_zero() && ask.every < EVERY {
            let why = "prompts are repeated once in a second at most, or never (0)";
            return Err(refusal(RefusalReason::Invalid, why));
        }
        let site = self.call.terms.site.clone();
        let music = match &ask.music {
            None => None,
            Some(class) => Some(site.music.get(class).cloned().ok_or_else(|| {
                refusal(RefusalReason::UnknownName, format!("the site has no music {class:?}"))
            })?),
        };
        let prompts = self.voiced(ask.prompts)?;
        self.end_company_of(&ask.leg);
        let Some(place) = self.place_of(&ask.leg) else { return Ok(()) };
        let due = (!prompts.is_empty()).then(|| self.in_(ask.first_after));
        self.send(PbxCommand::Music { leg: place.clone(), class: music.clone() });
        let company = Company { leg: ask.leg, place, music, prompts, every: ask.every, play: None };
        self.call.orders.open(id, due, company);
        if ask.first_after.is_zero() {
            self.repeat_company(id);
        }
        Ok(())
    }

    /// The prompts again, unless the last are still being heard.
    fn repeat_company(&mut self, id: OrderId) {
        let Some(company) = self.call.orders.get::<Company>(id) else { return };
        let (leg, prompts, every) = (company.leg.clone(), company.prompts.clone(), company.every);
        if company.play.is_none() && !prompts.is_empty() {
            let play = self.play(&leg, prompts);
            if let Some(company) = self.call.orders.get_mut::<Company>(id) {
                company.play = play;
            }
        }
        let due = (!every.is_zero()).then(|| self.in_(every));
        self.call.orders.set_due(id, due);
    }

    /// The leg waits no more.
    pub(crate) fn end_company_of(&mut self, leg: &LegName) {
        if let Some((id, _)) = self.call.orders.find(|company: &Company| &company.leg == leg) {
            self.take_back(id);
        }
    }

    /// Silence, while an agent is on the way; the prompts pause too.
    pub(crate) fn hush_company(&mut self, leg: &LegName) {
        let of_leg = |company: &Company| &company.leg == leg;
        let Some((id, company)) = self.call.orders.find_mut(of_leg) else { return };
        let (place, play) = (company.place.clone(), company.play.take());
        self.call.orders.set_due(id, None);
        self.stop(play);
        self.send(PbxCommand::Music { leg: place, class: None });
    }

    /// The agent did not come: music again, and the prompts from their next turn on.
    pub(crate) fn resume_company(&mut self, leg: &LegName) {
        let of_leg = |company: &Company| &company.leg == leg;
        let Some((id, company)) = self.call.orders.find(of_leg) else { return };
        let (place, music) = (company.place.clone(), company.music.clone());
        let talks = !company.prompts.is_empty() && !company.every.is_zero();
        let due = talks.then(|| self.in_(company.every));
        self.call.orders.set_due(id, due);
        self.send(PbxCommand::Music { leg: place, class: music });
    }

    /// Prompts of company were heard to their end.
    pub(crate) fn company_played(&mut self, play: &PlayId) -> bool {
        let ours = |company: &Company| company.play.as_ref() == Some(play);
        let company = self.call.orders.find_mut(ours);
        company.map(|(_, company)| company.play = None).is_some()
    }
}
