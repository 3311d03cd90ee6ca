//! A hospital's contact centre in front of its clinics: requirements K1 to K6, from "Hoe vergroot
//! je de telefonische bereikbaarheid in het ziekenhuis?". The Dutch is that document's.

mod settings;

pub use settings::{Clinic, Repeat, Settings, Texts, WrapUp};

use std::collections::BTreeSet;
use strowger_sdk::prelude::*;

/// The flow.
pub struct ContactCentre;

impl Script for ContactCentre {
    type Settings = Settings;

    const FIELDS: Option<&'static [&'static str]> =
        Some(&["clinic", "call", "clinics", "position", "minutes", "number"]);

    fn check(settings: &Settings) -> Result<(), String> {
        let mut numbers = BTreeSet::new();
        if let Some(twice) = settings
            .clinics
            .iter()
            .find(|clinic| !numbers.insert(digits(&clinic.number).collect::<String>()))
        {
            return Err(format!(
                "clinics: two have the number {}, the second is {}",
                twice.number, twice.name
            ));
        }
        if settings.repeat.calls < 2 {
            return Err("repeat.calls: every call would be a repeat; give at least 2".into());
        }
        let keys: BTreeSet<char> = settings.wrap_up.iter().map(|wrap_up| wrap_up.key).collect();
        if keys.len() < settings.wrap_up.len() {
            return Err("wrap_up: two codes have the same key; give each its own".into());
        }
        settings.announce.as_ref().map_or(Ok(()), Announce::check)
    }

    async fn run(call: Call, settings: &'static Settings) -> Result<Ending, Failure> {
        contact_centre(&call, settings).await
    }
}

impl Settings {
    /// The clinic behind a number.
    fn clinic(&self, number: &str) -> Option<&Clinic> {
        self.clinics.iter().find(|clinic| digits(&clinic.number).eq(digits(number)))
    }
}

/// A number as it is compared: its digits.
fn digits(number: &str) -> impl Iterator<Item = char> {
    number.chars().filter(char::is_ascii_digit)
}

async fn contact_centre(call: &Call, s: &'static Settings) -> Result<Ending, Failure> {
    // K1 "Daardoor kun je de telefoonnummers van de poliklinieken koppelen met de bijbehorende
    // vragenboom per polikliniek. Zo heeft
    //     de telefonist meteen de juiste antwoorden bij de juiste vragen van de patiënt paraat."
    let clinic = s.clinic(call.dialled());
    let name = clinic.map_or(&s.hospital, |clinic| &clinic.name);
    call.note("clinic", name);
    if let Some(clinic) = clinic {
        call.note("question-tree", &clinic.tree);
    }
    let before = Before::of(call, s, clinic);

    // K1 "De telefoon wordt altijd op dezelfde manier opgenomen en iedereen wordt op de juiste
    // manier te woord gestaan."
    call.answer().await?;
    let language = call.language(&s.languages).await;
    if let Some(language) = &language {
        call.note("language", language);
    }
    let said = |words: &Words| {
        words.map(|text| text.replace("{clinic}", name)).in_language(language.as_deref())
    };
    call.play(said(&s.texts.greeting)).await;

    let shown = before.shown(name, &s.texts);
    let whisper = s
        .texts
        .whisper
        .iter()
        .map(|words| words.map(|text| text.replace("{clinic}", name)).in_language(None))
        .collect();
    // K6: who was to be called back, and calls again, has the place.
    let kept = match &s.call_back {
        Some(_) => call.place_kept(&s.team).await,
        None => None,
    };
    let mut waiting = call
        .wait_in(&s.team)
        .entering(|queue| queue.display(shown).whisper(whisper).waited(kept))
        .music(&s.music)
        .say(said(&s.texts.waiting), s.repeat_every)
        .call_back(s.call_back.as_ref(), language.as_deref())
        .announced(s.announce.as_ref(), language.as_deref());
    // K2 "De patiënt moet direct antwoord op zijn vraag kunnen krijgen en pas in uitzonderlijke
    // gevallen worden doorverbonden met een
    //     medisch onderlegde medewerker op de poli."
    if let Some(desk) = clinic.and_then(|clinic| clinic.desk.as_ref()) {
        waiting = waiting.also(desk, s.clinic_after);
    }
    match waiting.await {
        Ok(agent) => {
            call.note("answered-by", &agent.name);
            // K5 "Zo kun je informatie terughalen met betrekking tot gemaakte afspraken,
            // gespreksduur en de afhandelingstijd voor
            //     administratieve taken."
            let codes = s.wrap_up.iter().map(|wrap_up| (wrap_up.key, &wrap_up.code));
            let wrap_up = Coding::new("wrap-up", codes, &s.texts.wrap_up).within(s.wrap_up_within);
            Ok(call.talk_and_code(agent.leg, wrap_up, "answered").await)
        }
        Err(nobody) => {
            if !nobody.caller_is_gone() {
                call.play(said(&s.texts.nobody)).await;
                call.hang_up_all();
            }
            Ok(nobody.word().into())
        }
    }
}

/// K3 "Wanneer een patiënt meerdere keren moet bellen voor een afspraak, dan is dat een teken dat
/// de patiënt door de polikliniek niet goed geïnformeerd wordt."
struct Before<'s> {
    /// Calls to the same clinic.
    here: u32,
    /// Other clinics that were called, by name.
    elsewhere: BTreeSet<&'s str>,
}

impl<'s> Before<'s> {
    fn of(call: &Call, s: &'s Settings, clinic: Option<&Clinic>) -> Self {
        let mut before = Self { here: 0, elsewhere: BTreeSet::new() };
        let history =
            call.caller().map_or_else(Vec::new, |number| call.history(number, s.repeat.days));
        for past in history.iter().filter(|past| !past.outbound) {
            match s.clinic(&past.dialled) {
                Some(other) if clinic.is_none_or(|clinic| clinic.number != other.number) => {
                    before.elsewhere.insert(&other.name);
                }
                None if clinic.is_some() => {}
                _ => before.here += 1,
            }
        }
        call.note("calls-before", before.here);
        if !before.elsewhere.is_empty() {
            call.note("called-before", before.others());
        }
        if before.here + 1 >= s.repeat.calls {
            call.tag("repeat");
        }
        before
    }

    fn others(&self) -> String {
        self.elsewhere.iter().copied().collect::<Vec<_>>().join(", ")
    }

    /// What the agent sees on the phone.
    fn shown(&self, name: &str, texts: &Texts) -> String {
        let mut shown = name.to_owned();
        if self.here > 0 {
            shown += &texts.again.replace("{call}", &(self.here + 1).to_string());
        }
        if !self.elsewhere.is_empty() {
            shown += &texts.elsewhere.replace("{clinics}", &self.others());
        }
        shown
    }
}

strowger_sdk::export!(ContactCentre, schema = "../settings.schema.json");

#[cfg(test)]
mod tests;
