//! An agent's conversation that waits while the agent is in an urgent call (R5): another call, with
//! a leg of its own to the agent's phone. The floor says when the agent goes and when the agent is
//! back; the flow is told `held` and `returned`.

use crate::turn::Turn;
use strowger_model::{Event, LegName, OrderId};
use strowger_pbx::port::{ConversationId, LegId, PbxCommand};

impl Turn<'_> {
    /// The agent has answered an urgent call: those in conversation with the agent hear music.
    pub(crate) fn agent_goes(&mut self, entry: OrderId) {
        let Some((name, id)) = self.agent_of(entry) else { return };
        let Ok(leg) = self.call.legs.up(&name) else { return };
        let Some(with) =
            self.call.legs.iter().find(|other| other.is_with(leg)).map(|other| other.id.clone())
        else {
            return;
        };
        let to = if leg.place == id { with } else { leg.place.clone() };
        // Whoever is in the agent's own conversation goes to one of their own; nobody awaits these
        // moves.
        let _ = self.set_apart(&name);
        if let Some(leg) = self.call.legs.by_id_mut(&id) {
            leg.away_from = Some(to.clone());
        }
        self.music_in(&to, true);
        self.tell(Event::Held { leg: name });
    }

    /// The agent is back.
    pub(crate) fn agent_returns(&mut self, entry: OrderId) {
        let Some((name, id)) = self.agent_of(entry) else { return };
        let Some(to) = self.call.legs.by_id_mut(&id).and_then(|leg| leg.away_from.take()) else {
            return;
        };
        self.music_in(&to, false);
        self.move_all(std::slice::from_ref(&name), &to);
        self.tell(Event::Returned { leg: name });
    }

    /// The flow connects legs in a conversation: an agent among them who is away comes back to that
    /// one, and the others hear music until then.
    pub(crate) fn come_back_to(&mut self, legs: &[LegName], to: &ConversationId) {
        let mut anybody = false;
        for leg in
            self.call.legs.iter_mut().filter(|leg| leg.is_visible() && legs.contains(&leg.name))
        {
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
        self.call.legs.of_agent(order).map(|leg| (leg.name.clone(), leg.id.clone()))
    }

    /// Music for those who wait for their agent, unless they hear music for another reason, or
    /// silence.
    pub(crate) fn music_in(&mut self, conversation: &ConversationId, on: bool) {
        let Some(leg) = self
            .call
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
