//! What a database says when it cannot do something.

/// In the words of the database.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Why a journal cannot be opened, in the words of its backend: where it is, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another host writes it.
    #[error(transparent)]
    InUse(Failure),
    /// Anything else: it is not there, it is of another format, the database says no.
    #[error(transparent)]
    Unusable(Failure),
}
