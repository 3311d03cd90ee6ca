//! Arguments of `strowger user` and `strowger token`.

use super::Host;
use clap::{Args, Subcommand, builder::PossibleValuesParser, builder::TypedValueParser};
use strowger_api::v1::Role;

#[derive(Debug, Args)]
pub(crate) struct User {
    #[command(flatten)]
    pub(crate) host: Host,
    /// As JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) action: Option<UserAction>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserAction {
    /// Show the users and their roles
    List,
    /// Add a user; the password is read from standard input
    Add {
        /// The name to log in by
        name: String,
        /// What the user may do
        #[arg(long, value_parser = role())]
        role: Role,
    },
    /// Give a user another role, at once
    Role {
        /// The user
        name: String,
        /// What the user may do
        #[arg(value_parser = role())]
        role: Role,
    },
    /// Give a user another password, read from standard input; the user is logged out everywhere
    Password {
        /// The user
        name: String,
    },
    /// Remove a user, who is logged out everywhere
    Remove {
        /// The user
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Token {
    #[command(flatten)]
    pub(crate) host: Host,
    /// As JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) action: Option<TokenAction>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenAction {
    /// Show the tokens; never their secrets
    List,
    /// Make a token and print its secret, which is never shown again
    Add {
        /// What it is for, such as the name of the program
        label: String,
        /// What whoever shows it may do
        #[arg(long, value_parser = role())]
        role: Role,
        /// It expires after so many days
        #[arg(long, default_value_t = 365)]
        days: u32,
    },
    /// Make a token good for nothing
    Revoke {
        /// The id, as `list` shows it
        id: String,
    },
}

fn role() -> impl TypedValueParser<Value = Role> {
    let named = |name: String| Role::named(&name).ok_or("there is no such role");
    PossibleValuesParser::new(Role::ALL.map(Role::as_str)).try_map(named)
}
