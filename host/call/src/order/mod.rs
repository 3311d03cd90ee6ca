//! The kinds of orders, one file each: how it begins, and what becomes of it.
//!
//! A file has the struct of what an unfinished order waits for, its [`crate::orders::Kind`], and the
//! methods of [`Turn`] that begin it and that tell it what happened. `paper`, `record` and `campaign`
//! are over as soon as they are ordered. `queue` goes on in `offer`, while phones ring, and in `begin`, when an agent answers; `call_back` has its places for those who are to be
//! called back.

pub(crate) mod agent;
pub(crate) mod answer;
pub(crate) mod begin;
pub(crate) mod call_back;
pub(crate) mod campaign;
pub(crate) mod company;
pub(crate) mod confirm;
pub(crate) mod dial;
pub(crate) mod gather;
pub(crate) mod listen;
pub(crate) mod meet;
pub(crate) mod offer;
pub(crate) mod paper;
pub(crate) mod play;
pub(crate) mod queue;
pub(crate) mod record;
pub(crate) mod switch;
pub(crate) mod timer;
pub(crate) mod transfer;
pub(crate) mod transfer_key;
pub(crate) mod watch;

use crate::turn::Turn;
use std::{sync::Arc, time::Duration};
use strowger_call_port::address_of;
use strowger_model::{
    AgentName, LegName, Outcome, PhoneNumber, Prompt,
    command::Target,
    event::{Refusal, RefusalReason},
};
use strowger_pbx::port::Address;
use strowger_site::Terms;
use strowger_speech::{TimeOfDay, in_words};

/// Silence is made in pieces of at most this,
const SILENCE: Duration = Duration::from_secs(10);
/// and is rounded up to a multiple of this.
const SILENCE_STEP: Duration = Duration::from_millis(50);

/// An order is on its way, or is refused.
pub(crate) type Carried = Result<(), Refusal>;

/// Why an order is not carried out.
pub(crate) fn refusal(reason: RefusalReason, detail: impl Into<String>) -> Refusal {
    Refusal { reason, detail: detail.into() }
}

pub(crate) fn no_leg(name: &LegName) -> Refusal {
    refusal(RefusalReason::UnknownName, format!("there is no leg {name}"))
}

/// What is said of an order that a leg's hang-up leaves undone.
pub(crate) fn hung_up(leg: &LegName) -> Outcome {
    Outcome::Refused(refusal(RefusalReason::WrongState, format!("{leg} hung up")))
}

impl Turn<'_> {
    /// The address of a target that the flow may dial.
    pub(crate) fn permitted(&self, target: &Target) -> Result<Address, Refusal> {
        let Terms { permissions, site, .. } = &*self.call.terms;
        let (address, allowed) = match target {
            Target::Number(number) => {
                (Address::Number(number.to_string()), permissions.may_dial(number.as_str()))
            }
            Target::Extension(extension) => {
                let key = |c: char| matches!(c, '0'..='9' | '*' | '#');
                if extension.is_empty() || !extension.chars().all(key) {
                    let why = format!("{extension:?} is not an extension: digits, * and #");
                    return Err(refusal(RefusalReason::Invalid, why));
                }
                let may_dial = |number: &PhoneNumber| permissions.may_dial(number.as_str());
                let number = || site.numbering.written(extension).filter(may_dial);
                match permissions.may_dial(extension) {
                    true => (Address::Extension(extension.clone()), true),
                    // Keyed as a national number, and permitted as an international one.
                    false => match number() {
                        Some(number) => (Address::Number(number.to_string()), true),
                        None => (Address::Extension(extension.clone()), false),
                    },
                }
            }
            Target::Address(address) => {
                (Address::Endpoint(address.clone()), permissions.may_use_address(address))
            }
            Target::Agent(agent) => (self.agent_address(agent)?, self.may_use_agent(agent)),
        };
        match allowed {
            true => Ok(address),
            false => {
                let why =
                    format!("{target:?}: the flow file does not permit it; see [permissions]");
                Err(refusal(RefusalReason::NotPermitted, why))
            }
        }
    }

    /// The first endpoint of an agent.
    pub(crate) fn agent_address(&self, agent: &AgentName) -> Result<Address, Refusal> {
        let endpoint = self.house.endpoint(agent, 0);
        let unknown = || refusal(RefusalReason::UnknownName, format!("there is no agent {agent}"));
        endpoint.map(|endpoint| address_of(&endpoint.target)).ok_or_else(unknown)
    }

    /// An agent by name, or of a queue that the flow may use.
    pub(crate) fn may_use_agent(&self, agent: &AgentName) -> bool {
        let terms = &self.call.terms;
        terms.site.may_use_agent(&terms.permissions, agent)
    }

    /// What is shown when nothing else is asked for.
    pub(crate) fn own_number(&self) -> Option<PhoneNumber> {
        self.call.terms.own_number(&self.call.kept.record.dialled)
    }

    pub(crate) fn may_show(&self, number: &PhoneNumber) -> bool {
        let terms = &self.call.terms;
        terms.caller_id.as_ref() == Some(number)
            || terms.numbers.iter().any(|pattern| pattern.matches(number.as_str()))
            || terms.permissions.may_show(number.as_str())
    }

    /// A name that no leg bears, no queue order has set aside, and no unfinished order speaks of.
    pub(crate) fn check_free(&self, name: &LegName) -> Carried {
        self.call.legs.is_free(name)?;
        let orders = &self.call.orders;
        let reserves = |queueing: &queue::Queueing| &queueing.ask.agent_leg == name;
        let spoken_of = orders.iter().any(|open| open.doing.is_of(name));
        match spoken_of || orders.find(reserves).is_some() {
            true => Err(refusal(
                RefusalReason::WrongState,
                format!("a leg named {name} is there already"),
            )),
            false => Ok(()),
        }
    }

    /// Prompts in the flow's language where they name none, figures in words where that is not the
    /// site's, and with the flow's own recordings before the site's.
    pub(crate) fn voiced(&self, prompts: Vec<Prompt>) -> Result<Arc<[Prompt]>, Refusal> {
        let terms = &self.call.terms;
        let voiced = prompts.into_iter().flat_map(pieces).map(|prompt| match prompt {
            Prompt::Text { text, language: None } => {
                Ok(Prompt::Text { text, language: Some(terms.language.clone()) })
            }
            Prompt::Recording(name) => match terms.recording(&name) {
                Some(_) => Ok(Prompt::Recording(format!("{}/prompts/{name}", terms.name))),
                None => Err(refusal(
                    RefusalReason::UnknownName,
                    format!("there is no recording {name:?}"),
                )),
            },
            // The PBX says these in the language of the site.
            figure if terms.language != terms.site.language => {
                let site = terms.site.clone();
                let time_of_day: TimeOfDay = Arc::new(move |at| {
                    let moment = site.moment(at);
                    (moment.hour, moment.minute)
                });
                Ok(in_words(figure, &terms.language, &time_of_day))
            }
            prompt => Ok(prompt),
        });
        voiced.collect()
    }
}

/// Silence in pieces of which there are few: each is a file that is made once. Other prompts as they
/// are.
fn pieces(prompt: Prompt) -> Vec<Prompt> {
    let Prompt::Silence(length) = prompt else { return vec![prompt] };
    let steps = length.as_millis().div_ceil(SILENCE_STEP.as_millis()).max(1) as u32;
    let longest = (SILENCE.as_millis() / SILENCE_STEP.as_millis()) as u32;
    let whole = (0..steps / longest).map(|_| SILENCE);
    let rest = SILENCE_STEP * (steps % longest);
    whole.chain((!rest.is_zero()).then_some(rest)).map(Prompt::Silence).collect()
}
