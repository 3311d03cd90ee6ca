//! The sim as a process of its own: what an adapter does beyond a PBX, and callers and phones for
//! the scenarios of all adapters.

use super::{Caller, Keys, Phone, Rings, Sim, Then, world::World};
use std::time::Duration;
use strowger_conformance::{Far, Near};
use strowger_pbx::port::Address;
use strowger_remote::{
    Provider,
    protocol::{Act, Offer, Staged},
};

impl Provider for Sim {
    fn resync(&self) {
        self.at_once(World::sync);
    }

    fn attend(&self, there: bool) {
        self.at_once(|world| world.attended = there);
    }

    fn offers(&self) -> Vec<Offer> {
        vec![Offer::Stage, Offer::Phones, Offer::Transfers]
    }

    fn stage(&self, act: Act) -> Staged {
        match act {
            Act::Phone { far } => Staged::Phone { at: self.stage_phone(far) },
            Act::Call { near, from, to } => {
                self.stage_call(near, from, to);
                Staged::Done
            }
            Act::OwnCall { at, length } => {
                self.own_call(at, length);
                Staged::Done
            }
            Act::AskTransfer { at, to } => {
                match self.at_once(|world| world.ask_transfer(&at, to)) {
                    true => Staged::Done,
                    false => Staged::Failed { why: format!("nobody talks at {at:?}") },
                }
            }
            Act::Transfers { at } => {
                Staged::Transfers { done: self.at_once(|world| world.transfers(&at)) }
            }
            Act::Hears => Staged::Hears { all: self.at_once(|world| world.hearing()) },
            Act::Shows { at } => match self.at_once(|world| world.shown(&at)) {
                Some(phone) => Staged::Shows { phone },
                None => Staged::Failed { why: format!("{at:?} was not dialled") },
            },
        }
    }
}

impl Sim {
    /// A new phone that behaves so.
    pub(super) fn stage_phone(&self, far: Far) -> Address {
        let phone = match far {
            Far::Answers { after } => Phone::answers(after),
            Far::AnswersAndLeaves { after, then } => {
                Phone { leaves: Some(then), ..Phone::answers(after) }
            }
            Far::Rings => Phone::new(Then::Rings),
            Far::EarlyMedia { after } => Phone { rings: Rings::Progress, ..Phone::answers(after) },
            Far::Busy => Phone::new(Then::Busy),
            Far::Declines => Phone::new(Then::Declines(Duration::ZERO)),
            Far::DeclinesAfter { after } => Phone::new(Then::Declines(after)),
            Far::Silent => Phone::new(Then::Unreachable),
            Far::Unknown => Phone::new(Then::Unknown),
        };
        self.at_once(|world| {
            let address = Address::Endpoint(format!("PJSIP/staged-{}", world.phones.len() + 1));
            world.set_phone(address.clone(), phone);
            address
        })
    }

    /// A call that comes in now.
    pub(super) fn stage_call(&self, near: Near, from: String, to: String) {
        let keys = near.keys_after_answer.map(|after| Keys { after, digits: "12#".to_owned() });
        self.call(Caller {
            from: Some(from),
            to,
            leaves: near.leaves,
            keys: keys.into_iter().collect(),
            ..Caller::default()
        });
    }
}
