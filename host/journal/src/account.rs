//! Who may use the host, as the journal has it. Passwords and secrets are kept as hashes only.

use strowger_model::Timestamp;

/// Something of users and tokens, to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountChange {
    /// A user; takes the place of one of the same name.
    User(KeptUser),
    /// There is no user of this name any more.
    NoUser(String),
    /// A token.
    Token(KeptToken),
    /// There is no token of this id any more.
    NoToken(String),
}

/// Somebody who may log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptUser {
    /// The name to log in by.
    pub name: String,
    /// In the words of whoever says what roles there are.
    pub role: String,
    /// The hash of the password, by Argon2.
    pub password: String,
    /// Since when there is this user.
    pub since: Timestamp,
}

/// A token of a program, or the session of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptToken {
    /// By which it is revoked.
    pub id: String,
    /// The hash of its secret.
    pub key: [u8; 32],
    /// Whose it is.
    pub holder: Holder,
    /// When it was made.
    pub made: Timestamp,
    /// When it expires.
    pub until: Timestamp,
}

/// Whose a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A user who has logged in. The role is that of the user.
    User(String),
    /// A program.
    Program {
        /// What people call it.
        label: String,
        /// As with users.
        role: String,
    },
}
