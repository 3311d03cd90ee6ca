//! The place of one leg taken by a leg of another call: a phone with two calls has asked that one
//! of them be given to the other. Its place in line, its conversation and what it hears are now
//! those of the leg that comes.

use crate::{
    fallback,
    legs::{Leg, Role},
    order::{company::Company, gather::Gathering, play::Playing, queue::Queueing},
    turn::Turn,
};
use strowger_call_port::Takeover;
use strowger_model::{
    LegName, OrderId,
    event::{Cause, PlayEnd},
};
use strowger_pbx::port::{LegId, PbxCommand, PlayId};

impl Turn<'_> {
    pub(crate) fn take_over(&mut self, takeover: Takeover) {
        let Takeover { leg, of, caller, caller_name, endpoint } = takeover;
        let before = self.call.legs.by_id(&of);
        let before = before.filter(|leg| leg.role == Role::Caller && !leg.is_ending()).cloned();
        let Some(before) = before else {
            // The phone has hung up in this moment: nobody waits for the one who comes.
            self.house.strike(&leg);
            let to = fallback(&self.call.terms);
            return self.send(PbxCommand::Transfer { leg, to });
        };
        self.quieten(&before);
        if let Some(old) = self.call.legs.by_id_mut(&of) {
            old.known = false;
        }
        let moved = |place: &LegId| if *place == of { leg.clone() } else { place.clone() };
        let comes = Leg {
            up: true,
            place: moved(&before.place),
            held_from: before.held_from.clone(),
            private: before.private,
            ..Leg::new(LegName::caller(), leg.clone(), Role::Caller)
        };
        self.send(PbxCommand::Move { leg: leg.clone(), to: comes.place.clone() });
        self.call.legs.add(comes);
        self.follow(&of, &leg);
        self.hang_up(&of, Cause::Normal);
        self.call.kept.record.caller = caller;
        let origin = &mut self.call.kept.origin;
        (origin.caller_name, origin.endpoint) = (caller_name, endpoint);
        self.caller_answered();
    }

    /// What is heard in a leg's own conversation is over, and so is listening in.
    fn quieten(&mut self, leg: &Leg) {
        if leg.listens {
            self.listening_ended(&leg.id);
        }
        let legs = &self.call.legs;
        let here = |name: &LegName| legs.get(name).is_some_and(|other| other.place == leg.id);
        let playing = self.call.orders.all::<Playing>().filter(|(_, it)| here(&it.leg));
        let mut plays: Vec<PlayId> = playing.map(|(_, it)| it.play.clone()).collect();
        let company = self.call.orders.all::<Company>().filter(|(_, it)| it.place == leg.id);
        plays.extend(company.filter_map(|(_, it)| it.play.clone()));
        let gathering = self.call.orders.all::<Gathering>().filter(|(_, it)| here(&it.ask.leg));
        plays.extend(gathering.filter_map(|(_, it)| it.play.clone()));
        plays.iter().for_each(|play| self.played(play, PlayEnd::Stopped));
    }

    /// Whoever is in the conversation of the leg that goes, or comes back to it, is to be in that of
    /// the one that comes; the music there is the same.
    fn follow(&mut self, old: &LegId, new: &LegId) {
        let mut music = false;
        for leg in self.call.legs.iter_mut().filter(|leg| leg.id != *old) {
            if leg.away_from.as_ref() == Some(old) {
                leg.away_from = Some(new.clone());
                music = true;
            }
            if leg.held_from.as_ref() == Some(old) {
                leg.held_from = Some(new.clone());
            }
            music |= leg.id == *new && leg.held_from.is_some();
        }
        let legs = self.call.legs.iter().filter(|leg| leg.is_visible() && leg.place == *old);
        let legs: Vec<LegName> = legs.map(|leg| leg.name.clone()).collect();
        self.move_all(&legs, new);
        if music {
            self.hold_music(new.clone());
        }
        let joining = |queueing: &Queueing| queueing.ask.with_caller && queueing.is_joining();
        let hushed = self.call.orders.find(joining).is_some();
        let companies = self.call.orders.all::<Company>().filter(|(_, it)| it.place == *old);
        let companies: Vec<OrderId> = companies.map(|(id, _)| id).collect();
        for id in companies {
            let Some(company) = self.call.orders.get_mut::<Company>(id) else { continue };
            company.place = new.clone();
            let class = company.music.clone().filter(|_| !hushed);
            self.send(PbxCommand::Music { leg: new.clone(), class });
        }
    }
}
