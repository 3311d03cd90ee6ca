//! A conversation in which the agent can consult somebody, come back, hand the caller over, or send
//! the caller on (R4), by keys.
//!
//! Whoever hangs up when, nobody is left listening to silence: the caller always has the agent, the
//! one who was consulted, music while one of the two is on the way, or the flow, which goes on
//! where [`Call::conversation`] says that the caller is alone.

use super::{
    Agent, CALLER, Call, Failure, Leg, NotReached, Report, Reports, Waiting, kind,
    number::in_full,
    wait::{Either, race},
};
use crate::{
    prompt::Seconds,
    types::{Field, Matched, Outcome, RefusalReason, Target},
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What an agent can key in a conversation: a part of a flow's settings. Whom an agent may reach
/// so, the flow file permits (`dial`).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InCall {
    /// Consults somebody while the caller hears music; `N` stands for the number, as in `*4N#`.
    /// Hanging up then connects the two.
    #[schemars(regex(pattern = r"^[0-9*#]+N[*#]$"))]
    pub consult: String,
    /// Leaves the one who is consulted, and goes back to the caller, such as `*#`.
    #[schemars(regex(pattern = r"^[0-9*#]+$"))]
    pub back: String,
    /// Transfers the caller to a number at once (blind transfer), such as `*7N#`.
    #[schemars(regex(pattern = r"^[0-9*#]+N[*#]$"))]
    pub transfer: String,
    /// How long whom an agent consults may ring, in seconds; also whom the caller is transferred to.
    pub ring_time: Seconds,
    /// How a blind transfer is carried out.
    #[serde(default)]
    pub transfer_by: TransferBy,
    /// What becomes of a caller who is alone: the agent has hung up, and whom the agent has called
    /// does not answer.
    #[serde(default)]
    pub alone: Alone,
    /// Takes the place of the 0 of a national number that an agent keys, such as `+32`.
    #[schemars(regex(pattern = r"^\+[0-9]{1,3}$"))]
    pub country: String,
    /// Where the caller goes within the host, in the same call, when an agent keys this in the place
    /// of the number of `transfer`: with `12`, `*712#`.
    #[serde(default)]
    #[schemars(extend("propertyNames" = { "pattern": "^[0-9]{1,10}$" }))]
    pub send_to: BTreeMap<String, SendTo>,
    /// Said to the agent when the number is engaged.
    pub busy: String,
    /// Said to the agent when nobody answers there.
    pub not_reached: String,
    /// Said to the agent when the flow file does not permit it.
    pub not_permitted: String,
    /// What an agent can note that has to be answered in time, by the kinds of cases of the site
    /// file, such as `complaint`; not given: nothing.
    #[serde(default)]
    #[schemars(extend("propertyNames" = { "format": "case" }))]
    pub cases: BTreeMap<String, CaseKeys>,
}

/// Where an agent sends a caller within the host. Nobody else has the caller meanwhile, and the
/// record has all of it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum SendTo {
    /// Waits in a queue.
    Queue(Waits),
    /// Another flow takes the call; the flow file permits it (`flows`).
    Flow(#[schemars(extend("format" = "flow"))] String),
}

/// How a caller waits who was sent into a queue.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waits {
    /// The queue.
    #[schemars(extend("format" = "queue"))]
    pub name: String,
    /// Music of the site that is heard meanwhile; not given: silence.
    #[serde(default)]
    #[schemars(extend("format" = "music"))]
    pub music: Option<String>,
    /// Said at once; not given: nothing.
    #[serde(default)]
    pub says: Option<String>,
    /// The caller stands in line as one who waits since the call came in, before those who came
    /// later; else behind all others.
    #[serde(default)]
    pub since_arrival: bool,
}

/// How a blind transfer is carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TransferBy {
    /// The number is dialled, and whoever answers gets the caller. If nobody does, the agent has the
    /// caller again.
    #[default]
    Dialling,
    /// The caller leaves Strowger at once. If nobody answers, the caller is lost.
    SendingAway,
}

/// What becomes of a caller who is alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Alone {
    /// The caller waits again, in the old place of the queue.
    #[default]
    Queue,
    /// The caller goes on in the PBX's own route.
    OwnRoute,
    /// The caller goes where those go whom nobody can serve.
    Elsewhere,
}

/// What an agent keys to note something that has to be answered in time (V8), with who called, the
/// number, what was dialled, and the agent.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseKeys {
    /// Such as `*8#`.
    #[schemars(regex(pattern = r"^[0-9*#]+$"))]
    pub keys: String,
    /// Said to both when it is noted.
    pub said: String,
}

impl InCall {
    /// For [`Script::check`](super::Script::check): keys that can be told apart.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn check(&self) -> Result<(), String> {
        let codes: Vec<&str> =
            self.patterns().map(|keys| keys.split('N').next().unwrap_or_default()).collect();
        for (at, code) in codes.iter().enumerate() {
            if codes[at + 1..]
                .iter()
                .any(|other| other.starts_with(code) || code.starts_with(other))
            {
                return Err(format!(
                    "in_call: the keys `{code}` begin two things; consult, back, transfer and cases must differ"
                ));
            }
        }
        Ok(())
    }

    fn patterns(&self) -> impl Iterator<Item = &String> {
        [&self.consult, &self.back, &self.transfer]
            .into_iter()
            .chain(self.cases.values().map(|case| &case.keys))
    }

    /// What a number as it was keyed means: `00` international, `0` national, else an extension.
    fn target(&self, keyed: &str) -> Target {
        in_full(keyed, &self.country)
            .map_or_else(|| Target::Extension(keyed.into()), Target::Number)
    }
}

/// How a conversation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Over {
    /// The agent hung up on the caller.
    AgentGone,
    /// The caller talks with whom the agent had consulted, or had called with the phone's own
    /// transfer key, under this number.
    HandedOver(String),
    /// The caller was sent on to this number, and has left the call.
    SentOn(String),
    /// The agent hung up while the caller was held, and whom the agent had called did not answer:
    /// the caller is alone, and hears music.
    CallerAlone,
}

/// In milliseconds: a phone that is gone so soon after it was told that nobody takes the caller had
/// left already, and has not hung up on the caller.
const GOES_ALL_THE_SAME: u64 = 2_000;

/// What an agent keyed.
enum Key {
    Consult(String),
    Back,
    Transfer(String),
}

/// What comes after the conversation with one agent.
enum Next {
    Over(Over),
    /// The caller waits for another agent. The first one is gone.
    Wait(&'static Waits),
}

struct Conversation<'a> {
    call: &'a Call,
    agent: &'a str,
    /// Of the agent.
    name: &'a str,
    settings: &'a InCall,
    /// None: the host refused it, and the agent can only talk.
    watch: Option<Reports<kind::Watch>>,
}

impl Call {
    /// Stays with a caller and an agent until their conversation is over, and does what the agent
    /// keys. If the agent sends the caller into a queue, that goes on with whoever takes the caller
    /// there. When the caller hangs up the script is dropped as anywhere else (see
    /// [`Call::after_hang_up`]); an agent who is with somebody else goes on talking there.
    pub async fn conversation(&self, agent: &Agent, settings: &'static InCall) -> Over {
        let mut agent = agent.clone();
        for sent in 1_u32.. {
            let waits = match self.talk(&agent, settings).await {
                Next::Over(over) => return over,
                Next::Wait(waits) => waits,
            };
            match self.wait_once_more(waits, sent).await {
                Ok(next) => agent = next,
                Err(_) => return Over::CallerAlone,
            }
        }
        Over::CallerAlone
    }

    /// Waits in the queue into which an agent has sent the caller, with a leg of its own for the agent.
    fn wait_once_more(&self, waits: &Waits, sent: u32) -> Waiting {
        let arrived = self.arrival().map(|arrival| arrival.at).filter(|_| waits.since_arrival);
        let mut waiting = self.wait_in(&waits.name).entering(|entry| {
            let entry = entry.agent_leg(format!("agent-{}", sent + 1));
            match arrived {
                Some(arrived) => entry.waited_since(arrived),
                None => entry,
            }
        });
        if let Some(music) = &waits.music {
            waiting = waiting.music(music);
        }
        match &waits.says {
            Some(says) => waiting.say(says, Seconds(0)),
            None => waiting,
        }
    }

    async fn talk(&self, agent: &Agent, settings: &'static InCall) -> Next {
        let watch =
            Some(self.watch(&agent.leg, settings.patterns().cloned().collect()).reporting());
        let mut conversation =
            Conversation { call: self, agent: &agent.leg, name: &agent.name, settings, watch };
        let mut transfers = self.transfers(&agent.leg);
        let mut refused = None;
        loop {
            let over = crate::race! {
                _ = self.gone(&agent.leg) => Some(match refused {
                    Some(at) if self.now().instant < at + GOES_ALL_THE_SAME => Over::CallerAlone,
                    _ => Over::AgentGone,
                }),
                number = transfers.next() => {
                    let over = conversation.pass_on(number).await;
                    refused = over.is_none().then(|| self.now().instant);
                    over
                },
                key = conversation.key() => match key {
                    Key::Consult(number) => conversation.call(number, false).await,
                    Key::Transfer(number) => match settings.send_to.get(&number) {
                        Some(SendTo::Queue(waits)) => match conversation.send_into(waits).await {
                            Ok(()) => return Next::Wait(waits),
                            Err(over) => over,
                        },
                        Some(SendTo::Flow(flow)) => Some(conversation.hand_to(flow).await),
                        None => conversation.transfer(number).await,
                    },
                    // The caller is there already.
                    Key::Back => None,
                },
            };
            if let Some(over) = over {
                return Next::Over(over);
            }
        }
    }
}

impl Conversation<'_> {
    /// The next that the agent keys; what is only to be noted is noted.
    async fn key(&mut self) -> Key {
        loop {
            let Some(watch) = &mut self.watch else { return std::future::pending().await };
            match watch.next().await {
                Report::Progress(Outcome::Matched(Matched { pattern, digits })) => {
                    if pattern == self.settings.consult {
                        return Key::Consult(digits);
                    }
                    if pattern == self.settings.transfer {
                        return Key::Transfer(digits);
                    }
                    let mut cases = self.settings.cases.iter();
                    let Some((kind, case)) = cases.find(|(_, case)| case.keys == pattern) else {
                        return Key::Back;
                    };
                    self.call.case(kind, self.about());
                    self.call.play_to(self.agent, vec![case.said.as_str().into()]).await;
                }
                Report::Progress(_) => {}
                Report::Final(_) => self.watch = None,
            }
        }
    }

    /// Who called, from which number, what was dialled, and who answered.
    fn about(&self) -> Vec<Field> {
        let number = self.call.caller();
        let contact =
            number.and_then(|number| self.call.contact(number)).map(|contact| contact.name);
        let claimed = || self.call.arrival().and_then(|arrival| arrival.caller_name.clone());
        let about = [
            ("caller", contact.or_else(claimed)),
            ("number", number.map(str::to_owned)),
            ("dialled", Some(self.call.dialled().to_owned())),
            ("agent", Some(self.name.to_owned())),
        ];
        about
            .into_iter()
            .filter_map(|(key, value)| Some(Field { key: key.into(), value: value? }))
            .collect()
    }

    async fn back(&mut self) {
        while !matches!(self.key().await, Key::Back) {}
    }

    /// The caller is held and somebody is called, whom the agent consults, or who gets the caller
    /// (`blind`). Nothing: the agent has the caller again.
    async fn call(&mut self, number: String, blind: bool) -> Option<Over> {
        if self.call.hold(CALLER).await.is_err() {
            return None;
        }
        let mut dial =
            self.call.dial_to(self.settings.target(&number)).ring_time(self.settings.ring_time);
        let reached = crate::race! {
            // The agent does not wait for the answer: the caller does.
            _ = self.call.gone(self.agent) => return Some(match dial.await {
                Ok(answered) => self.hand_over(answered.leg, number).await,
                Err(_) => Over::CallerAlone,
            }),
            _ = self.back() => {
                drop(dial);
                return self.resume().await;
            },
            reached = &mut dial => reached,
        };
        match reached {
            Ok(answered) if blind => {
                let over = self.hand_over(answered.leg, number).await;
                if self.call.run.gone(self.agent).is_none() {
                    self.call.hang_up(self.agent);
                }
                Some(over)
            }
            Ok(answered) => self.speak_with(answered.leg, number).await,
            Err(NotReached::Failed(why)) => self.explain(&why).await,
            Err(NotReached::Busy) => self.say(&self.settings.busy).await,
            Err(_) => self.say(&self.settings.not_reached).await,
        }
    }

    /// The agent talks with whom was consulted; the caller is held.
    async fn speak_with(&mut self, other: Leg, number: String) -> Option<Over> {
        // If one of the two is gone, that is what comes next.
        let _ = self.call.connect_all([self.agent, other.name()]).await;
        crate::race! {
            _ = self.call.gone(self.agent) => Some(self.hand_over(other, number).await),
            _ = self.call.gone(other.name()) => self.resume().await,
            _ = self.back() => {
                self.call.hang_up(&other);
                self.resume().await
            },
        }
    }

    /// The agent has gone: the caller and the one who was consulted hear each other.
    async fn hand_over(&self, other: Leg, number: String) -> Over {
        match self.call.connect(&other).await {
            Ok(()) => Over::HandedOver(number),
            Err(_) => Over::CallerAlone,
        }
    }

    /// The agent leaves, and the caller is to wait in a queue; not so if nobody is there who could
    /// take the caller.
    async fn send_into(&self, waits: &Waits) -> Result<(), Option<Over>> {
        if self.call.queue(&waits.name).is_none_or(|queue| queue.logged_in == 0) {
            return Err(match self.call.hold(CALLER).await {
                Ok(()) => self.say(&self.settings.not_reached).await,
                Err(_) => None,
            });
        }
        self.call.hang_up(self.agent);
        Ok(())
    }

    /// The agent leaves, and another flow takes the caller.
    async fn hand_to(&self, flow: &str) -> Over {
        self.call.hang_up(self.agent);
        // This goes on only if that flow cannot.
        let _ = self.call.continue_with(flow, "").await;
        Over::CallerAlone
    }

    /// Sends the caller on; if that is not possible, the agent hears why and has the caller again.
    async fn transfer(&mut self, number: String) -> Option<Over> {
        if self.settings.transfer_by == TransferBy::Dialling {
            return self.call(number, true).await;
        }
        if self.call.hold(CALLER).await.is_err() {
            return None;
        }
        match self.call.transfer(CALLER, Some(self.settings.target(&number))).await {
            Ok(()) => {
                if self.call.run.gone(self.agent).is_none() {
                    self.call.hang_up(self.agent);
                }
                Some(Over::SentOn(number))
            }
            Err(why) => self.explain(&why).await,
        }
    }

    /// The agent's own transfer key: whoever is reached has the caller then.
    async fn pass_on(&self, number: String) -> Option<Over> {
        let to = self.settings.target(&number);
        match self.call.settle_transfer(self.agent, Some(to)).await {
            Ok(()) => Some(Over::HandedOver(number)),
            // The phone has hung up meanwhile: the host says that first.
            Err(_) => self.call.run.gone(self.agent).map(|_| Over::CallerAlone),
        }
    }

    async fn explain(&self, why: &Failure) -> Option<Over> {
        match why {
            Failure::Refused(refusal) if refusal.reason == RefusalReason::NotPermitted => {
                self.say(&self.settings.not_permitted).await
            }
            _ => self.say(&self.settings.not_reached).await,
        }
    }

    /// Says something to the agent alone, who then has the caller again.
    async fn say(&self, text: &str) -> Option<Over> {
        match race(self.call.gone(self.agent), self.call.play_to(self.agent, vec![text.into()]))
            .await
        {
            Either::Left(_) => Some(Over::CallerAlone),
            Either::Right(_) => self.resume().await,
        }
    }

    async fn resume(&self) -> Option<Over> {
        // Refused if the agent has just gone, who is then nobody's to come back to.
        let resumed = self.call.resume(CALLER).await;
        (resumed.is_err() && self.call.run.gone(self.agent).is_some()).then_some(Over::CallerAlone)
    }
}
