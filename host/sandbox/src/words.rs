//! The words of a guest, made fit for logs and terminals: bounded, and without control characters.

use std::borrow::Cow;

/// At most so many bytes of a text, with a space for each control character but line breaks.
pub(crate) fn readable(text: &str, most: usize) -> Cow<'_, str> {
    let text = &text[..text.floor_char_boundary(most)];
    let unfit = |c: char| c.is_control() && c != '\n';
    match text.contains(unfit) {
        true => text.chars().map(|c| if unfit(c) { ' ' } else { c }).collect::<String>().into(),
        false => text.into(),
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
