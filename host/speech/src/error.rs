//! Why something cannot be played.

use std::path::PathBuf;

/// Why a prompt cannot be played.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PromptError {
    /// No folder has it.
    #[error("there is no recording {name:?}; put {name}.wav into one of: {folders}")]
    NoRecording {
        /// As asked for.
        name: String,
        /// Where it was looked for.
        folders: String,
    },
    /// It is there but cannot be read.
    #[error("cannot play the recording {path}: {why}")]
    BadRecording {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The speech command failed.
    #[error("cannot speak {text:?} with {program:?}: {why}")]
    Speech {
        /// The beginning of the text.
        text: String,
        /// The command.
        program: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// The cache cannot be used.
    #[error("cannot write the sound {path}: {why}")]
    Cache {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}
