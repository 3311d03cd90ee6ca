//! What the pages say, in the language of the reader: the one that was chosen, else the one that the
//! browser asks for.

use crate::guard::cookie;
use axum::{
    extract::FromRequestParts,
    http::{header::ACCEPT_LANGUAGE, request::Parts},
};
use std::convert::Infallible;

/// The cookie with the language that was chosen.
pub(crate) const LANGUAGE: &str = "strowger-language";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Dutch,
    English,
}

impl Language {
    pub(crate) fn code(self) -> &'static str {
        self.words().code
    }

    pub(crate) fn named(code: &str) -> Option<Self> {
        [Self::Dutch, Self::English].into_iter().find(|language| language.code() == code)
    }

    pub(crate) fn words(self) -> &'static Words {
        match self {
            Self::Dutch => &DUTCH,
            Self::English => &ENGLISH,
        }
    }

    /// Of the languages that a browser asks for, the first that there is; else English.
    fn asked_for(accepted: &str) -> Self {
        let mut codes = accepted.split([',', ';']).map(|it| it.trim().get(..2).unwrap_or_default());
        codes.find_map(|code| Self::named(&code.to_ascii_lowercase())).unwrap_or(Self::English)
    }
}

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let chosen = cookie(&parts.headers, LANGUAGE).and_then(Self::named);
        let accepted = parts.headers.get(ACCEPT_LANGUAGE).and_then(|line| line.to_str().ok());
        Ok(chosen.unwrap_or_else(|| Self::asked_for(accepted.unwrap_or_default())))
    }
}

/// Declares the words, and that each language has all of them.
macro_rules! words {
    ($($name:ident: $dutch:literal, $english:literal;)*) => {
        /// The words of a language.
        pub(crate) struct Words {
            $(pub(crate) $name: &'static str,)*
        }

        const DUTCH: Words = Words { $($name: $dutch,)* };
        const ENGLISH: Words = Words { $($name: $english,)* };
    };
}

words! {
    code: "nl", "en";
    other_code: "en", "nl";
    other_language: "English", "Nederlands";
    skip: "Naar de inhoud", "To the content";
    connection_lost: "Geen verbinding met Strowger: wat hier staat kan verouderd zijn.",
        "No connection to Strowger: what you see here may be out of date.";

    log_in: "Aanmelden", "Log in";
    log_out: "Afmelden", "Log out";
    name: "Naam", "Name";
    password: "Wachtwoord", "Password";
    wrong_password: "Naam of wachtwoord is niet juist.", "The name or the password is wrong.";
    locked_out: "Te veel pogingen. Probeer opnieuw over {minutes} min.",
        "Too many attempts. Try again in {minutes} min.";

    wallboard: "Wachtrijen", "Wallboard";
    switches: "Schakelaars", "Switches";
    campaigns: "Campagnes", "Campaigns";
    cancel: "Terug", "Back";

    look_here: "Hier moet iemand naar kijken", "Somebody has to look at this";
    queue: "Wachtrij", "Queue";
    now: "Nu", "Now";
    waiting: "Wachten", "Waiting";
    longest: "Langst", "Longest";
    agents: "Agenten", "Agents";
    free: "Vrij", "Free";
    ringing: "Gaat over", "Ringing";
    talking: "In gesprek", "Talking";
    wrap_up: "Nawerk", "Wrap-up";
    paused: "Pauze", "Paused";
    away: "Afwezig", "Away";
    today: "Vandaag", "Today";
    offered: "Oproepen", "Offered";
    answered: "Beantwoord", "Answered";
    in_time: "Op tijd", "In time";
    lost: "Opgehangen", "Hung up";
    no_queues: "Er zijn geen wachtrijen.", "There are no queues.";
    calls_up: "Gesprekken", "Calls";
    no_calls: "Er zijn geen gesprekken.", "There are no calls.";
    no_pbx: "De telefooncentrale is niet verbonden.", "The PBX is not connected.";

    position: "Stand", "Position";
    since: "Sinds", "Since";
    until: "Tot", "Until";
    then: "daarna", "then";
    by: "Door", "By";
    reason: "Reden", "Reason";
    never_turned: "nooit omgezet", "never turned";
    turn_to: "Omzetten naar", "Turn to";
    turn_now: "Omzetten", "Turn";
    from: "Van", "From";
    to: "Naar", "To";
    how_long: "Hoe lang", "For how long";
    stays: "Tot iemand ze terugzet", "Until somebody turns it back";
    half_hour: "30 minuten", "30 minutes";
    one_hour: "1 uur", "1 hour";
    two_hours: "2 uur", "2 hours";
    four_hours: "4 uur", "4 hours";
    eight_hours: "8 uur", "8 hours";
    a_day: "24 uur", "24 hours";
    turn_effect: "Wie wacht wordt meteen volgens de nieuwe stand behandeld. Wie in gesprek is merkt niets.",
        "Callers who wait are treated by the new position at once. Callers who talk notice nothing.";
    no_reason: "Vul een reden in.", "Give a reason.";
    no_switches: "Er zijn geen schakelaars.", "There are no switches.";

    no_campaigns: "Er zijn geen campagnes.", "There are no campaigns.";
    places: "Plaatsen", "Places";
    filled: "ingevuld", "filled";
    people: "Personen", "People";
    untried: "nog niet gebeld", "not called yet";
    under_way: "Lopende oproepen", "Calls under way";
    accepted: "Aanvaard", "Accepted";
    running: "Loopt", "Running";
    pauses: "Gepauzeerd", "Paused";
    ended_filled: "Voorbij: alle plaatsen ingevuld", "Over: all places are filled";
    ended_list: "Voorbij: niemand meer te bellen", "Over: nobody is left to be called";
    ended_time: "Voorbij: de tijd is om", "Over: its time is over";
    ended_stopped: "Voorbij: gestopt", "Over: it was stopped";
    waits_hours: "wacht op de beluren", "waits for its hours";
    waits_agents: "wacht op vrije agenten", "waits for free agents";
    waits_flow: "de flow of het sjabloon ontbreekt", "its flow or template is missing";
    waits_pbx: "wacht op de telefooncentrale", "waits for the PBX";
    waits_journal: "wacht op het logboek", "waits for the journal";
    waits_room: "wacht tot er plaats is voor gesprekken", "waits for room for more calls";
    opened: "Geopend", "Opened";
    pause: "Pauzeren", "Pause";
    resume: "Hervatten", "Resume";
    stop: "Stoppen", "Stop";
    stop_effect: "De campagne eindigt voorgoed. Wie net een plaats aangeboden krijgt, hoort dat er geen meer is.",
        "The campaign ends for good. Who is just being offered a place is told that there is none.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_there_is() {
        use Language::{Dutch, English};
        for (accepted, language) in [
            ("nl-BE,nl;q=0.9,en;q=0.8", Dutch),
            ("fr-BE, NL;q=0.5", Dutch),
            ("en-GB,nl", English),
            ("fr", English),
            ("", English),
            ("é", English),
        ] {
            assert_eq!(Language::asked_for(accepted), language, "{accepted}");
        }
        assert_eq!(Language::named("nl"), Some(Dutch));
        assert_eq!(Language::named("fr"), None);
    }
}
