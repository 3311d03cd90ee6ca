//! Who calls, and whose number is withheld: by the headers of the call, and by the words that trunks
//! send in place of a number.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use strowger_model::Signalled;

/// What is believed of who calls on a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CallerFrom {
    /// The number that the PBX shows.
    #[default]
    Pbx,
    /// The header `From`.
    From,
    /// The header `P-Asserted-Identity`. A call without it is one whose number is withheld.
    PAssertedIdentity,
    /// The header `Remote-Party-ID`. A call without it is one whose number is withheld.
    RemotePartyId,
}

/// A number and a name; none: withheld.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// The number.
    pub number: Option<String>,
    /// The name.
    pub name: Option<String>,
}

impl Shown {
    fn new(number: &str, name: &str) -> Self {
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Self { number: said(number), name: said(name) }
    }
}

/// How the callers of a site are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Callers {
    /// Words of the site, [plain](plain).
    words: BTreeSet<String>,
    lines: BTreeMap<String, Line>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Line {
    believes: CallerFrom,
    words: BTreeSet<String>,
}

/// Who wants to be unknown: no number, whatever else is said. Letters and digits only.
const WITHHELD: [&str; 33] = [
    "anonymous",
    "anonymousinvalid",
    "anonymouscall",
    "anonymouscaller",
    "blocked",
    "blockednumber",
    "calleridblocked",
    "calleridrestricted",
    "calleridwithheld",
    "confidential",
    "hidden",
    "hiddennumber",
    "numberwithheld",
    "presentationrestricted",
    "private",
    "privatecaller",
    "privatenumber",
    "restricted",
    "restrictednumber",
    "secret",
    "suppressed",
    "withheld",
    "withheldnumber",
    // Of the countries around.
    "afgeschermd",
    "anonieme",
    "anoniem",
    "anonym",
    "anonyme",
    "geheim",
    "masqué",
    "privé",
    "unterdrückt",
    "verborgen",
];

/// In place of a number: nobody knows it. As a name they say nothing.
const UNKNOWN: [&str; 25] = [
    "asterisk",
    "coinlinepayphone",
    "interactionwithotherservice",
    "invalid",
    "na",
    "nocallerid",
    "none",
    "nonumber",
    "notavailable",
    "null",
    "numberunavailable",
    "o",
    "outofarea",
    "p",
    "serviceunavailable",
    "unavailable",
    "unavailablenumber",
    "undefined",
    "unknown",
    "unknowncaller",
    "unknownnumber",
    "inconnu",
    "nichtverfügbar",
    "onbekend",
    "unbekannt",
];

/// The values of the header `Privacy` by which a caller asks not to be named (RFC 3323, RFC 3325).
const PRIVACY: [&str; 3] = ["id", "user", "header"];

impl Callers {
    /// With further words for withheld numbers: of the site, and of lines.
    pub(crate) fn new(
        words: &[String],
        lines: impl Iterator<Item = (String, CallerFrom, Vec<String>)>,
    ) -> Self {
        let line = |(name, believes, words): (String, CallerFrom, Vec<String>)| {
            (name, Line { believes, words: all_plain(&words) })
        };
        Self { words: all_plain(words), lines: lines.map(line).collect() }
    }

    /// Who calls on a line, as the PBX and the signalling say.
    pub fn who(&self, line: Option<&str>, shown: Shown, signalled: &Signalled) -> Shown {
        let Signalled { withheld, privacy, from, asserted_identity, remote_party_id } = signalled;
        let from = from.as_deref().map(identity);
        let remote = remote_party_id.as_deref().map(calling_party);
        let asked = privacy.as_deref().is_some_and(asks_for_privacy)
            || remote.is_some_and(remote_asks_for_privacy)
            || from.as_ref().is_some_and(|from| self.is_hidden(line, from));
        if *withheld || asked {
            return Shown::default();
        }
        let headers = from.is_some() || asserted_identity.is_some() || remote.is_some();
        let believed = match line.and_then(|line| self.lines.get(line)).map(|line| line.believes) {
            // A PBX that tells no headers has nothing better.
            _ if !headers => shown,
            None | Some(CallerFrom::Pbx) => shown,
            Some(CallerFrom::From) => from.unwrap_or_default(),
            Some(CallerFrom::PAssertedIdentity) => {
                asserted_identity.as_deref().map(identity).unwrap_or_default()
            }
            Some(CallerFrom::RemotePartyId) => remote.map(identity).unwrap_or_default(),
        };
        if self.is_hidden(line, &believed) {
            return Shown::default();
        }
        let Shown { number, name } = believed;
        let Some(number) = number.filter(|number| !self.withhold(line, number)) else {
            return Shown::default();
        };
        let says = |name: &String| !UNKNOWN.contains(&&*plain(name)) && !plain(name).is_empty();
        Shown { number: Some(number), name: name.filter(says) }
    }

    /// Whether what stands in place of a number means that there is none.
    pub fn withhold(&self, line: Option<&str>, number: &str) -> bool {
        let (number, host) = number.split_once('@').unwrap_or((number, ""));
        let number = plain(number);
        number.bytes().all(|digit| digit == b'0')
            || UNKNOWN.contains(&&*number)
            || self.hides(line, &number)
            || self.hides(line, &plain(host))
    }

    /// The caller wants to be unknown, by number or name.
    fn is_hidden(&self, line: Option<&str>, shown: &Shown) -> bool {
        let host = |number: &str| number.split_once('@').map_or(String::new(), |it| plain(it.1));
        let number = shown.number.as_deref().unwrap_or_default();
        let user = number.split('@').next().unwrap_or_default();
        let name = shown.name.as_deref().unwrap_or_default();
        [plain(user), host(number), plain(name)].iter().any(|word| self.hides(line, word))
    }

    fn hides(&self, line: Option<&str>, word: &str) -> bool {
        let of_line = line.and_then(|line| self.lines.get(line));
        WITHHELD.contains(&word)
            || self.words.contains(word)
            || of_line.is_some_and(|line| line.words.contains(word))
    }
}

/// A word as it is compared: its letters and digits, in small letters.
fn plain(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn all_plain(words: &[String]) -> BTreeSet<String> {
    words.iter().map(|word| plain(word)).filter(|word| !word.is_empty()).collect()
}

fn asks_for_privacy(header: &str) -> bool {
    let values = header.split([';', ',']).map(|value| value.trim().trim_matches('"'));
    let mut values = values.map(str::to_ascii_lowercase);
    values.any(|value| PRIVACY.contains(&&*value))
}

/// The part of a header `Remote-Party-ID` that is about the caller: several parties may be in it, with
/// commas between them. Where it does not say which is which, the whole of it.
fn calling_party(header: &str) -> &str {
    let (mut quoted, mut within) = (false, false);
    let between = |c: char| {
        match c {
            '"' => quoted = !quoted,
            '<' | '>' if !quoted => within = c == '<',
            _ => {}
        }
        c == ',' && !quoted && !within
    };
    let calls = |party: &&str| {
        let said = party.rsplit('>').next().unwrap_or_default();
        let mut said = said.split(';').map(|parameter| parameter.trim().to_ascii_lowercase());
        said.any(|parameter| parameter == "party=calling" || parameter == "party=\"calling\"")
    };
    header.split(between).find(calls).unwrap_or(header)
}

/// `;privacy=full`, `uri`, `name`, or `full-network`: anything but `off`.
fn remote_asks_for_privacy(header: &str) -> bool {
    header.split([';', ',', '>']).any(|parameter| {
        let (key, value) = parameter.split_once('=').unwrap_or_default();
        let value = value.trim().trim_matches('"');
        key.trim().eq_ignore_ascii_case("privacy") && !value.eq_ignore_ascii_case("off")
    })
}

/// The number and the name in a header such as `"Jan" <sip:+32470123456@trunk;user=phone>;tag=1`, or
/// `tel:+32-470-12-34-56`. The host stands behind the number where it says that there is none.
fn identity(header: &str) -> Shown {
    let (quoted, rest) = quoted(header.trim());
    let (name, uri) = match rest.split_once('<') {
        Some((name, rest)) => (name, rest.split('>').next().unwrap_or_default()),
        None => ("", rest.split(';').next().unwrap_or_default()),
    };
    let name = quoted.unwrap_or_else(|| name.to_owned());
    let (scheme, rest) = uri.trim().split_once(':').unwrap_or_default();
    let (user, host) = rest.split_once('@').unwrap_or(match scheme {
        scheme if scheme.eq_ignore_ascii_case("tel") => (rest, ""),
        _ => ("", rest),
    });
    let user = user.split(';').next().unwrap_or_default().replace("%2B", "+").replace("%2b", "+");
    let host = host.split([';', ':']).next().unwrap_or_default();
    let is_number = user.starts_with(|c: char| c.is_ascii_digit() || c == '+');
    let user: String =
        user.chars().filter(|c| !(is_number && matches!(c, '-' | '.' | '(' | ')'))).collect();
    let invalid = host.to_ascii_lowercase().ends_with("anonymous.invalid");
    let number = if invalid { format!("{user}@{host}") } else { user };
    Shown::new(&number, &name)
}

/// A text in quotes at the beginning, and what follows it.
fn quoted(header: &str) -> (Option<String>, &str) {
    let Some(rest) = header.strip_prefix('"') else { return (None, header) };
    let (mut text, mut escaped) = (String::new(), false);
    for (at, c) in rest.char_indices() {
        match c {
            '"' if !escaped => return (Some(text), &rest[at + 1..]),
            '\\' if !escaped => escaped = true,
            c => {
                text.push(c);
                escaped = false;
            }
        }
    }
    (None, header)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "+32470123456";

    fn site() -> Callers {
        let lines = [
            ("asserted", CallerFrom::PAssertedIdentity),
            ("remote", CallerFrom::RemotePartyId),
            ("from", CallerFrom::From),
        ];
        let line = |(name, caller): (&str, CallerFrom)| {
            (name.to_owned(), caller, vec!["Geen nummer".to_owned()])
        };
        Callers::new(&["999999".to_owned()], lines.into_iter().map(line))
    }

    fn shown(number: &str, name: &str) -> Shown {
        Shown::new(number, name)
    }

    #[test]
    fn words_of_trunks_are_no_number_and_no_name() {
        for word in [
            "",
            "anonymous",
            "Anonymous",
            "unavailable",
            "Restricted",
            "private",
            "unknown",
            "withheld",
            "0",
            "0000000000",
            "+0000",
            "anonymous.invalid",
            "Private Number",
            "N/A",
            "anoniem",
            "anonymous@anonymous.invalid",
            "x@anonymous.invalid",
            "-",
            "asterisk",
            "999999",
        ] {
            let who = site().who(None, shown(word, "Jan"), &Signalled::default());
            assert_eq!(who, Shown::default(), "{word:?}");
        }
        for number in [NUMBER, "0470123456", "101", "*45", "100000", "p1"] {
            let who = site().who(None, shown(number, "Jan"), &Signalled::default());
            assert_eq!(who, shown(number, "Jan"), "{number:?}");
        }
        let who = |line, number| site().who(line, shown(number, ""), &Signalled::default()).number;
        assert_eq!(who(Some("from"), "geen nummer"), None);
        assert_eq!(who(Some("elsewhere"), "geen nummer").as_deref(), Some("geen nummer"));
    }

    #[test]
    fn a_name_that_asks_for_it_hides_the_number_and_one_that_says_nothing_does_not() {
        let who = |name| site().who(None, shown(NUMBER, name), &Signalled::default());
        assert_eq!(who("Anonymous"), Shown::default());
        assert_eq!(who("unavailable"), shown(NUMBER, ""));
    }

    #[test]
    fn headers_that_ask_for_privacy_are_followed() {
        let privacy = |value: &str| Signalled { privacy: Some(value.into()), ..Default::default() };
        let remote = |value: &str| Signalled {
            remote_party_id: Some(format!("\"Jan\" <sip:{NUMBER}@trunk>;party=calling{value}")),
            ..Default::default()
        };
        let from = |value: &str| Signalled { from: Some(value.into()), ..Default::default() };
        let pbx = Signalled { withheld: true, ..Default::default() };
        for hidden in [
            privacy("id"),
            privacy("id;critical"),
            privacy("header; user"),
            privacy("ID"),
            remote(";privacy=full"),
            remote(";screen=yes;Privacy=\"uri\""),
            from("\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1"),
            from("sip:c8oqz84zk7z@anonymous.invalid;tag=1"),
            pbx,
        ] {
            let who = site().who(None, shown(NUMBER, "Jan"), &hidden);
            assert_eq!(who, Shown::default(), "{hidden:?}");
        }
        for open in [
            privacy("none"),
            privacy("history"),
            remote(""),
            remote(";privacy=off"),
            from("sip:x@y"),
        ] {
            assert_eq!(
                site().who(None, shown(NUMBER, "Jan"), &open),
                shown(NUMBER, "Jan"),
                "{open:?}"
            );
        }
    }

    #[test]
    fn of_several_parties_the_one_who_calls_counts() {
        let called = "\"Desk, the\" <sip:100@x;a=1,2>;party=called";
        let calls = format!("\"Jan\" <sip:{NUMBER}@x>;screen=yes;PARTY=calling");
        let who = |header: String| {
            let remote_party_id = Some(header);
            site().who(
                Some("remote"),
                shown("1", ""),
                &Signalled { remote_party_id, ..Default::default() },
            )
        };
        for header in [
            format!("{called}, {calls}"),
            format!("{calls}, {called};privacy=full"),
            format!("{called};privacy=full,{calls};privacy=off"),
        ] {
            assert_eq!(who(header.clone()), shown(NUMBER, "Jan"), "{header}");
        }
        assert_eq!(who(format!("{called}, {calls};privacy=full")), Shown::default());
        // Nobody says who is who: the first one, and whoever wants to be unknown is.
        let nameless = |more: &str| who(format!("<sip:101@x>, <sip:102@x>{more}"));
        assert_eq!(nameless(""), shown("101", ""));
        assert_eq!(nameless(";privacy=full"), Shown::default());
    }

    #[test]
    fn a_line_says_which_header_is_believed() {
        let signalled = Signalled {
            from: Some("\"Fr \\\"<x>\\\"\" <sip:0031@trunk:5060;user=phone>;tag=7".to_owned()),
            asserted_identity: Some("\"Ass\" <tel:+32-470-12.34.56;phone-context=x>".to_owned()),
            remote_party_id: Some("<sip:%2B33123@trunk>;privacy=off".to_owned()),
            ..Default::default()
        };
        let who = |line, signalled| site().who(line, shown("42", "Pbx"), signalled);
        for (line, number, name) in [
            (None, "42", "Pbx"),
            (Some("elsewhere"), "42", "Pbx"),
            (Some("from"), "0031", "Fr \"<x>\""),
            (Some("asserted"), NUMBER, "Ass"),
            (Some("remote"), "+33123", ""),
        ] {
            assert_eq!(who(line, &signalled), shown(number, name), "{line:?}");
        }
        let only_from = Signalled { asserted_identity: None, ..signalled.clone() };
        assert_eq!(who(Some("asserted"), &only_from), Shown::default());
        assert_eq!(who(Some("asserted"), &Signalled::default()), shown("42", "Pbx"));
    }
}
