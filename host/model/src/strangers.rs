//! Texts that strangers have made: callers, plugins, adapters, mail servers. They are kept as they
//! are, and made safe where they are shown.
//!
//! A control character could write over what a terminal shows, and a line break could look like a
//! line of the log that the host never wrote.

use crate::number::masked;
use std::fmt::{self, Display, Formatter, Write};

/// A text on one line, for people: a control character is shown as an escape, such as `\n`.
#[derive(Clone, Copy, Debug)]
pub struct Shown<T>(pub T);

/// A text of the host's own, of several lines, in which texts of strangers may stand.
#[derive(Clone, Copy, Debug)]
pub struct Lines<T>(pub T);

/// A text on one line, for the log: of telephone numbers, the last three digits.
#[derive(Clone, Copy, Debug)]
pub struct Logged<T>(pub T);

/// The name of somebody or something that people have chosen, for the log. One with five digits or
/// more in a row, but for signs between them, may be a telephone number: of that, the last three digits.
/// The time that is part of a name which the host has made is shown.
#[derive(Clone, Copy, Debug)]
pub struct LoggedName<T>(pub T);

impl<T: Display> Display for Shown<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(Escaping { out: f, lines: false }, "{}", self.0)
    }
}

impl<T: Display> Display for Lines<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(Escaping { out: f, lines: true }, "{}", self.0)
    }
}

impl<T: Display> Display for Logged<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Shown(without_numbers(&self.0.to_string())).fmt(f)
    }
}

impl<T: Display> Display for LoggedName<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let (name, time) = text.split_at(text.len() - time_behind(&text));
        let digits: String = name.chars().filter(char::is_ascii_digit).collect();
        let sign = |c: char| c.is_whitespace() || "+-./()".contains(c);
        let together: String = name.chars().filter(|c| !sign(*c)).collect();
        let rows = together.split(|c: char| !c.is_ascii_digit());
        match rows.map(str::len).max() >= Some(MANY) {
            true => write!(f, "{}{time}", masked(&digits)),
            false => Shown(text).fmt(f),
        }
    }
}

/// How many bytes at the end of a text are such as `-20261129-1420`, perhaps with a number behind.
fn time_behind(text: &str) -> usize {
    let digits =
        |part: &str, most| part.len() <= most && part.bytes().all(|it| it.is_ascii_digit());
    let parts: Vec<&str> = text.rsplitn(4, '-').collect();
    let is_time = |minute: &str, day: &str| {
        minute.len() == 4
            && digits(minute, 4)
            && day.len() == 8
            && digits(day, 8)
            && day.starts_with("20")
    };
    match parts[..] {
        [minute, day, _, ..] if is_time(minute, day) => "-20261129-1420".len(),
        [number, minute, day, _] if digits(number, 3) && is_time(minute, day) => {
            "-20261129-1420-".len() + number.len()
        }
        _ => 0,
    }
}

/// Writes on, with escapes.
struct Escaping<'a, 'b> {
    out: &'a mut Formatter<'b>,
    /// Line breaks stay.
    lines: bool,
}

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| match c {
            '\n' | '\t' if self.lines => self.out.write_char(c),
            c if c.is_control() || turns(c) => write!(self.out, "{}", c.escape_default()),
            c => self.out.write_char(c),
        })
    }
}

/// Whether a text is on one line, and nothing in it is shown as an escape by [`Shown`].
pub fn is_one_line(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || turns(c))
}

/// Breaks a line, or turns the direction of writing for all that follows.
fn turns(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Digits of a name that may be a telephone number, at least.
const MANY: usize = 5;

/// Digits that are no telephone number, at most.
const FEW: usize = 6;

/// The same, with the last three digits of telephone numbers only: of digits in a row, and of those
/// with something between them if they begin with `+` or `0`.
fn without_numbers(text: &str) -> String {
    let mut safe = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let in_a_word = safe.ends_with(|c: char| c.is_ascii_alphanumeric());
        let length = if in_a_word { 0 } else { number(rest) };
        let (part, behind) = rest.split_at(length.max(c.len_utf8()));
        match length {
            0 => safe.push_str(part),
            _ => {
                let digits: String = part.chars().filter(char::is_ascii_digit).collect();
                safe.push_str(&masked(&digits));
            }
        }
        rest = behind;
    }
    safe
}

/// How many bytes of a text, from its beginning, are a telephone number.
fn number(text: &str) -> usize {
    let apart = text.starts_with(['+', '0']);
    let (mut digits, mut end) = (0, 0);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let goes_on = chars.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        match c {
            '0'..='9' => (digits, end) = (digits + 1, at + 1),
            '+' if at == 0 && goes_on => {}
            ' ' | '.' | '-' | '/' if apart && digits > 0 && goes_on => {}
            _ => break,
        }
    }
    let word = text[end..].starts_with(|c: char| c.is_ascii_alphabetic());
    if digits > FEW && !word { end } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_writes_lines_or_colours_of_their_own() {
        let hostile = "ok\n2026-11-29 ERROR strowger: \u{1b}[31mall is lost\u{1b}[0m\r\u{9b}2J";
        let shown = Shown(hostile).to_string();
        assert_eq!(
            shown,
            "ok\\n2026-11-29 ERROR strowger: \\u{1b}[31mall is lost\\u{1b}[0m\\r\\u{9b}2J"
        );
        assert_eq!(Shown("\u{202e}txt.exe").to_string(), "\\u{202e}txt.exe");
        assert_eq!(Shown("Aïcha, 3 × \"ja\"").to_string(), "Aïcha, 3 × \"ja\"");
        assert_eq!(Lines("a\n\tb\u{1b}c").to_string(), "a\n\tb\\u{1b}c");
    }

    #[test]
    fn a_log_shows_the_end_of_a_number() {
        for (text, logged) in [
            ("Number(+32470123456): not permitted", "Number(...456): not permitted"),
            ("bel \"0470 12 34 56\" of 0470/12.34.56.", "bel \"...456\" of ...456."),
            ("call 3292000300 now", "call ...300 now"),
            ("a\nb +32 470 12 34 56", "a\\nb ...456"),
            (
                "+ 1 + 2, 101, 2026-11-29 01:52:28, 12.5 s",
                "+ 1 + 2, 101, 2026-11-29 01:52:28, 12.5 s",
            ),
            ("version 12345678ab of 038g0xwfyg000", "version 12345678ab of 038g0xwfyg000"),
            ("é+32470123456é", "é...456é"),
            ("", ""),
        ] {
            assert_eq!(Logged(text).to_string(), logged, "{text:?}");
        }
    }

    #[test]
    fn a_name_that_may_be_a_number_is_logged_as_one() {
        for (name, logged) in [
            ("0470 21 00 02", "...002"),
            ("+32470123456", "...456"),
            ("An 21-00-02", "...002"),
            ("r-017", "r-017"),
            ("griep 2026", "griep 2026"),
            ("reservelijst-20261129-1420", "reservelijst-20261129-1420"),
            ("reservelijst-20261129-1420-2", "reservelijst-20261129-1420-2"),
            ("0470210002-20261129-1420", "...002-20261129-1420"),
            ("-20261129-1420", "-20261129-1420"),
            ("20261129-1420", "...420"),
            ("a\nb", "a\\nb"),
        ] {
            assert_eq!(LoggedName(name).to_string(), logged, "{name:?}");
        }
    }
}
