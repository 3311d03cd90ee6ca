//! The table `[mail]` of `strowger.toml`.

use schemars::JsonSchema;
use serde::Deserialize;
use std::path::PathBuf;

/// The mail server.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// Name or address of the mail server, such as `smtp.stad.be`.
    pub server: String,
    /// Its port. Not given: 465 with `tls`, 587 with `starttls`, 25 with `none`.
    #[serde(default)]
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub security: Security,
    /// The name with which the host logs in. Not given: it does not log in.
    #[serde(default)]
    pub user: Option<String>,
    /// File with the password, readable by the host alone.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// File with certificates (PEM) of further authorities to trust, besides the public ones.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The sender of the mails, such as `Strowger <strowger@stad.be>`.
    pub from: String,
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Security {
    /// By TLS from the first byte on.
    Tls,
    /// By TLS after STARTTLS. If the server cannot do this, no mail is sent to it.
    #[default]
    Starttls,
    /// Not at all: for a mail server on the same machine.
    None,
}
