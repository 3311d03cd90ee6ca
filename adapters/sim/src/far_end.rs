//! Callers and phones as they act upon their legs.

use super::{
    agenda::What,
    observe::{By, Observed},
    party::{Caller, Keys, Phone, Rings, Then},
    world::{Dialled, Far, More, PhoneState, Script, State, World},
};
use std::{sync::Arc, time::Duration};
use strowger_conformance::Shown;
use strowger_model::event::Cause;
use strowger_pbx::port::{Address, ArrivedLeg, LegId, PbxEvent, TransferAsked};

impl World {
    // ------------------------------------------------------------------ callers

    pub(super) fn call(&mut self, caller: Caller) -> LegId {
        self.arrivals += 1;
        let id = LegId::from(format!("{}{}", self.leg_prefix, self.arrivals).as_str());
        let more = More {
            endpoint: caller.endpoint,
            diverted_from: caller.diverted_from,
            line: caller.line,
            data: caller.data,
            signalled: caller.signalled,
        };
        let plain = more.endpoint.is_none()
            && more.diverted_from.is_none()
            && more.line.is_none()
            && more.data.is_empty()
            && more.signalled.is_nothing();
        let script = Script {
            from: caller.from.map(Into::into),
            name: caller.name.map(Into::into),
            to: caller.to.into(),
            more: (!plain).then(|| Box::new(more)),
            talks: caller.talks,
        };
        let slot = self.add(id.clone(), Far::Caller(Box::new(script)));
        if let Some(at) = self.slot(slot).far.calls_from() {
            self.own_call(at, true);
        }
        self.schedule(slot, Duration::ZERO, What::Arrives);
        if let Some(patience) = caller.patience {
            self.schedule(slot, patience, What::LosesPatience);
        }
        if let Some(leaves) = caller.leaves {
            self.schedule(slot, leaves, What::Leaves);
        }
        self.schedule_keys(slot, &caller.keys);
        id
    }

    pub(super) fn arrives(&mut self, slot: u32) {
        if !self.connected || !self.attended {
            self.observe(|world| Observed::OwnRoute { leg: world.slot(slot).id.clone() });
            return self.remove(slot);
        }
        if let Some(arrived) = self.arrived(slot) {
            self.observe(|_| Observed::Arrived {
                leg: arrived.leg.clone(),
                from: arrived.caller.clone(),
                to: arrived.dialled.clone(),
            });
            self.tell(PbxEvent::Arrived(arrived));
        }
    }

    pub(super) fn arrived(&self, slot: u32) -> Option<Box<ArrivedLeg>> {
        let there = self.slot(slot);
        let Far::Caller(script) = &there.far else { return None };
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        let more = script.more.as_deref();
        Some(Box::new(ArrivedLeg {
            leg: there.id.clone(),
            caller: text(&script.from),
            caller_name: text(&script.name),
            endpoint: more.and_then(|more| more.endpoint.clone()),
            dialled: script.to.as_ref().to_owned(),
            diverted_from: more.and_then(|more| more.diverted_from.clone()),
            line: more.and_then(|more| more.line.clone()),
            data: more.map(|more| more.data.clone()).unwrap_or_default(),
            signalled: more.map(|more| more.signalled.clone()).unwrap_or_default(),
        }))
    }

    fn schedule_keys(&mut self, slot: u32, keys: &[Keys]) {
        for keys in keys {
            self.schedule_digits(slot, keys.after, &keys.digits);
        }
    }

    fn schedule_digits(&mut self, slot: u32, after: Duration, digits: &str) {
        let keys = digits.chars().filter(|key| matches!(key, '0'..='9' | 'A'..='D' | '*' | '#'));
        for (place, digit) in keys.enumerate() {
            // A digit is told when it ends.
            let ends = after + Duration::from_micros(self.digit) * (2 * place as u32 + 1);
            self.schedule(slot, ends, What::Digit(digit));
        }
    }

    pub(super) fn far_end_leaves(&mut self, leg: &LegId) {
        if let Some(slot) = self.find(leg) {
            self.schedule(slot, Duration::ZERO, What::Leaves);
        }
    }

    pub(super) fn far_end_keys(&mut self, leg: &LegId, digits: &str) {
        if let Some(slot) = self.find(leg) {
            self.schedule_digits(slot, Duration::ZERO, digits);
        }
    }

    // ------------------------------------------------------------------ phones

    pub(super) fn set_phone(&mut self, address: Address, behaviour: Phone) {
        let phone = self.phone_at(address);
        self.phones[phone as usize].behaviour = Arc::new(behaviour);
    }

    fn phone_at(&mut self, address: Address) -> u32 {
        if let Some(phone) = self.addresses.get(&address) {
            return *phone;
        }
        let behaviour = match &address {
            Address::Number(_) => self.outside.clone(),
            Address::Extension(_) | Address::Endpoint(_) | Address::Call(_) => self.unknown.clone(),
        };
        let phone = self.phones.len() as u32;
        self.phones.push(PhoneState {
            address: address.clone(),
            behaviour: Arc::new(behaviour),
            talking: 0,
            transfers: Vec::new(),
        });
        self.addresses.insert(address, phone);
        phone
    }

    pub(super) fn dial(
        &mut self,
        leg: LegId,
        to: Address,
        caller_id: Option<String>,
        display_name: Option<String>,
    ) {
        let phone = self.phone_at(to);
        let behaviour = self.phones[phone as usize].behaviour.clone();
        let (then, set_up) = (behaviour.then, behaviour.set_up);
        let slot = self.add(
            leg,
            Far::Phone(Box::new(Dialled {
                phone,
                behaviour,
                caller_id,
                display_name,
                asked: false,
            })),
        );
        match then {
            Then::Unknown => self.end(slot, Cause::Unreachable, By::Pbx),
            Then::Unreachable => (),
            _ => self.schedule(slot, set_up, What::Progress),
        }
    }

    pub(super) fn progress(&mut self, slot: u32) {
        let there = self.slot(slot);
        let Far::Phone(dialled) = &there.far else { return };
        let (phone, behaviour) = (dialled.phone, dialled.behaviour.clone());
        let talking = behaviour.busy_when_talking && self.phones[phone as usize].talking > 0;
        match behaviour.then {
            Then::Busy => return self.end(slot, Cause::Busy, By::FarEnd),
            _ if talking => return self.end(slot, Cause::Busy, By::FarEnd),
            Then::Declines(Duration::ZERO) => return self.end(slot, Cause::Declined, By::FarEnd),
            Then::Declines(after) => self.schedule(slot, after, What::Declines),
            Then::Answers(after) => self.schedule(slot, after, What::Answers),
            Then::GivesUp(after) => self.schedule(slot, after, What::GivesUp),
            Then::Rings | Then::Unreachable | Then::Unknown => (),
        }
        self.slot_mut(slot).state = State::Ringing;
        self.observe(|world| world.ring_started(slot, phone));
        if behaviour.rings != Rings::Unsaid {
            let leg = self.slot(slot).id.clone();
            self.tell(PbxEvent::Ringing { leg });
        }
    }

    fn ring_started(&self, slot: u32, phone: u32) -> Observed {
        let there = self.slot(slot);
        let (caller_id, display_name) = match &there.far {
            Far::Phone(dialled) => (dialled.caller_id.clone(), dialled.display_name.clone()),
            Far::Caller(_) => (None, None),
        };
        let address = self.phones[phone as usize].address.clone();
        Observed::RingStarted { leg: there.id.clone(), address, caller_id, display_name }
    }

    /// A phone that was dialled shows somebody else.
    pub(super) fn show(
        &mut self,
        leg: &LegId,
        caller_id: Option<String>,
        display_name: Option<String>,
    ) {
        let Some(slot) = self.find(leg) else { return };
        let Far::Phone(dialled) = &mut self.slot_mut(slot).far else { return };
        (dialled.caller_id, dialled.display_name) = (caller_id.clone(), display_name.clone());
        let leg = leg.clone();
        self.observe(|_| Observed::Shows { leg, caller_id, display_name });
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

    pub(super) fn phone_answers(&mut self, slot: u32) {
        let there = self.slot(slot);
        let Far::Phone(dialled) = &there.far else { return };
        if there.state != State::Ringing {
            return;
        }
        let (phone, behaviour) = (dialled.phone as usize, dialled.behaviour.clone());
        if behaviour.busy_when_talking && self.phones[phone].talking > 0 {
            return;
        }
        if !self.connected {
            return self.end(slot, Cause::Failed, By::Pbx);
        }
        self.observe(|world| Observed::RingStopped { leg: world.slot(slot).id.clone() });
        self.phones[phone].talking += 1;
        self.up(slot);
        self.schedule_keys(slot, &behaviour.keys);
        if let Some(leaves) = behaviour.leaves {
            self.schedule(slot, leaves, What::Leaves);
        }
    }

    /// A leg is answered and in its own conversation.
    pub(super) fn up(&mut self, slot: u32) {
        let there = self.slot_mut(slot);
        there.state = State::Up;
        there.conversation = slot;
        there.members.push(slot);
        let leg = there.id.clone();
        self.observe(|_| Observed::Answered { leg: leg.clone() });
        self.tell(PbxEvent::Answered { leg });
        self.hearing_changed(slot);
    }

    /// The first leg of a phone, in the order of dialling, that is in a state.
    fn of_phone(&self, address: &Address, state: impl Fn(State) -> bool) -> Vec<u32> {
        let Some(phone) = self.addresses.get(address) else { return Vec::new() };
        let mut found: Vec<(u32, u32)> = self
            .slots
            .iter()
            .zip(0..)
            .filter_map(|(there, slot)| {
                let there = there.as_ref()?;
                let own = matches!(&there.far, Far::Phone(dialled) if dialled.phone == *phone);
                (own && state(there.state)).then_some((there.generation, slot))
            })
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, slot)| slot).collect()
    }

    /// Whoever talks on a phone asks for a transfer, with the phone's own key. False: nobody does.
    pub(super) fn ask_transfer(&mut self, address: &Address, to: String) -> bool {
        let Some(&slot) = self.of_phone(address, |state| state == State::Up).first() else {
            return false;
        };
        let there = self.slot_mut(slot);
        let leg = there.id.clone();
        if let Far::Phone(dialled) = &mut there.far {
            dialled.asked = true;
        }
        self.tell(PbxEvent::TransferAsked(Box::new(TransferAsked { leg, to, announced: None })));
        true
    }

    /// A phone is told what became of the transfer that it asked for, if it has.
    pub(super) fn answer_transfer(&mut self, slot: u32, done: bool) {
        if let Far::Phone(dialled) = &mut self.slot_mut(slot).far
            && std::mem::take(&mut dialled.asked)
        {
            let phone = dialled.phone as usize;
            self.phones[phone].transfers.push(done);
        }
    }

    /// What a phone was told of the transfers that it asked for.
    pub(super) fn transfers(&self, address: &Address) -> Vec<bool> {
        let phone = self.addresses.get(address);
        phone.map_or_else(Vec::new, |phone| self.phones[*phone as usize].transfers.clone())
    }

    pub(super) fn pick_up(&mut self, address: &Address) -> Option<LegId> {
        let slot = *self.of_phone(address, |state| state == State::Ringing).first()?;
        self.schedule(slot, Duration::ZERO, What::Answers);
        Some(self.slot(slot).id.clone())
    }

    pub(super) fn put_down(&mut self, address: &Address) -> Vec<LegId> {
        let slots = self.of_phone(address, |state| matches!(state, State::Ringing | State::Up));
        let put_down = |slot| {
            let what = match self.slot(slot).state {
                State::Ringing => What::Declines,
                _ => What::Leaves,
            };
            self.schedule(slot, Duration::ZERO, what);
            self.slot(slot).id.clone()
        };
        slots.into_iter().map(put_down).collect()
    }
}
