//! Digits, numbers, times and places in line as texts, and how long a text takes to say.

use std::{sync::Arc, time::Duration};
use strowger_model::{Prompt, Timestamp};

/// Hours (0 to 23) and minutes of an instant in the site's zone.
pub type TimeOfDay = Arc<dyn Fn(Timestamp) -> (u8, u8) + Send + Sync>;

/// How long a prompt lasts; none: it cannot be played. Never waits.
pub type Lengths = Arc<dyn Fn(&Prompt) -> Option<Duration> + Send + Sync>;

/// Lengths where there is no site: of texts a guess, with figures in this language; of recordings
/// none, so they cannot be played.
pub fn lengths_without_recordings(language: &str) -> Lengths {
    let (language, midnight): (_, TimeOfDay) = (language.to_owned(), Arc::new(|_| (0, 0)));
    Arc::new(move |prompt| match prompt {
        Prompt::Recording(_) => None,
        Prompt::Silence(length) => Some(*length),
        _ => Some(spoken_length(&text(prompt, &language, &midnight).0)),
    })
}

/// What is said for a prompt, and in which language. A recording's is its name; silence has none.
pub(super) fn text(prompt: &Prompt, language: &str, time_of_day: &TimeOfDay) -> (String, String) {
    let own = |text| (text, language.to_owned());
    match prompt {
        Prompt::Text { text, language: other } => {
            (text.clone(), other.as_deref().unwrap_or(language).to_owned())
        }
        Prompt::Digits(digits) => own(spell(digits, Words::of(language))),
        Prompt::Number(number) => own(number.to_string()),
        Prompt::Time(at) => {
            let (hour, minute) = time_of_day(*at);
            own(match minute {
                0 => format!("{hour} {}", Words::of(language).hours),
                _ => format!("{hour} {} {minute}", Words::of(language).hours),
            })
        }
        Prompt::Position(place) => own(format!("{} {place}", Words::of(language).number)),
        Prompt::Recording(name) => own(name.clone()),
        Prompt::Silence(_) => own(String::new()),
    }
}

/// Digits, numbers, times and places in line as a text in this language; other prompts as they are.
pub fn in_words(prompt: Prompt, language: &str, time_of_day: &TimeOfDay) -> Prompt {
    match prompt {
        Prompt::Digits(_) | Prompt::Number(_) | Prompt::Time(_) | Prompt::Position(_) => {
            let (text, language) = text(&prompt, language, time_of_day);
            Prompt::Text { text, language: Some(language) }
        }
        other => other,
    }
}

/// The few words that are needed.
struct Words {
    number: &'static str,
    hours: &'static str,
    star: &'static str,
    hash: &'static str,
}

impl Words {
    /// English where the language is not known.
    fn of(language: &str) -> Self {
        let (number, hours, star, hash) = match primary(language).as_str() {
            "nl" => ("nummer", "uur", "sterretje", "hekje"),
            "fr" => ("numéro", "heures", "étoile", "dièse"),
            "de" => ("Nummer", "Uhr", "Stern", "Raute"),
            _ => ("number", "hours", "star", "hash"),
        };
        Self { number, hours, star, hash }
    }
}

/// `nl` of `nl-BE`.
pub(super) fn primary(language: &str) -> String {
    language.split(['-', '_']).next().unwrap_or_default().to_lowercase()
}

fn spell(digits: &str, words: Words) -> String {
    let spoken: Vec<String> = digits
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|digit| match digit {
            '*' => words.star.to_owned(),
            '#' => words.hash.to_owned(),
            other => other.to_string(),
        })
        .collect();
    spoken.join(" ")
}

/// How long a text takes to say: 0.3 s, 55 ms a character and 275 ms a digit. Within a tenth of
/// what espeak-ng's Dutch voice took for the texts of the helpdesk.
pub fn spoken_length(text: &str) -> Duration {
    let millis = |c: char| if c.is_ascii_digit() { 275 } else { 55 };
    Duration::from_millis(300 + text.trim().chars().map(millis).sum::<u64>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{slug, text_hash};

    #[test]
    fn things_are_said_in_the_language_of_the_site() {
        let half_past_two: TimeOfDay = Arc::new(|_| (14, 30));
        let at_eight: TimeOfDay = Arc::new(|_| (8, 0));
        let said = |prompt: &Prompt, language: &str| text(prompt, language, &half_past_two).0;
        assert_eq!(said(&Prompt::Time(Timestamp(0)), "nl-BE"), "14 uur 30");
        assert_eq!(text(&Prompt::Time(Timestamp(0)), "fr", &at_eight).0, "8 heures");
        assert_eq!(said(&Prompt::Position(3), "de_DE"), "Nummer 3");
        assert_eq!(said(&Prompt::Position(3), "nl"), "nummer 3");
        assert_eq!(said(&Prompt::Position(3), "zz"), "number 3", "English where it is not known");
        assert_eq!(said(&Prompt::Digits("02 7*#".to_owned()), "nl"), "0 2 7 sterretje hekje");
        assert_eq!(said(&Prompt::Number(-12), "en"), "-12");
        let french =
            Prompt::Text { text: "Bonjour".to_owned(), language: Some("fr-BE".to_owned()) };
        assert_eq!(text(&french, "nl", &at_eight), ("Bonjour".to_owned(), "fr-BE".to_owned()));
    }

    /// Of a flow that speaks another language than its site.
    #[test]
    fn figures_are_said_in_the_language_of_the_flow() {
        let half_past_two: TimeOfDay = Arc::new(|_| (14, 30));
        let said = |prompt: Prompt| in_words(prompt, "fr-BE", &half_past_two);
        let text =
            |text: &str| Prompt::Text { text: text.to_owned(), language: Some("fr-BE".to_owned()) };
        assert_eq!(said(Prompt::Position(2)), text("numéro 2"));
        assert_eq!(said(Prompt::Time(Timestamp(0))), text("14 heures 30"));
        assert_eq!(said(Prompt::Number(7)), text("7"));
        assert_eq!(said(Prompt::Digits("1#".to_owned())), text("1 dièse"));
        let recording = Prompt::Recording("welcome".to_owned());
        assert_eq!(said(recording.clone()), recording);
    }

    #[test]
    fn texts_have_names() {
        let wait = "U wordt zo spoedig mogelijk geholpen.";
        assert_eq!(slug(wait).as_deref(), Some("u-wordt-zo-spoedig-mogelijk-geholpen"));
        assert_eq!(slug("Één moment, a.u.b.!").as_deref(), Some("één-moment-a-u-b"));
        assert_eq!(slug("../../etc/passwd").as_deref(), Some("etc-passwd"));
        assert_eq!(slug("?!"), None);
        assert_eq!(slug(&"lang ".repeat(20)), None);
        assert_eq!(text_hash(wait).len(), 32);
        assert_eq!(spoken_length(wait), Duration::from_millis(300 + 55 * 37));
        assert_eq!(spoken_length("nummer 3 "), Duration::from_millis(300 + 55 * 7 + 275));
    }
}
