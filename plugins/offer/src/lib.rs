//! Offers a place to a contact of a campaign: requirements O1 to O4, from section 1.5.2 of the Flemish
//! "Draaiboek lokale helpdesk vaccinatie" ("Maak interne instructiescripts voor uitgaande oproepen"),
//! and F2, the open shift of a flex pool. The Dutch is that document's.

mod agent_first;
mod person;
mod settings;

pub use settings::{
    AgentFirst, CalledBy, Confirming, Keys, MailTo, Planner, Settings, Texts, WhoTalks,
};

use person::{Answer, Person};
use strowger_sdk::{
    prelude::*,
    reads::Purpose,
    script::{Ordered, kind},
    types::{Confirm, ContactDue},
};

/// The flow.
pub struct Offer;

impl Script for Offer {
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), String> {
        settings::check(settings)
    }

    async fn run(call: Call, s: &'static Settings) -> Result<Ending, Failure> {
        let called = |by: &CalledBy| call.returns_our_call(&by.flow, by.days);
        let who = call.about_contact().or_else(|| s.called_by.as_ref().and_then(called));
        let person = who.and_then(|who| Person::of(&call, s, who));
        let outcome = match (person, call.contact_due()) {
            (Some(person), Some(due)) => {
                call.note("campaign", &due.campaign);
                match &s.agent_first {
                    Some(agents)
                        if s.who_talks == WhoTalks::Agent
                            && person.purpose != Purpose::NotChosen =>
                    {
                        agent_first::call_with_agent(&person, agents, due).await
                    }
                    _ => by_keypad(&person, due).await,
                }
            }
            (Some(person), None) => called_back(&person).await?,
            (None, Some(_)) => "unknown",
            (None, None) => {
                call.answer().await?;
                call.play(&s.texts.unknown).await;
                "unknown"
            }
        };
        call.hang_up_all();
        Ok(outcome.into())
    }
}

/// The name of the contact's leg.
const CONTACT: &str = "contact";

/// O1 "Laat maximaal 8 keer bellen. Spreek geen bericht in op voice mail maar ga dan naar de volgende."
fn dial(person: &Person, due: &ContactDue) -> Ordered<kind::Dial> {
    let s = person.s;
    person.call.dial(&due.number).leg(CONTACT).rings(s.rings).set_up_within(s.set_up)
}

/// O4: a menu speaks with the contact, and no agent is needed.
async fn by_keypad(person: &Person, due: &ContactDue) -> &'static str {
    let (call, s) = (&person.call, person.s);
    let mut goals = call.goals();
    let confirm = Confirm {
        prompts: vec![person.words(&s.texts.confirm)],
        key: s.confirm.key,
        within: s.confirm.within.0 * 1000,
    };
    let reached = strowger_sdk::race! {
        // Somebody else has the last place: stop ringing.
        _ = person.none_left(&mut goals) => return person.not_reached(person.why_none_left()),
        reached = dial(person, due).confirmed_by(confirm) => reached,
    };
    match reached {
        Ok(_answered) if person.purpose == Purpose::NotChosen => {
            person.tell_not_chosen(CONTACT).await
        }
        Ok(_answered) => {
            let answer = person.ask(CONTACT, &mut goals).await;
            person.settle(CONTACT, answer).await
        }
        Err(why) => person.dial_failed(&why),
    }
}

/// O3: somebody who was called calls back, and gets the same offer if a place is left.
async fn called_back(person: &Person) -> Result<&'static str, Failure> {
    let (call, s) = (&person.call, person.s);
    call.answer().await?;
    call.note("campaign", &person.who.campaign);
    if person.has_accepted {
        person.say(CALLER, person.words_of_acceptance()).await;
        return Ok("accepted");
    }
    if !person.places_left {
        person.say(CALLER, person.words_of_none_left()).await;
        return Ok(person.why_none_left());
    }
    let mut goals = call.goals();
    Ok(match person.ask(CALLER, &mut goals).await {
        Answer::Nothing => {
            person.say(CALLER, &s.texts.nothing_keyed).await;
            "nothing-keyed"
        }
        answer => person.settle(CALLER, answer).await,
    })
}

strowger_sdk::export!(Offer, schema = "../settings.schema.json");

#[cfg(test)]
mod tests;
