//! The words of a guest, made fit for logs and terminals: bounded, and without control characters;
//! and amounts of memory in words.

use std::{borrow::Cow, fmt};

/// At most so many bytes of a text, with a space for each control character but line breaks.
pub(crate) fn readable(text: &str, most: usize) -> Cow<'_, str> {
    let text = &text[..text.floor_char_boundary(most)];
    let unfit = |c: char| c.is_control() && c != '\n';
    match text.contains(unfit) {
        true => text.chars().map(|c| if unfit(c) { ' ' } else { c }).collect::<String>().into(),
        false => text.into(),
    }
}

/// An amount of memory for people.
pub(crate) struct Bytes(pub(crate) usize);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes >= 10 << 20 => write!(f, "{} MiB", bytes.div_ceil(1 << 20)),
            bytes if bytes >= 10 << 10 => write!(f, "{} KiB", bytes.div_ceil(1 << 10)),
            bytes => write!(f, "{bytes} bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn texts_are_bounded_and_tame() {
        assert_eq!(readable("een\nboodschap", 100), "een\nboodschap");
        assert_eq!(readable("\u{1b}[2Jgone\r", 100), " [2Jgone ");
        assert_eq!(readable("café", 4), "caf", "cut between characters");
    }
}
