//! The connection to the host, and what the world says when it is asked: what is alive, who hears
//! whom, what a phone shows.

use super::world::{Far, Slot, State, World};
use std::{mem, time::Duration};
use strowger_conformance::{Hearing, Shown};
use strowger_pbx::port::{Address, AliveLeg, LegState, PbxCommand, PbxEvent};

impl World {
    pub(super) fn cut(&mut self, why: &str) {
        self.tell(PbxEvent::Lost { why: why.to_owned() });
        self.connected = false;
    }

    pub(super) fn mend(&mut self) {
        if !mem::replace(&mut self.connected, true) {
            self.sync();
            for event in mem::take(&mut self.missed) {
                if event.leg().is_some_and(|leg| self.find(leg).is_some()) {
                    self.tell(event);
                }
            }
        }
    }

    pub(super) fn sync(&mut self) {
        let alive = self.alive();
        self.tell(PbxEvent::Synced { alive });
    }

    /// What is alive; legs whose dial is on its way are.
    pub(super) fn alive(&self) -> Vec<AliveLeg> {
        let on_its_way = self.commands.iter().filter_map(|(_, command)| match command {
            PbxCommand::Dial { leg, .. } if !self.legs.contains_key(leg) => Some(AliveLeg {
                leg: leg.clone(),
                state: LegState::Down,
                conversation: None,
                arrived: None,
                age: Duration::ZERO,
            }),
            _ => None,
        });
        self.slots
            .iter()
            .zip(0..)
            .filter_map(|(there, slot)| {
                let there = there.as_ref().filter(|there| there.state != State::Gone)?;
                let inbound = matches!(there.far, Far::Caller(_));
                Some(AliveLeg {
                    leg: there.id.clone(),
                    state: match there.state {
                        State::Up => LegState::Up,
                        State::Ringing if !inbound => LegState::Ringing,
                        _ => LegState::Down,
                    },
                    conversation: (there.state == State::Up)
                        .then(|| self.slot(there.conversation).id.clone()),
                    arrived: self.arrived(slot),
                    age: Duration::from_micros(self.now.saturating_sub(there.born)),
                })
            })
            .chain(on_its_way)
            .collect()
    }

    /// Who hears whom.
    pub(super) fn hearing(&self) -> Vec<Hearing> {
        let up = self.slots.iter().zip(0..).filter_map(|(there, slot)| {
            Some((there.as_ref().filter(|there| there.state == State::Up)?, slot))
        });
        let hearing = |(there, slot): (&Box<Slot>, u32)| {
            let place = self.slot(there.conversation);
            let music = place.music.as_ref().filter(|_| place.playing.is_none());
            Hearing {
                leg: there.id.clone(),
                with: self.heard_by(slot),
                music: music.map(|class| class.as_ref().to_owned()),
                keys: there.keys.clone(),
            }
        };
        up.map(hearing).collect()
    }

    /// What a phone shows that was dialled, and rings or talks.
    pub(super) fn shown(&self, address: &Address) -> Option<Shown> {
        let phone = self.addresses.get(address)?;
        self.slots.iter().flatten().find_map(|there| match &there.far {
            Far::Phone(dialled) if dialled.phone == *phone => Some(Shown {
                caller_id: dialled.caller_id.clone(),
                display_name: dialled.display_name.clone(),
            }),
            _ => None,
        })
    }
}
