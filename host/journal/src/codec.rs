//! How steps and other structures become the bytes of a column.
//!
//! MessagePack, structs as arrays and variants by name, behind one byte that says so. A field that
//! is added at the end of a struct with a serde default leaves what was written before readable;
//! anything else is a new first byte, and the old one is still read.

use serde::{Serialize, de::DeserializeOwned};
use strowger_model::StepRecord;

/// The first byte of all that is written.
const FORMAT: u8 = 1;

/// Bytes that are not what they should be.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// They were written by something newer, or are damaged.
    #[error("written in format {found:?}; this host reads format {FORMAT}")]
    Format {
        /// The first byte, if there is one.
        found: Option<u8>,
    },
    /// They do not fit the structure.
    #[error("cannot be read: {0}")]
    Content(#[from] rmp_serde::decode::Error),
}

/// The bytes of a step.
pub fn encode_step(step: &StepRecord) -> Box<[u8]> {
    encode(step)
}

/// The step in bytes.
pub fn decode_step(bytes: &[u8]) -> Result<StepRecord, CodecError> {
    decode(bytes)
}

/// The bytes of a structure, such as the image of a call.
pub fn encode<T: Serialize>(value: &T) -> Box<[u8]> {
    let mut bytes = Vec::with_capacity(512);
    bytes.push(FORMAT);
    // Only a structure that MessagePack cannot hold (a map of unknown length) fails, and only half
    // of it would be written: reading it says so.
    if let Err(error) = rmp_serde::encode::write(&mut bytes, value) {
        tracing::error!(%error, what = std::any::type_name::<T>(), "a change cannot be encoded for the journal; please report this");
    }
    bytes.into_boxed_slice()
}

/// The structure in bytes.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    match bytes.split_first() {
        Some((&FORMAT, content)) => Ok(rmp_serde::from_slice(content)?),
        first => Err(CodecError::Format { found: first.map(|(byte, _)| *byte) }),
    }
}
