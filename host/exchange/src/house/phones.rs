//! How the phones of agents are, as the PBX tells: who is in a call of their own, or is not there,
//! is not rung.

use crate::{Exchange, house::staff::Seats};
use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};
use strowger_call_port::address_of;
use strowger_model::{AgentName, PhoneState, command::Target};
use strowger_pbx::port::{Address, PbxCommand};
use strowger_routing::{EndpointConfig, Input};
use strowger_site::{Agent, Endpoint, Site};

/// What the PBX is asked of, and what it said. Locked last of all.
#[derive(Default)]
pub(crate) struct Phones(Mutex<Known>);

#[derive(Default)]
struct Known {
    watched: Vec<Address>,
    /// A phone that is not in here is free.
    states: HashMap<Address, PhoneState>,
}

impl Phones {
    /// Between any two operations it is whole, also if a holder of the lock panicked.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An endpoint, as the floor is told of it.
    pub(crate) fn config(&self, endpoint: &Endpoint) -> EndpointConfig {
        let state = self.known().states.get(&address_of(&endpoint.target)).copied();
        EndpointConfig { ring_time: endpoint.ring_time, state: state.unwrap_or_default() }
    }

    /// These are the phones from now on. True: others than before.
    fn watch(&self, phones: &[Address]) -> bool {
        let mut known = self.known();
        known.states.retain(|at, _| phones.contains(at));
        mem::replace(&mut known.watched, phones.to_vec()) != phones
    }
}

fn phones_of<'a>(agent: &'a Agent, seats: &Seats) -> impl Iterator<Item = Address> + use<'a> {
    let phones = agent.endpoints_at(seats.get(&agent.name));
    phones.into_iter().map(|endpoint| address_of(&endpoint.target))
}

/// A phone of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// Whose.
    pub agent: AgentName,
    /// Where it is reached.
    pub at: Target,
    /// As the PBX has told; none: it has told nothing. Of telephone numbers it never does.
    pub state: Option<PhoneState>,
}

impl Exchange {
    /// Every phone of every agent of the site, that where the agent has logged in included.
    pub fn phones(&self) -> Vec<Phone> {
        let site = self.site.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(site) = &*site else { return Vec::new() };
        let seats = self.staff.seats();
        let known = self.phones.known();
        let of_agent = |agent: &Agent| {
            let phones = agent.endpoints_at(seats.get(&agent.name)).into_iter();
            let phone = |Endpoint { target, .. }: Endpoint| {
                let state = known.states.get(&address_of(&target)).copied();
                Phone { agent: agent.name.clone(), at: target, state }
            };
            phones.map(phone).collect::<Vec<_>>()
        };
        site.agents.values().flat_map(of_agent).collect()
    }

    /// Has the PBX tell how the phones of the site's agents are. `anew`: also those of which it was
    /// asked before.
    pub(crate) fn watch_phones(&self, site: &Site, seats: &Seats, anew: bool) {
        let is_phone = |at: &Address| !matches!(at, Address::Number(_));
        let mut phones: Vec<Address> = Vec::new();
        for at in site.agents.values().flat_map(|agent| phones_of(agent, seats)).filter(is_phone) {
            if !phones.contains(&at) {
                phones.push(at);
            }
        }
        if (self.phones.watch(&phones) || anew) && self.pbx.get().is_some() {
            self.send(PbxCommand::Watch { phones });
        }
    }

    /// The PBX can be reached: it is asked for all phones. What it said before counts no more: it
    /// may be another one, or one that does not tell.
    pub(crate) fn watch_phones_anew(&self) {
        let known = mem::take(&mut self.phones.known().states);
        for (at, _) in known.iter().filter(|(_, state)| **state != PhoneState::Free) {
            self.phone_is(at, PhoneState::Free);
        }
        let site = self.site.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(site) = &*site {
            self.watch_phones(site, &self.staff.seats(), true);
        }
    }

    /// A phone is in another state.
    pub(crate) fn phone_is(&self, at: &Address, state: PhoneState) {
        let site = self.site.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(site) = &*site else { return };
        // Held to the end: nobody puts back what was so before.
        let seats = self.staff.seats();
        {
            let mut known = self.phones.known();
            if known.watched.contains(at) {
                known.states.insert(at.clone(), state);
            }
        }
        for agent in site.agents.values() {
            let places = (0..).zip(phones_of(agent, &seats)).filter(|(_, phone)| phone == at);
            for (endpoint, _) in places {
                let agent = agent.name.clone();
                let told = self.tell_floor(Input::Phone { agent, endpoint, state }, None);
                if let Err(refused) = told {
                    tracing::debug!("the state of a phone is not used: {refused}");
                }
            }
        }
    }
}
