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

use super::{
    Call, Mail,
    carry::{Carried, refusal},
    order::{Doing, Open, Proving},
};
use crate::agents::{Proof, is_known};
use std::fmt;
use strowger_model::{
    AgentName, OrderId, Outcome,
    command::{AgentAction, Target},
    event::{Refusal, RefusalReason},
    read::Authority,
};
use strowger_site::{Agent, Site, site::address};

/// Secrets that were keyed and not yet spent, each under the handle that the flow knows. They live
/// in memory alone, and no longer than the call.
#[derive(Default)]
pub(super) struct Secrets(Vec<(String, String)>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

/// Secrets of a call at once; the oldest is dropped.
const SECRETS: usize = 4;

impl Call {
    /// Keeps a secret; its handle is good for one order of this call.
    pub(super) fn keep_secret(&mut self, secret: String) -> String {
        let handle = format!("proof-{}-{}", self.record.steps, self.plays);
        let secrets = &mut self.secrets.get_or_insert_default().0;
        secrets.retain(|(other, _)| *other != handle);
        if secrets.len() >= SECRETS {
            secrets.remove(0);
        }
        secrets.push((handle.clone(), secret));
        handle
    }

    fn spend_secret(&mut self, handle: &str) -> Option<String> {
        let secrets = &mut self.secrets.as_mut()?.0;
        let place = secrets.iter().position(|(other, _)| other == handle)?;
        Some(secrets.remove(place).1)
    }

    /// Logs an agent in or out, and so on.
    pub(super) fn order_of_agent(
        &mut self,
        id: OrderId,
        key: &AgentName,
        action: AgentAction,
        proof: Option<String>,
    ) -> Carried {
        let proof = proof.map(|handle| {
            let unknown = || {
                refusal(
                    RefusalReason::UnknownName,
                    "there is no such proof in this call, or it is spent",
                )
            };
            self.spend_secret(&handle).ok_or_else(unknown)
        });
        let site = self.exchange.catalogue.current().site.clone();
        let agent = site.agent(key.as_str()).ok_or_else(|| {
            refusal(RefusalReason::UnknownName, format!("there is no agent {key}"))
        })?;
        if let AgentAction::LogIn(at) = &action {
            self.check_seat(&site, agent, at)?;
        }
        let not_permitted = |detail| refusal(RefusalReason::NotPermitted, detail);
        let pin = match (
            self.exchange.authority(
                &site,
                &self.flow.permissions,
                self.origin.endpoint.as_deref(),
                agent,
            ),
            &agent.pin,
        ) {
            (Authority::Enough, _) => {
                self.exchange.agent(&agent.name, action)?;
                self.outcome(id, Outcome::Done);
                return Ok(());
            }
            (Authority::Proof, Some(pin)) => pin.clone(),
            _ if !self.flow.permissions.may_log_in(agent.name.as_str()) => {
                return Err(not_permitted(
                    "the flow file does not permit it; see `log_in` in [permissions]",
                ));
            }
            _ => {
                return Err(not_permitted(
                    "the call comes from no phone that the site knows, and the site gives this agent no `pin` to prove",
                ));
            }
        };
        let no_proof =
            || not_permitted("at this phone the agent's PIN has to be proven, by a secret gather");
        let digits = proof.ok_or_else(no_proof)??;
        let now = self.exchange.clock.elapsed();
        let ticket = u64::from(self.record.steps) << 32 | u64::from(self.index);
        self.open(
            id,
            None,
            Doing::Proving(Box::new(Proving { ticket, agent: agent.name.clone(), action })),
        );
        let (exchange, call, agent) = (self.exchange.clone(), self.id, agent.name.clone());
        self.exchange.runtime.spawn(async move {
            let proof = exchange.staff.look_at(&agent, pin, digits, now).await;
            exchange.post(call, Mail::Proved { ticket, proof });
        });
        Ok(())
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
            let endpoint = self.origin.endpoint.as_deref();
            endpoint.and_then(address).as_ref() == Some(at)
                && is_known(site, &self.flow.permissions, endpoint)
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
    pub(super) fn proved(&mut self, ticket: u64, proof: Proof) {
        let proves = |open: &&Open| matches!(&open.doing, Doing::Proving(proving) if proving.ticket == ticket);
        let Some(id) = self.orders.iter().find(proves).map(|open| open.id) else { return };
        let Some(Open { doing: Doing::Proving(proving), .. }) = self.remove_order(id) else {
            return;
        };
        let done = match proof {
            Proof::Right => self.exchange.agent(&proving.agent, proving.action),
            Proof::Wrong => Err(refusal(RefusalReason::Invalid, "the PIN is wrong")),
            Proof::NotLookedAt => {
                let detail = "too many wrong PINs were given for this agent; none is looked at for 15 minutes";
                Err(refusal(RefusalReason::OverLimit, detail))
            }
        };
        match done {
            Ok(()) => self.outcome(id, Outcome::Done),
            Err(refusal) => self.refuse(id, "agent", refusal),
        }
    }

    /// The host was away while a PIN was looked at, and the PIN is nowhere any more.
    pub(super) fn proof_lost(&mut self, id: OrderId) {
        self.remove_order(id);
        let detail = "the host was away, and no PIN outlives it: ask for it again";
        self.refuse(
            id,
            "agent",
            Refusal { reason: RefusalReason::NotPermitted, detail: detail.to_owned() },
        );
    }
}
