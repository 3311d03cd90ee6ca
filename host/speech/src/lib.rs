//! What is played: every [`Prompt`](strowger_model::Prompt) becomes a WAV file that a telephone can
//! play (8 kHz, mono, 16 bit), kept under the hash of what it says.
//!
//! # Layout
//! * `prompts`: [`Prompts`], the sounds of a site; `error`: why one cannot be made.
//! * `recordings`: those that there are. `speech`: texts, spoken by a command. `wav`: the files.
//! * `words`: what is said for digits, numbers, times and positions, and how long that takes.
//! * `names`: of sounds and of recordings.
//!
//! # Where a sound comes from
//! * A **recording** is a WAV file in one of the folders of recordings, by its path in it without
//!   `.wav`. The folders are looked through in their order. A name such as `helpdesk/welcome` that
//!   no folder has is looked for as `welcome`, so that a flow's own recordings go before the
//!   site's.
//! * A **text** is spoken by a command, [`Speech`], unless a recording bears its name: its [`slug`]
//!   or its [`text_hash`]. So `u-wordt-zo-spoedig-mogelijk-geholpen.wav` is heard for "U wordt zo
//!   spoedig mogelijk geholpen."
//! * **Digits, numbers, times and positions** are texts in the site's language, so recordings can
//!   stand for them too (`nummer-3.wav`).
//! * **Silence** is made.
//!
//! The cache holds nothing that cannot be made again. What was not made anew for
//! [`PromptsConfig::keep`] goes at the start.
//!
//! **Invariant:** a text never reaches the speech command as an argument, nor a shell: a caller's
//! name is hostile.

mod error;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod fuzz;
mod names;
mod prompts;
mod recordings;
mod speech;
mod wav;
mod words;

pub use error::PromptError;
pub use names::{slug, text_hash};
pub use prompts::{Clip, Prompts, PromptsConfig};
pub use speech::Speech;
pub use words::{Lengths, TimeOfDay, in_words, lengths_without_recordings, spoken_length};

#[cfg(test)]
mod tests;

/// Why a recording cannot be played; none: it can.
pub fn unplayable(file: &std::path::Path) -> Option<String> {
    match wav::length(file) {
        Ok(length) if length.is_zero() => Some("it holds no sound".to_owned()),
        Ok(_) => None,
        Err(why) => Some(why),
    }
}
