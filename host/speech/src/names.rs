//! The names of sounds and of recordings.

use std::sync::Arc;

/// A name that only these parts have.
pub(crate) fn id_of(parts: &[&str]) -> Arc<str> {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..32].into()
}

/// The name that a recording of this text may bear: its letters and digits in lower case,
/// everything else a hyphen. None for a text of more than 64 characters, since two may begin alike:
/// use [`text_hash`].
pub fn slug(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let slug = words.join("-");
    (!slug.is_empty() && text.chars().count() <= 64).then_some(slug)
}

/// The name that a recording of any text may bear: 32 hexadecimal digits.
pub fn text_hash(text: &str) -> String {
    id_of(&["text", text]).as_ref().to_owned()
}
