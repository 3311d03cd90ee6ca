//! What a flow orders of agents: whether it may, where they log in, and the proof of a PIN.
//!
//! The threat is somebody who takes an agent's calls, or has the site's callers ring a number of
//! his own. So beside the flow's permission (`log_in`) it takes authority over the agent, and a
//! log-in a phone that may be rung. A number that a caller claims to have is worth nothing here:
//! only the endpoint counts that the PBX has authenticated, and only if the site names it.
//!
//! | the call comes from | the agent has | then |
//! |---|---|---|
//! | an endpoint of the agent's own, or that the agent has logged in at | – | yes |
//! | anywhere | a PIN | if the order brings a proof of it |
//! | a phone that the site knows: an agent's, or one of the flow's `addresses` | no PIN | yes |
//! | anywhere else | no PIN | no |

use super::{Carried, refusal, switch::Turning};
use crate::{
    orders::{Doing, Kind, Of},
    turn::Turn,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use strowger_call_port::{ComesFrom, Proof, Prove};
use strowger_model::{
    AgentName, LegName, OrderId, Outcome,
    command::{AgentAction, Target},
    event::{Refusal, RefusalReason},
    read::Authority,
};
use strowger_site::{Agent, Site, address::address};

/// An agent's PIN is being looked at; what is done if it is right.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Proving {
    pub(crate) ticket: u64,
    pub(crate) agent: AgentName,
    pub(crate) action: AgentAction,
}

impl InName for Proving {
    const COMMAND: &'static str = "agent";

    fn ticket(&self) -> u64 {
        self.ticket
    }

    fn carry_out(self, turn: &mut Turn<'_>) -> Carried {
        turn.house.act(&self.agent, self.action)
    }
}

/// An order in the name of an agent whose PIN is being looked at.
pub(crate) trait InName: Sized {
    /// Its name in the contract.
    const COMMAND: &'static str;

    /// Under which number the PIN is being looked at.
    fn ticket(&self) -> u64;

    /// The PIN is right, or none is needed.
    fn carry_out(self, turn: &mut Turn<'_>) -> Carried;
}

impl<K: InName> Kind for K {
    fn is_of(&self, _: &LegName) -> bool {
        false
    }

    fn take_back(self, _: OrderId, _: &mut Turn<'_>) {}

    fn leg_gone(&self, _: &LegName) -> Option<Outcome> {
        None
    }

    /// The host was away while a PIN was looked at, and the PIN is nowhere any more.
    fn resumed(id: OrderId, turn: &mut Turn<'_>) {
        turn.call.orders.remove(id);
        let detail = "the host was away, and no PIN outlives it: ask for it again";
        turn.refuse(id, K::COMMAND, refusal(RefusalReason::NotPermitted, detail));
    }
}

/// What is said of a PIN that was looked at.
fn wrong_pin(proof: Proof) -> Result<(), Refusal> {
    match proof {
        Proof::Right => Ok(()),
        Proof::Wrong => Err(refusal(RefusalReason::Invalid, "the PIN is wrong")),
        Proof::NotLookedAt => {
            let detail = "too many wrong PINs were given from here or for this agent; none is \
                          looked at for 15 minutes";
            Err(refusal(RefusalReason::OverLimit, detail))
        }
    }
}

/// Secrets that were keyed and not yet spent, each under the handle that the flow knows. They live
/// in memory alone, and no longer than the call.
#[derive(Default)]
pub(crate) struct Secrets(Vec<(String, String)>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

/// Secrets of a call at once; the oldest is dropped.
const SECRETS: usize = 4;

impl Turn<'_> {
    /// Keeps a secret; its handle is good for one order of this call.
    pub(crate) fn keep_secret(&mut self, secret: String) -> String {
        let handle = format!("proof-{}-{}", self.call.kept.record.steps, self.call.plays);
        let secrets = &mut self.call.rare.get_or_insert_default().secrets.0;
        secrets.retain(|(other, _)| *other != handle);
        if secrets.len() >= SECRETS {
            secrets.remove(0);
        }
        secrets.push((handle.clone(), secret));
        handle
    }

    pub(crate) fn spend_secret(&mut self, handle: &str) -> Result<String, Refusal> {
        let secrets = self.call.rare.as_mut().map(|rare| &mut rare.secrets.0);
        let spent = secrets.and_then(|secrets| {
            let place = secrets.iter().position(|(other, _)| other == handle)?;
            Some(secrets.remove(place).1)
        });
        let detail = "there is no such proof in this call, or it was used already";
        spent.ok_or_else(|| refusal(RefusalReason::UnknownName, detail))
    }

    /// Logs an agent in or out, and so on.
    pub(crate) fn order_of_agent(
        &mut self,
        id: OrderId,
        key: &AgentName,
        action: AgentAction,
        proof: Option<String>,
    ) -> Carried {
        let proof = proof.map(|handle| self.spend_secret(&handle));
        let site = self.house.site();
        let agent = site.agent(key.as_str()).ok_or_else(|| {
            refusal(RefusalReason::UnknownName, format!("there is no agent {key}"))
        })?;
        if let AgentAction::LogIn(at) = &action {
            self.check_seat(&site, agent, at)?;
        }
        let name = agent.name.clone();
        let order = |ticket| Proving { ticket, agent: name, action };
        self.in_name_of(id, &site, agent, proof, order)
    }

    /// Carries out an order in the name of an agent: at once, or when the PIN is looked at that was
    /// keyed.
    pub(crate) fn in_name_of<K: InName>(
        &mut self,
        id: OrderId,
        site: &Site,
        agent: &Agent,
        proof: Option<Result<String, Refusal>>,
        order: impl FnOnce(u64) -> K,
    ) -> Carried
    where
        Doing: Of<K>,
    {
        match self.authorize(site, agent, proof)? {
            None => {
                order(0).carry_out(self)?;
                self.outcome(id, Outcome::Done);
            }
            Some(ticket) => self.call.orders.open(id, None, order(ticket)),
        }
        Ok(())
    }

    /// Whether something may be done in the name of an agent, perhaps with a secret that was keyed:
    /// that is being looked at under a number.
    fn authorize(
        &mut self,
        site: &Site,
        agent: &Agent,
        proof: Option<Result<String, Refusal>>,
    ) -> Result<Option<u64>, Refusal> {
        let endpoint = self.call.kept.origin.endpoint.as_deref();
        let not_permitted = |detail| Err(refusal(RefusalReason::NotPermitted, detail));
        let pin = match (self.house.authority(site, agent, endpoint), &agent.pin) {
            (Authority::Enough, _) => return Ok(None),
            (Authority::Proof, Some(pin)) => pin.clone(),
            _ if !self.call.terms.permissions.may_log_in(agent.name.as_str()) => {
                return not_permitted(
                    "the flow file does not permit it; see `log_in` in [permissions]",
                );
            }
            _ => {
                return not_permitted(
                    "the call comes from no phone that the site knows, and the site gives this \
                     agent no `pin` to prove",
                );
            }
        };
        let Some(digits) = proof else {
            return not_permitted(
                "at this phone the agent's PIN has to be proven, by a secret gather",
            );
        };
        let ticket = u64::from(self.call.kept.record.steps) << 32 | u64::from(self.call.index);
        let agent = agent.name.clone();
        let kept = &self.call.kept;
        // A phone of the site is one place, whatever number it shows.
        let is_phone = site.has_phone(&self.call.terms.permissions, endpoint);
        let caller = kept.record.caller.clone().filter(|_| !is_phone);
        let from = ComesFrom { caller, endpoint: kept.origin.endpoint.clone() };
        self.house.prove(Prove { ticket, agent, from, pin, digits: digits? });
        Ok(Some(ticket))
    }

    /// Whether an agent may log in at a phone: it will be rung.
    fn check_seat(&self, site: &Site, agent: &Agent, at: &Target) -> Carried {
        let own = match at {
            Target::Agent(name) => {
                *name == agent.name || agent.extension.as_deref() == Some(name.as_str())
            }
            at => agent.endpoints.iter().any(|endpoint| endpoint.target == *at),
        };
        let here = || {
            let endpoint = self.call.kept.origin.endpoint.as_deref();
            endpoint.and_then(address).as_ref() == Some(at)
                && site.has_phone(&self.call.terms.permissions, endpoint)
        };
        match at {
            _ if own || here() => Ok(()),
            Target::Agent(_) => Err(refusal(
                RefusalReason::Invalid,
                "an agent logs in at a phone, not at another agent",
            )),
            at => self.permitted(at).map(drop),
        }
    }

    /// A PIN has been looked at.
    pub(crate) fn proved(&mut self, ticket: u64, proof: Proof) {
        self.proved_for::<Proving>(ticket, proof);
        self.proved_for::<Turning>(ticket, proof);
    }

    fn proved_for<K: InName>(&mut self, ticket: u64, proof: Proof)
    where
        Doing: Of<K>,
    {
        let Some((id, _)) = self.call.orders.find(|it: &K| it.ticket() == ticket) else { return };
        let Some(order) = self.call.orders.take::<K>(id) else { return };
        match wrong_pin(proof).and_then(|()| order.carry_out(self)) {
            Ok(()) => self.outcome(id, Outcome::Done),
            Err(refusal) => self.refuse(id, K::COMMAND, refusal),
        }
    }
}
