//! How telephone numbers are written at a site: by people in files, and by trunks.
//!
//! Inside the host a number is written in one way only, E.164. Here is where the other notations
//! end. What is no telephone number, such as an extension or a code, stays as it is.

use crate::address;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use strowger_model::{NumberPattern, PhoneNumber, command::Target, number::Notations};

/// How telephone numbers are written at a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbering {
    /// ISO 3166-1: whose national numbers are known; none: only international ones are.
    pub(crate) country: Option<String>,
    /// How lines deliver numbers. A line that is not here: [`Notation::Guessed`].
    pub(crate) lines: BTreeMap<String, Notation>,
}

/// How a line delivers the numbers of callers, and those that were dialled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Notation {
    /// In any of these ways: Strowger tells them apart by the digits.
    #[default]
    Guessed,
    /// National numbers, with or without the `0` in front: `092000300`, `92000300`.
    National,
    /// International numbers, with or without `+` or `00` in front: `3292000300`.
    International,
    /// Extensions and codes of the PBX: nothing is changed, not even what looks like a number.
    AsIs,
}

/// Codes that people dial to call abroad only in some countries: there, or in all whose country code
/// is that. Elsewhere a number that begins so is no international one.
const ABROAD: [(&str, &[&str], u32); 2] =
    [("0011", &["AU", "CC", "CX"], 61), ("011", &["MH", "PW"], 1)];

/// Digits behind the country's own code that are at least so many are a national number. With fewer,
/// the code may be the beginning of a national number.
const NATIONAL: usize = 8;

/// Digits of a national number that tell what it costs.
const TYPE: usize = 3;

/// Digits of a number, with its `+`.
const LONGEST: usize = 16;

impl Numbering {
    /// A number in any notation, in E.164.
    ///
    /// # Errors
    /// Why it is none, without it.
    pub fn number(&self, text: &str) -> Result<PhoneNumber, String> {
        self.guessed(text).or_else(|why| text.parse().map_err(|_| why))
    }

    /// A number with all its digits, in any notation, in E.164.
    ///
    /// # Errors
    /// Why it is none, without it.
    pub fn whole(&self, text: &str) -> Result<PhoneNumber, String> {
        // Also of countries that nobody knows yet.
        let is_long = |number: &PhoneNumber| number.as_str().len() > NATIONAL;
        self.guessed(text).or_else(|why| text.parse().ok().filter(is_long).ok_or(why))
    }

    /// The ways in which a number may be written here.
    pub fn notations(&self, number: &PhoneNumber) -> Notations {
        let digits = number.as_str().trim_start_matches('+').to_owned();
        let mut notations = Notations { whole: vec![format!("00{digits}")], within: vec![digits] };
        let parsed = phonelib::PhoneNumber::parse(number.as_str());
        let here = self.country.as_deref().and_then(phonelib::country_by_code);
        if let Some((parsed, here)) = parsed.zip(here)
            && parsed.country_code() == here.prefix
        {
            let national = self::digits(&parsed.format(phonelib::PhoneFormat::National));
            notations.whole.push(parsed.national_number().to_owned());
            // Without anything in front of it, it could be the end of another number.
            match national == parsed.national_number() {
                true => notations.whole.push(national),
                false => notations.within.push(national),
            }
        }
        notations.whole.extend(notations.within.clone());
        notations
    }

    /// A number as a line delivers it, in E.164; none: it is something else.
    pub fn number_on(&self, line: Option<&str>, text: &str) -> Option<PhoneNumber> {
        let notation = line.and_then(|line| self.lines.get(line)).copied().unwrap_or_default();
        match notation {
            Notation::AsIs => text.parse().ok(),
            Notation::National => self.national(text).ok(),
            Notation::International => international(text).or_else(|| self.national(text).ok()),
            Notation::Guessed => self.guessed(text).ok(),
        }
        .or_else(|| text.parse().ok())
    }

    /// The same text, in E.164 if it is a number.
    pub fn full(&self, line: Option<&str>, text: String) -> String {
        self.number_on(line, &text).map_or(text, |number| number.to_string())
    }

    /// A number as people in the country write it, with all its digits; none: it is an extension, a
    /// code, or nothing that can be called.
    pub fn written(&self, text: &str) -> Option<PhoneNumber> {
        match text.trim_start().starts_with('+') {
            true => self.number(text).ok(),
            false => e164(&self.parsed(text)?.0).ok(),
        }
    }

    /// Whether a text that names somebody is a telephone number.
    pub(crate) fn reads_as_number(&self, text: &str) -> bool {
        self.written(text).is_some() || self.with_code(text).is_some()
    }

    /// A number as it is dialled in the country, and how many digits that takes.
    fn parsed(&self, text: &str) -> Option<(phonelib::PhoneNumber, usize)> {
        let parsed = phonelib::PhoneNumber::parse_with_country(text, self.country.as_deref()?)?;
        let parsed = Some(parsed).filter(|parsed| self.is_dialled_here(text, parsed))?;
        let dialled = digits(text);
        let whole = dialled.starts_with("00")
            || dialled == digits(&parsed.format(phonelib::PhoneFormat::National));
        whole.then_some((parsed, dialled.len()))
    }

    /// By what the digits look like.
    pub(crate) fn guessed(&self, text: &str) -> Result<PhoneNumber, String> {
        self.with_code(text).map_or_else(|| self.national(text), Ok)
    }

    /// A number that begins with the country's own code.
    fn with_code(&self, text: &str) -> Option<PhoneNumber> {
        let country = self.country.as_deref().and_then(phonelib::country_by_code)?;
        let digits = digits(text);
        let behind = digits.strip_prefix(&country.prefix.to_string())?;
        let with_code = behind.len() >= NATIONAL && !behind.starts_with('0');
        with_code.then(|| international(text)).flatten()
    }

    fn national(&self, text: &str) -> Result<PhoneNumber, String> {
        if !text.chars().all(is_of_number) {
            let why = "not a telephone number: it has letters or other signs in it";
            return Err(why.to_owned());
        }
        // Copied texts have other dashes and spaces, which phonelib does not know.
        let plain = text.replace(|c: char| !c.is_ascii() && !c.is_numeric(), " ");
        let parsed = match self.country.as_deref() {
            Some(country) => phonelib::PhoneNumber::try_parse_with_country(plain.trim(), country),
            None => phonelib::PhoneNumber::try_parse(plain.trim()),
        };
        let parsed = parsed.map_err(|error| format!("not a telephone number: {error}"))?;
        match self.is_dialled_here(text, &parsed) {
            true => e164(&parsed),
            false => Err("not a telephone number: nobody dials abroad like that here".to_owned()),
        }
    }

    /// Not so, if a number was read by a code for calls abroad of another country.
    fn is_dialled_here(&self, text: &str, parsed: &phonelib::PhoneNumber) -> bool {
        let international = format!("{}{}", parsed.country_code(), parsed.national_number());
        let is_read_by = |code: &str| digits(text).strip_prefix(code) == Some(&*international);
        let here = self.country.as_deref().unwrap_or_default();
        let own_code = phonelib::country_by_code(here).map(|country| country.prefix);
        ABROAD.iter().all(|(code, countries, of)| {
            !is_read_by(code) || countries.contains(&here) || own_code.is_some_and(|own| own == *of)
        })
    }

    /// What a pattern stands for: a national one for international numbers too, which come first.
    pub fn patterns(&self, pattern: NumberPattern) -> impl Iterator<Item = NumberPattern> {
        self.international(&pattern).into_iter().chain([pattern])
    }

    /// A pattern of national numbers as one of international numbers; none: it is of something else.
    pub fn international(&self, pattern: &NumberPattern) -> Option<NumberPattern> {
        let (fixed, rest) = match pattern.as_str().strip_suffix('*') {
            Some(fixed) => (fixed, "*"),
            None => (pattern.as_str(), ""),
        };
        if fixed.starts_with('+') {
            return None;
        }
        // Some number that is one of these.
        let sample = fixed.replace('X', "5");
        let rests = if rest.is_empty() { 0..=0 } else { 0..=12 };
        let (parsed, length) =
            rests.map(|more| sample.clone() + &"5".repeat(more)).find_map(|it| self.parsed(&it))?;
        // What stands before the national number itself is nothing but a prefix.
        let prefix = length - parsed.national_number().len();
        let (before, behind) = fixed.split_at_checked(prefix)?;
        let code = parsed.country_code();
        (!before.contains('X')).then(|| format!("+{code}{behind}{rest}").parse().ok()).flatten()
    }

    /// A number of the country that costs whoever calls it extra, and that a pattern stands for; none:
    /// no such number is known.
    pub fn premium(&self, pattern: &NumberPattern) -> Option<String> {
        let code = phonelib::country_by_code(self.country.as_deref()?)?.prefix.to_string();
        let (fixed, most) = match pattern.as_str().strip_suffix('*') {
            Some(fixed) => (fixed, LONGEST),
            None => (pattern.as_str(), 0),
        };
        let samples = (0..=most).map(|more| fixed.to_owned() + &"X".repeat(more));
        samples.filter(|sample| sample.len() <= LONGEST).find_map(|sample| premium(&code, &sample))
    }

    /// Whom one can call, as files write it: see [`address::target`].
    pub fn target(&self, text: &str) -> Option<Target> {
        self.or_number(address::target(text), text)
    }

    /// An address, as files write it: see [`address::address`].
    pub fn address(&self, text: &str) -> Option<Target> {
        self.or_number(address::address(text), text)
    }

    /// A text that is a national number is no extension.
    fn or_number(&self, target: Option<Target>, text: &str) -> Option<Target> {
        match target {
            Some(Target::Extension(_)) | None => self.written(text).map(Target::Number).or(target),
            target => target,
        }
    }
}

/// Such a number with as many digits as a pattern that is not open.
fn premium(code: &str, pattern: &str) -> Option<String> {
    let national = pattern.strip_prefix('+')?;
    let (begin, national) = national.split_at_checked(code.len())?;
    let (type_, rest) = national.split_at_checked(TYPE)?;
    let is = |pattern: &str, digits: &str| {
        pattern.bytes().zip(digits.bytes()).all(|(one, digit)| one == b'X' || one == digit)
    };
    let of_type = |digits: u32| {
        let digits = format!("{digits:0TYPE$}");
        let number = format!("+{code}{digits}{}", rest.replace('X', "5"));
        let parsed = is(type_, &digits).then(|| phonelib::PhoneNumber::parse(&number)).flatten()?;
        (parsed.phone_type() == phonelib::PhoneNumberType::PremiumRate).then_some(number)
    };
    is(begin, code).then(|| (0..1_000).find_map(of_type)).flatten()
}

/// A number that begins with its country code, with or without `+`.
fn international(text: &str) -> Option<PhoneNumber> {
    let bare = !text.contains('+') && !digits(text).starts_with('0');
    let bare = bare && text.chars().all(is_of_number);
    e164(&phonelib::PhoneNumber::parse(&format!("+{text}")).filter(|_| bare)?).ok()
}

/// Whether a sign may stand in a number: a digit, what people write between digits, and what comes
/// with a copy without being seen. Letters are keys to some, and a mistake or a blank to most.
fn is_of_number(c: char) -> bool {
    let unseen =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}');
    let dash = matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}');
    c.is_numeric() || c.is_whitespace() || "+-./()\u{feff}".contains(c) || dash || unseen
}

fn e164(parsed: &phonelib::PhoneNumber) -> Result<PhoneNumber, String> {
    if parsed.extension().is_some() {
        return Err("not a telephone number: it has an extension".to_owned());
    }
    parsed.e164().parse().map_err(|_| "not a telephone number: it is not in E.164".to_owned())
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn belgian() -> Numbering {
        let lines = [
            ("inside", Notation::AsIs),
            ("world", Notation::International),
            ("provincial", Notation::National),
        ];
        let lines = lines.map(|(line, notation)| (line.to_owned(), notation));
        Numbering { country: Some("BE".to_owned()), lines: lines.into() }
    }

    fn on(line: Option<&str>, text: &str) -> Option<String> {
        belgian().number_on(line, text).map(|number| number.to_string())
    }

    #[test]
    fn one_number_in_all_the_ways_of_trunks() {
        for text in [
            "+3292000300",
            "092000300",
            "3292000300",
            "003292000300",
            "92000300",
            "09 200 03 00",
            "09/200.03.00",
            "+32 (0)9 200 03 00",
        ] {
            assert_eq!(on(None, text).as_deref(), Some("+3292000300"), "{text}");
            assert_eq!(on(Some("provincial"), text).as_deref(), Some("+3292000300"), "{text}");
        }
        assert_eq!(on(Some("world"), "31201234567").as_deref(), Some("+31201234567"));
        assert_eq!(on(Some("world"), "092000300").as_deref(), Some("+3292000300"));
        assert_eq!(on(Some("inside"), "92000300"), None, "an extension");
        assert_eq!(on(Some("inside"), "+3292000300").as_deref(), Some("+3292000300"));
        for other in
            ["101", "0900", "1700", "112", "*48*12", "082780*1", "", "anonymous", "31201234567"]
        {
            assert_eq!(on(None, other), None, "{other}");
        }
    }

    #[test]
    fn a_country_code_is_told_from_a_national_number_by_the_rest() {
        let dutch = Numbering { country: Some("NL".to_owned()), ..Numbering::default() };
        let read = |text| dutch.number(text).map(|number| number.to_string());
        assert_eq!(read("31201234567").as_deref(), Ok("+31201234567"));
        assert_eq!(read("313123456").as_deref(), Ok("+31313123456"), "0313 is in Dieren");
        assert_eq!(read("0032470100039").as_deref(), Ok("+32470100039"));
        let nowhere = Numbering::default();
        assert_eq!(nowhere.number("+32 470 10 00 39").unwrap().as_str(), "+32470100039");
        assert!(nowhere.number("0470 10 00 39").is_err());
    }

    #[test]
    fn a_code_for_calls_abroad_is_one_only_where_it_is_dialled() {
        let of =
            |country: &str| Numbering { country: Some(country.to_owned()), ..Numbering::default() };
        for (country, text, expected) in [
            ("BE", "011 32 92000100", None),
            ("BE", "0011 32 92000100", None),
            ("BE", "011 32 92 00", Some("+3211329200")),
            ("BE", "0032 92000100", Some("+3292000100")),
            ("US", "011 32 92000100", Some("+3292000100")),
            ("CA", "011 32 92000100", Some("+3292000100")),
            ("US", "0011 32 92000100", None),
            ("AU", "0011 32 92000100", Some("+3292000100")),
        ] {
            let numbering = of(country);
            let on = numbering.number_on(None, text).map(|number| number.to_string());
            assert_eq!(on.as_deref(), expected, "{text:?} in {country}");
            let written = numbering.written(text).map(|number| number.to_string());
            assert!(written.is_none() || written.as_deref() == expected, "{text:?} in {country}");
        }
    }

    #[test]
    fn a_number_is_found_however_it_was_written() {
        let numbering = belgian();
        for text in ["0470 10 00 39", "+32470100039", "0032 470/10.00.39", "470100039"] {
            let number = numbering.whole(text).unwrap();
            let Notations { whole, within } = numbering.notations(&number);
            assert_eq!(within, ["32470100039", "0470100039"], "{text}");
            assert!(whole.contains(&"470100039".to_owned()), "{whole:?}");
        }
        for part in ["", " ", "+", "+32", "+3247", "+3247010", "101", "0470", "*48*12", "anybody"] {
            assert!(numbering.whole(part).is_err(), "{part:?}");
        }
        assert_eq!(numbering.whole("+999 1234 5678").unwrap().as_str(), "+99912345678");
        let abroad = numbering.notations(&"+31201234567".parse().unwrap());
        assert_eq!(abroad.within, ["31201234567"], "0201234567 is somebody else here");
    }

    #[test]
    fn files_may_write_national_numbers() {
        let target = |text| belgian().target(text);
        let number = |text: &str| Some(Target::Number(text.parse().unwrap()));
        assert_eq!(target("0470 10 00 39"), number("+32470100039"));
        assert_eq!(target("00 31 20 123 45 67"), number("+31201234567"));
        assert_eq!(target("+32470100039"), number("+32470100039"));
        assert_eq!(target("101"), Some(Target::Extension("101".to_owned())));
        assert_eq!(
            target("92000300"),
            Some(Target::Extension("92000300".to_owned())),
            "nobody dials a national number without its 0"
        );
        assert_eq!(target("PJSIP/0470100039"), Some(Target::Address("PJSIP/0470100039".into())));
        assert_eq!(target("agent:an"), Some(Target::Agent("an".into())));
        assert_eq!(target("an"), None);
    }

    #[test]
    fn a_pattern_with_numbers_that_cost_extra_is_known() {
        let premium = |text: &str| belgian().premium(&text.parse().unwrap());
        for text in ["+32XXXXXXXX", "+32*", "+*", "+329XXXXXXX", "+3290012345", "+327XXXXXXX"] {
            assert!(premium(text).is_some(), "{text}");
        }
        for text in
            ["+324XXXXXXXX", "+3292XXXXXX", "+3271XXXXXX", "+328XXXXXXX", "+31*", "1XX", "*", "+32"]
        {
            assert_eq!(premium(text), None, "{text}");
        }
    }

    #[test]
    fn patterns_of_national_numbers_are_international_too() {
        let international = |text: &str| {
            belgian().international(&text.parse().unwrap()).map(|it| it.as_str().to_owned())
        };
        for (national, expected) in [
            ("09 200 03 00", "+3292000300"),
            ("04XXXXXXXX", "+324XXXXXXXX"),
            ("09 332 01 XX", "+3293320 1XX"),
            ("09*", "+329*"),
            ("0*", "+32*"),
            ("0032*", "+32*"),
            ("0031 20 123 45 67", "+31201234567"),
        ] {
            let expected = expected.replace(' ', "");
            assert_eq!(international(national), Some(expected), "{national}");
        }
        for other in ["+32*", "101", "1XX", "0900", "*48*XX", "92000300", "2XXXXXXX", "*", "00*"] {
            assert_eq!(international(other), None, "{other}");
        }
    }
}
