//! An agent's conversation that waits while the agent is in an urgent call (R5): another call, with
//! a leg of its own to the agent's phone. The floor says when the agent goes and when the agent is
//! back; the flow is told `held` and `returned`.

use super::Call;
use strowger_model::{Event, LegName, OrderId};
use strowger_pbx::port::{ConversationId, LegId, PbxCommand};

impl Call {
    /// The agent has answered an urgent call: those in conversation with the agent hear music.
    pub(super) fn agent_goes(&mut self, entry: OrderId) {
        let Some((name, id)) = self.agent_of(entry) else { return };
        let Ok(leg) = self.up(&name) else { return };
        let Some(with) =
            self.legs.iter().find(|other| other.is_with(leg)).map(|other| other.id.clone())
        else {
            return;
        };
        let to = if leg.place == id { with } else { leg.place.clone() };
        // Whoever is in the agent's own conversation goes to one of their own; nobody awaits these
        // moves.
        let _ = self.set_apart(&name);
        if let Some(leg) = self.leg_by_id(&id) {
            leg.away_from = Some(to.clone());
        }
        self.music_in(&to, true);
        self.tell(Event::Held { leg: name });
    }

    /// The agent is back.
    pub(super) fn agent_returns(&mut self, entry: OrderId) {
        let Some((name, id)) = self.agent_of(entry) else { return };
        let Some(to) = self.leg_by_id(&id).and_then(|leg| leg.away_from.take()) else { return };
        self.music_in(&to, false);
        self.move_all(std::slice::from_ref(&name), &to);
        self.tell(Event::Returned { leg: name });
    }

    /// The flow connects legs in a conversation: an agent among them who is away comes back to that
    /// one, and the others hear music until then.
    pub(super) fn come_back_to(&mut self, legs: &[LegName], to: &ConversationId) {
        let mut anybody = false;
        for leg in self.legs.iter_mut().filter(|leg| leg.is_visible() && legs.contains(&leg.name)) {
            if let Some(conversation) = &mut leg.away_from {
                conversation.clone_from(to);
                anybody = true;
            }
        }
        if anybody {
            self.music_in(to, true);
        }
    }

    fn agent_of(&self, order: OrderId) -> Option<(LegName, LegId)> {
        let is_of = |leg: &&super::Leg| {
            leg.is_visible() && leg.agent().is_some_and(|(entry, _)| entry == order)
        };
        self.legs.iter().find(is_of).map(|leg| (leg.name.clone(), leg.id.clone()))
    }

    /// Music for those who wait for their agent, unless they hear music for another reason, or
    /// silence.
    pub(super) fn music_in(&mut self, conversation: &ConversationId, on: bool) {
        let Some(leg) = self
            .legs
            .iter()
            .find(|leg| &leg.id == conversation && leg.held_from.is_none())
            .map(|leg| leg.id.clone())
        else {
            return;
        };
        match on {
            true => self.hold_music(leg),
            false => self.send(PbxCommand::Music { leg, class: None }),
        }
    }
}
