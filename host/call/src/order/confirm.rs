//! A key that has to be pressed at a phone of an agent before anybody is connected: a voice mail
//! presses none.
//!
//! Until then the phone counts as one that rings, so the ring time limits the question too.

use crate::turn::Turn;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use strowger_model::{AgentName, Prompt};
use strowger_pbx::port::{LegId, PbxCommand, PlayId};

/// The key is awaited.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Confirming {
    key: char,
    /// The question, once the phone was answered.
    pub(crate) asking: Option<PlayId>,
}

/// How often the question is asked, and the silence between.
const ASKED: usize = 3;
const BETWEEN: Duration = Duration::from_secs(2);

impl Turn<'_> {
    /// What is asked for at an endpoint of an agent, as the floor counts them.
    pub(crate) fn to_confirm(&self, agent: &AgentName, endpoint: usize) -> Option<Box<Confirming>> {
        let asked = self.house.endpoint(agent, endpoint).is_some_and(|endpoint| endpoint.confirm);
        let confirm = self.house.site().confirm.as_ref().map(|confirm| confirm.key);
        confirm.filter(|_| asked).map(|key| Box::new(Confirming { key, asking: None }))
    }

    /// Somebody has answered who has to press a key first: it is asked for.
    pub(crate) fn asks_to_confirm(&mut self, id: &LegId) -> bool {
        let leg = self.call.legs.by_id(id);
        if leg.is_none_or(|leg| leg.confirm.is_none()) {
            return false;
        }
        let site = self.house.site();
        let Some(confirm) = &site.confirm else { return false };
        let text =
            Prompt::Text { text: confirm.text.clone(), language: Some(site.language.clone()) };
        let prompts = [text, Prompt::Silence(BETWEEN)].into_iter().cycle().take(2 * ASKED);
        self.call.plays += 1;
        let play = PlayId(format!("{}-p{}", self.call.id, self.call.plays).into());
        if let Some(leg) = self.call.legs.by_id_mut(id)
            && let Some(confirming) = &mut leg.confirm
        {
            confirming.asking = Some(play.clone());
        }
        let (conversation, prompts) = (id.clone(), prompts.collect());
        self.send(PbxCommand::Play { play, conversation, prompts });
        true
    }

    /// A key is pressed where one is awaited. False: none is.
    pub(crate) fn confirms_phone(&mut self, id: &LegId, digit: char) -> bool {
        let leg = self.call.legs.by_id_mut(id).filter(|leg| leg.up && !leg.is_ending());
        let Some(leg) = leg.filter(|leg| leg.confirm.is_some()) else { return false };
        if let Some(confirming) = leg.confirm.take_if(|confirming| confirming.key == digit) {
            self.stop(confirming.asking);
            self.reached(id);
        }
        true
    }
}
