//! Telephone numbers and the patterns that entrances and permissions are written in.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};

/// A telephone number in E.164: `+` and 3 to 15 digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(Arc<str>);

/// A text that is not a telephone number.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("not a telephone number: {0:?}; write it as + and country code, such as \"+3227138700\"")]
pub struct NotANumber(String);

impl PhoneNumber {
    /// The number, with its `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PhoneNumber {
    type Err = NotANumber;

    /// Spaces, dots, hyphens and slashes between digits are dropped.
    fn from_str(text: &str) -> Result<Self, NotANumber> {
        let compact: String =
            text.chars().filter(|c| !matches!(c, ' ' | '.' | '-' | '/')).collect();
        let valid = compact.strip_prefix('+').is_some_and(|digits| {
            (3..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
        });
        match valid {
            true => Ok(Self(compact.into())),
            false => Err(NotANumber(text.to_owned())),
        }
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = NotANumber;

    fn try_from(text: String) -> Result<Self, NotANumber> {
        text.parse()
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0.as_ref().to_owned()
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One telephone number in the ways in which it may be written, as digits: what is looked for when
/// it is erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notations {
    /// A text of which all digits are one of these is the number.
    pub whole: Vec<String>,
    /// A text in which one of these occurs says the number.
    pub within: Vec<String>,
}

/// A number of which only the last three digits are shown, for logs.
pub fn masked(number: &str) -> String {
    let behind = number.char_indices().rev().nth(2).filter(|(at, _)| *at > 0);
    let end = behind.map_or("", |(at, _)| &number[at..]);
    // What claims to be a number may be anything.
    format!("...{}", end.replace(|c: char| !c.is_alphanumeric(), ""))
}

/// A pattern of what is dialled: digits, an optional leading `+`, `X` for any one digit, and at the
/// end `*` for any rest of digits. A `*` anywhere else, and a `#`, is that key: `*48*XX` is a key
/// code with two digits, and `*48*` would be `*48` and any rest of digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NumberPattern {
    text: Arc<str>,
}

/// A text that is not a pattern.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error(
    "not a number pattern: {text:?}: {why}; write digits, X for any digit and * at the end for any rest, such as \"+3227138700\", \"+324XXXXXXXX\" or \"+32*\"; elsewhere * is the key, as in \"*48*XX\""
)]
pub struct NotAPattern {
    text: String,
    why: &'static str,
}

impl NumberPattern {
    /// The pattern as written, without spaces.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn parts(&self) -> (&[u8], bool) {
        match self.text.strip_suffix('*') {
            Some(fixed) => (fixed.as_bytes(), true),
            None => (self.text.as_bytes(), false),
        }
    }

    /// Whether a dialled number is one of these.
    pub fn matches(&self, number: &str) -> bool {
        let (fixed, open) = self.parts();
        let number = number.as_bytes();
        let long_enough = match open {
            true => number.len() >= fixed.len(),
            false => number.len() == fixed.len(),
        };
        long_enough
            && fixed.iter().zip(number).all(|(&p, &n)| match p {
                b'X' => n.is_ascii_digit(),
                _ => p == n,
            })
            && number.iter().skip(fixed.len()).all(u8::is_ascii_digit)
    }

    /// Whether some number is both one of these and one of the others.
    pub fn overlaps(&self, other: &Self) -> bool {
        let ((a, a_open), (b, b_open)) = (self.parts(), other.parts());
        let lengths = match (a_open, b_open) {
            (false, false) => a.len() == b.len(),
            (true, false) => a.len() <= b.len(),
            (false, true) => b.len() <= a.len(),
            (true, true) => true,
        };
        // What an open pattern leaves open is digits.
        let beyond = if a.len() > b.len() { &a[b.len()..] } else { &b[a.len()..] };
        lengths
            && beyond.iter().all(|&c| c == b'X' || c.is_ascii_digit())
            && a.iter().zip(b).all(|(&x, &y)| {
                x == y || (x == b'X' && y.is_ascii_digit()) || (y == b'X' && x.is_ascii_digit())
            })
    }
}

impl FromStr for NumberPattern {
    type Err = NotAPattern;

    fn from_str(text: &str) -> Result<Self, NotAPattern> {
        let wrong = |why| NotAPattern { text: text.to_owned(), why };
        let compact: String =
            text.chars().filter(|c| !matches!(c, ' ' | '.' | '-' | '/')).collect();
        let fixed = compact.strip_suffix('*').unwrap_or(&compact);
        let digits = fixed.strip_prefix('+').unwrap_or(fixed);
        if compact.is_empty() {
            return Err(wrong("it is empty"));
        }
        if digits.contains('+') {
            return Err(wrong("+ may stand at the start only"));
        }
        if !digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'X' | b'*' | b'#')) {
            return Err(wrong("only digits, X, * and #"));
        }
        if fixed != digits && digits.contains(['*', '#']) {
            return Err(wrong("a number that begins with + has no keys in it"));
        }
        Ok(Self { text: compact.into() })
    }
}

impl TryFrom<String> for NumberPattern {
    type Error = NotAPattern;

    fn try_from(text: String) -> Result<Self, NotAPattern> {
        text.parse()
    }
}

impl From<NumberPattern> for String {
    fn from(pattern: NumberPattern) -> Self {
        pattern.text.as_ref().to_owned()
    }
}

impl fmt::Display for NumberPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for NumberPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_e164() {
        let number: PhoneNumber = "+32 2 713 87 00".parse().unwrap();
        assert_eq!(number.as_str(), "+3227138700");
        for wrong in ["027138700", "+", "+32abc", "+1234567890123456", "sip:a@b", "+32\r\n27"] {
            assert!(wrong.parse::<PhoneNumber>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn logs_show_the_end_of_a_number() {
        assert_eq!(masked("+32470123456"), "...456");
        assert_eq!(masked("101"), "...", "an extension of three digits is all of it");
        assert_eq!(masked(""), "...");
    }

    #[test]
    fn patterns_match_whole_numbers() {
        let pattern = |text: &str| text.parse::<NumberPattern>().unwrap();
        assert!(pattern("+32*").matches("+3227138700"));
        assert!(!pattern("+32*").matches("+31201234567"));
        assert!(pattern("+324XXXXXXXX").matches("+32470123456"));
        assert!(!pattern("+324XXXXXXXX").matches("+324701234567"));
        assert!(!pattern("+32*").matches("+32;ext=1"), "the rest is digits too");
        for wrong in ["", "+3*2", "3+2", "abc", "+32,*", "+32#"] {
            assert!(wrong.parse::<NumberPattern>().is_err(), "{wrong}");
        }
    }

    /// R3: the codes of a desk phone, and those of an emergency mobile behind their prefix.
    #[test]
    fn a_star_is_a_key_but_at_the_end() {
        let pattern = |text: &str| text.parse::<NumberPattern>().unwrap();
        assert!(pattern("*1").matches("*1"));
        assert!(!pattern("*1").matches("*11"));
        assert!(pattern("*48*XX").matches("*48*21"));
        assert!(!pattern("*48*XX").matches("*48*213"));
        assert!(!pattern("*48*XX").matches("*48*2*"));
        assert!(pattern("082780*48*XXX").matches("082780*48*999"));
        assert!(
            pattern("*48*").matches("*48123") && !pattern("*48*").matches("*48*123"),
            "at the end it is any rest of digits"
        );
        assert!(pattern("*21#").matches("*21#"));
        assert!(!pattern("082780*").matches("082780*1"), "a rest is digits");
    }

    #[test]
    fn overlaps_are_found() {
        let overlap = |a: &str, b: &str| {
            let (a, b): (NumberPattern, NumberPattern) = (a.parse().unwrap(), b.parse().unwrap());
            assert_eq!(a.overlaps(&b), b.overlaps(&a));
            a.overlaps(&b)
        };
        assert!(overlap("+32*", "+3227138700"));
        assert!(overlap("+3*", "+32*"));
        assert!(overlap("10X", "1X5"));
        assert!(!overlap("10X", "1X52"));
        assert!(!overlap("+32*", "+31*"));
        assert!(!overlap("+3227138700*", "+322713"));
        assert!(!overlap("*48*XX", "*48*XXX"));
        assert!(overlap("*48*XX", "*48*99"));
        assert!(!overlap("*48*", "*48*XX"), "a rest is digits");
        assert!(!overlap("082780*", "082780*1"));
        assert!(overlap("*4*", "*49"));
    }
}
