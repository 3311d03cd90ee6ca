//! Campaigns in a scenario: who is on the list, how each behaves when called, and what must come of
//! it.

use crate::{
    file::{Expect, Keyed, Manner, sixty, three},
    judge::{Expected, Failure, LineError, judge_contact},
    stage::{Stage, behaviour, outside},
    term::{CIVIL, When, civil, instant},
    timeline::{Timeline, word},
};
use chrono::DateTime;
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, ops::Range, sync::Arc, time::Duration};
use strowger_exchange::Exchange;
use strowger_model::{
    PhoneNumber, Timestamp,
    campaign::{Direct, NewCampaign, Person},
    command::Field,
    read::CampaignStage,
};
use strowger_pbx::port::Address;
use strowger_site::Site;
use toml::Spanned;

/// A campaign that is opened, and what must come of it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// Seconds from the start of the scenario, or civil date and time of the site.
    #[serde(default)]
    pub at: When,
    /// The template of the site file. Not given: another flow opens the campaign, by its `name`.
    #[schemars(with = "Option<String>")]
    pub template: Option<Spanned<String>>,
    /// Not given: `campaign`.
    #[serde(default = "campaign")]
    pub name: String,
    /// Places to fill. Not given: as the template says.
    #[serde(default)]
    pub goal: u32,
    /// Nobody is called from then on: civil date and time of the site.
    #[schemars(with = "Option<String>", regex(pattern = CIVIL))]
    pub until: Option<Spanned<String>>,
    /// What it is about, such as `{ slot = "14:20" }`.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// The people on the list, in this order. Without any: contacts, by the waves of the template;
    /// `outside` says how their telephones behave.
    #[serde(default, rename = "person")]
    #[schemars(with = "Vec<Listed>")]
    pub people: Vec<Spanned<Listed>>,
    /// So many places must be filled in the end.
    #[schemars(with = "Option<u32>")]
    pub reached: Option<Spanned<u32>>,
    /// Why it must have ended: `filled`, `list-over`, `time-over` or `stopped`; or `running`.
    #[schemars(with = "Option<String>")]
    pub ends: Option<Spanned<String>>,
    /// When there must have been an alarm, because places are left or a planner has to choose; and at
    /// no other time.
    #[schemars(with = "Option<Vec<When>>")]
    pub alarms: Option<Spanned<Vec<When>>>,
    /// What must have come of contacts in the end, by the last disposition; `-`: nothing was said.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub outcomes: BTreeMap<String, Spanned<String>>,
    /// How often contacts must have been called.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, u32>")]
    pub attempts: BTreeMap<String, Spanned<u32>>,
    /// What must happen in calls of contacts.
    #[serde(default, rename = "call")]
    pub calls: Vec<ContactCall>,
}

/// Somebody on the list of a campaign, and how the telephone behaves.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// No other one of the list has it.
    pub id: String,
    /// The telephone number.
    pub number: String,
    /// For people.
    #[serde(default)]
    pub name: String,
    /// BCP 47.
    pub language: Option<String>,
    /// Groups.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Further columns of the list.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// What the telephone does. A voice mail is one that answers and keys nothing.
    #[serde(default)]
    pub phone: Manner,
    /// Seconds of ringing before it answers or declines.
    #[serde(default = "three")]
    pub after: f64,
    /// Seconds of talking before it hangs up.
    #[serde(default = "sixty")]
    pub talks: f64,
    /// What is keyed on it.
    #[serde(default)]
    pub keys: Vec<Keyed>,
}

/// A call of a contact, and what must come of it. The contact is the other side: see `other_hears`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactCall {
    /// The id of the contact.
    #[schemars(with = "String")]
    pub contact: Spanned<String>,
    /// When it must begin: seconds from the start of the scenario, or civil date and time of the
    /// site.
    #[schemars(with = "Option<When>")]
    pub at: Option<Spanned<When>>,
    /// Which call of this contact; 1 if not given.
    #[serde(default = "one")]
    pub attempt: u32,
    /// What must happen, in this order.
    #[serde(default)]
    #[schemars(with = "Vec<Expect>")]
    pub expect: Vec<Spanned<Expect>>,
    /// What must not happen in this call.
    #[serde(default)]
    #[schemars(with = "Vec<Expect>")]
    pub never: Vec<Spanned<Expect>>,
    /// The outcome on the record.
    #[schemars(with = "Option<String>")]
    pub outcome: Option<Spanned<String>>,
}

/// By which times of a scenario are meant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    pub(crate) start: Timestamp,
    pub(crate) zone: Tz,
}

impl Clock {
    fn since(self, at: When) -> Duration {
        at.since(self.start, self.zone)
    }

    /// A time since the start, as civil date and time.
    fn shown(self, since: Duration) -> String {
        let at = self.start.0 + since.as_millis() as u64 + 500;
        let at = DateTime::from_timestamp_millis(at as i64).unwrap_or_default();
        at.with_timezone(&self.zone).format("%Y-%m-%d %H:%M:%S").to_string()
    }
}

fn campaign() -> String {
    "campaign".to_owned()
}

fn one() -> u32 {
    1
}

/// Something is wrong at a place of the file.
type Wrong = (Range<usize>, String);

impl Campaign {
    /// What the types cannot say.
    pub(crate) fn check(&self) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        if let Some(until) = self.until.as_ref().filter(|until| civil(until.get_ref()).is_none()) {
            let message = "not a date and time; write \"2026-11-23 10:00\"".to_owned();
            wrong.push((until.span(), message));
        }
        for person in &self.people {
            if person.get_ref().number.parse::<PhoneNumber>().is_err() {
                let message = "not a telephone number; write it as \"+32470123456\"".to_owned();
                wrong.push((person.span(), message));
            }
        }
        let ends = ["filled", "list-over", "time-over", "stopped", "running"];
        if let Some(end) = self.ends.as_ref().filter(|end| !ends.contains(&end.get_ref().as_str()))
        {
            wrong.push((end.span(), format!("{:?} is none of {}", end.get_ref(), ends.join(", "))));
        }
        wrong
    }

    /// What is expected of its calls, settings filled in.
    pub(crate) fn expected(
        &self,
        settings: &Value,
    ) -> Result<Vec<Expected>, Vec<(Range<usize>, LineError)>> {
        let (mut lines, mut wrong) = (Vec::new(), Vec::new());
        for call in &self.calls {
            match Expected::of_lines(&call.expect, &call.never, settings) {
                Ok(expected) => lines.push(expected),
                Err(errors) => wrong.extend(errors),
            }
        }
        if wrong.is_empty() { Ok(lines) } else { Err(wrong) }
    }

    /// The people's telephones.
    pub(crate) fn set(&self, stage: &dyn Stage) {
        for person in self.people.iter().map(Spanned::get_ref) {
            let phone = behaviour(person.phone, person.after, person.talks, &person.keys);
            let number = person.number.parse::<PhoneNumber>();
            let number = number.map_or_else(|_| person.number.clone(), |it| it.to_string());
            stage.phone(Address::Number(number), outside(phone));
        }
    }

    /// Opens it.
    pub(crate) fn open(&self, exchange: &Arc<Exchange>, site: &Site) {
        let Some(template) = &self.template else { return };
        let until = self.until.as_ref().and_then(|until| civil(until.get_ref()));
        let person = |person: &Spanned<Listed>| {
            let person = person.get_ref();
            Person {
                id: person.id.clone(),
                number: person.number.parse().ok(),
                name: person.name.clone(),
                language: person.language.clone(),
                tags: person.tags.clone(),
                fields: fields(&person.fields),
                wave: 0,
            }
        };
        let people: Vec<Person> = self.people.iter().map(person).collect();
        let new = NewCampaign {
            template: template.get_ref().as_str().into(),
            name: self.name.as_str().into(),
            goal: self.goal,
            until: until.and_then(|until| instant(site.time_zone, until)),
            fields: fields(&self.fields),
            people: (!people.is_empty()).then_some(people),
            by: None,
        };
        // What cannot be opened is said when the scenario is judged.
        let _ = exchange.open_campaign(new);
    }

    /// What was not as the scenario says.
    pub(crate) fn judge(
        &self,
        expected: &[Expected],
        exchange: &Exchange,
        timelines: &[Timeline],
        clock: Clock,
    ) -> Vec<Failure> {
        let mut failures = Vec::new();
        let now = match exchange.campaign_now(&self.name) {
            Ok(now) => now,
            Err(error) => {
                let span = self.template.as_ref().map(Spanned::span);
                let expected = format!("campaign {} that is opened", self.name);
                return vec![Failure { span, expected, happened: error.to_string() }];
            }
        };
        if let Some(reached) = &self.reached {
            let (wanted, found) = (reached.get_ref().to_string(), now.reached.to_string());
            failures.extend(differs(reached.span(), "places filled".to_owned(), &wanted, &found));
        }
        if let Some(ends) = &self.ends {
            let found = now.end.map_or_else(|| "running".to_owned(), |end| word(&end));
            failures.extend(differs(
                ends.span(),
                "the campaign's end".to_owned(),
                ends.get_ref(),
                &found,
            ));
        }
        if let Some(alarms) = &self.alarms {
            let wanted = alarms.get_ref().iter().map(|at| clock.shown(clock.since(*at)));
            let found = now.alarms.iter().map(|at| clock.shown(at.since(clock.start)));
            let [wanted, found] = [wanted.collect::<Vec<_>>(), found.collect()];
            let [wanted, found] = [wanted, found].map(|all| all.join(", "));
            failures.extend(differs(alarms.span(), "alarms".to_owned(), &wanted, &found));
        }
        let contacts = exchange.campaign_contacts(&self.name).unwrap_or_default();
        let of = |id: &str| contacts.iter().find(|contact| contact.person.id == id);
        for (id, outcome) in &self.outcomes {
            let disposed = of(id).map(|contact| contact.disposed.as_ref());
            let found = match disposed {
                None => "no such contact",
                Some(disposed) => disposed.map_or("-", |disposed| disposed.outcome.as_str()),
            };
            failures.extend(differs(
                outcome.span(),
                format!("outcome of {id}"),
                outcome.get_ref(),
                found,
            ));
        }
        for (id, attempts) in &self.attempts {
            let found = of(id).map_or(0, |contact| contact.attempts).to_string();
            let wanted = attempts.get_ref().to_string();
            failures.extend(differs(attempts.span(), format!("calls to {id}"), &wanted, &found));
        }
        failures.extend(self.judge_calls(expected, timelines, clock));
        failures
    }

    fn judge_calls(
        &self,
        expected: &[Expected],
        timelines: &[Timeline],
        clock: Clock,
    ) -> Vec<Failure> {
        let mut failures = Vec::new();
        for (call, expected) in self.calls.iter().zip(expected) {
            // A call that has not dialled is no attempt, so two may bear the same number.
            let wanted = (self.name.as_str(), call.contact.get_ref().as_str());
            let to_contact = |timeline: &&Timeline| {
                timeline.contact().is_some_and(|(campaign, id, _)| (campaign, id) == wanted)
            };
            let nth = call.attempt.saturating_sub(1) as usize;
            match timelines.iter().filter(to_contact).nth(nth) {
                Some(timeline) => {
                    if let Some(at) = &call.at {
                        let [wanted, found] = [clock.since(*at.get_ref()), timeline.arrived()]
                            .map(|at| clock.shown(at));
                        let what = format!("call to {}", call.contact.get_ref());
                        failures.extend(differs(at.span(), what, &wanted, &found));
                    }
                    failures.extend(judge_contact(expected, call.outcome.as_ref(), timeline));
                }
                None => failures.push(Failure {
                    span: Some(call.contact.span()),
                    expected: format!("call {} to {}", call.attempt, call.contact.get_ref()),
                    happened: "there was none".to_owned(),
                }),
            }
        }
        failures
    }
}

/// What was found and is not what was wanted.
fn differs(span: Range<usize>, what: String, wanted: &str, found: &str) -> Option<Failure> {
    let expected = format!("{what}: {wanted}");
    let failure = || Failure { span: Some(span), expected, happened: found.to_owned() };
    (wanted != found).then(failure)
}

/// In the words of the host.
pub(crate) fn fields(fields: &BTreeMap<String, String>) -> Vec<Field> {
    let field = |(key, value): (&String, &String)| Field { key: key.clone(), value: value.clone() };
    fields.iter().map(field).collect()
}

/// What people do with campaigns, by name: `pause`, `resume`, `stop`, or `choose ID`.
pub(crate) fn direct(directs: &BTreeMap<String, Spanned<String>>, exchange: &Arc<Exchange>) {
    for (name, what) in directs {
        if let Some(what) = directed(what.get_ref()) {
            // With the files as they are there may be no such campaign.
            let _ = exchange.direct_campaign(name, what);
        }
    }
}

/// What is done with a campaign, as it is written.
pub(crate) fn directed(what: &str) -> Option<Direct> {
    Some(match what.split_once(' ') {
        None if what == "pause" => Direct::Pause,
        None if what == "resume" => Direct::Resume,
        None if what == "stop" => Direct::Stop,
        Some(("choose", id)) => Direct::Choose(id.to_owned()),
        _ => return None,
    })
}

/// Whether a campaign may still call somebody, or calls somebody now.
pub(crate) fn some_go_on(exchange: &Exchange) -> bool {
    let goes_on = |now: &strowger_model::campaign::CampaignNow| {
        now.stage == CampaignStage::Running || now.calls > 0
    };
    exchange.campaigns().iter().any(goes_on)
}
