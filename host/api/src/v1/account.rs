//! Who may use the host: users, tokens of programs, and what each role may do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use strowger_model::Timestamp;

/// What somebody may do. A later role may do all that an earlier one may.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Sees the board: queues, agents, switches, campaigns. No caller's number.
    Viewer,
    /// Sees calls, and works on cases and notes.
    Agent,
    /// Directs agents, calls, switches and campaigns.
    Supervisor,
    /// Decides which versions of flows serve, and brings in test calls.
    Operator,
    /// Says who may do what.
    Admin,
}

impl Role {
    /// All of them, from the one that may do least.
    pub const ALL: [Self; 5] =
        [Self::Viewer, Self::Agent, Self::Supervisor, Self::Operator, Self::Admin];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Agent => "agent",
            Self::Supervisor => "supervisor",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// The role that is written so; none: there is no such role.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Somebody who may log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct User {
    /// The name to log in by: 1 to 64 letters, digits and `.`, `-`, `_`, `@`.
    pub name: String,
    /// What this user may do.
    pub role: Role,
    /// Since when there is this user.
    pub since: Timestamp,
}

/// A user to be added.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The name to log in by: 1 to 64 letters, digits and `.`, `-`, `_`, `@`.
    pub name: String,
    /// What this user may do.
    pub role: Role,
    /// At least 10 characters.
    pub password: String,
}

/// What is done with a user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum UserDo {
    /// Gets another role, at once.
    Role {
        /// Which.
        role: Role,
    },
    /// Gets another password, and has to log in anew everywhere.
    Password {
        /// At least 10 characters.
        password: String,
    },
    /// May log in no more, and is logged out everywhere.
    Remove,
}

/// A token: a program shows its secret with each request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    /// By which it is revoked.
    pub id: String,
    /// What it is for.
    pub label: String,
    /// What whoever shows it may do.
    pub role: Role,
    /// When it was made.
    pub made: Timestamp,
    /// When it expires.
    pub until: Timestamp,
}

/// A token to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for, such as the name of the program: 1 to 64 letters, digits and `.`, `-`, `_`,
    /// `@`.
    pub label: String,
    /// What whoever shows it may do.
    pub role: Role,
    /// It expires after so many days.
    #[schemars(range(min = 1, max = 3660))]
    pub days: u32,
}

/// A token that was made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IssuedToken {
    /// The token.
    pub token: Token,
    /// What has to be shown. It is nowhere else: it can never be had again.
    pub secret: String,
}

/// Somebody wants to log in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// The name of the user.
    pub name: String,
    /// The password.
    pub password: String,
}

/// Somebody who has logged in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// What has to be shown with each request.
    pub secret: String,
    /// Who it is.
    pub who: Who,
    /// The session ends then.
    pub until: Timestamp,
}

/// The secret of a token or of a session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// As it was told once.
    pub secret: String,
}

/// Who shows a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Who {
    /// The name of the user, or the label of the token.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The token or session, by which it is revoked.
    pub id: String,
}

/// What must not come into a log: who prints these types sees no secret.
macro_rules! secret {
    ($($type:ident)*) => {
        $(impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($type), "(..)"))
            }
        })*
    };
}

secret!(NewUser UserDo IssuedToken LogIn Session Secret);
