//! What the adapter needs to know of its Asterisk.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, net::SocketAddr};

/// Which Asterisk, and how it dials.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AsteriskConfig {
    /// The HTTP server of Asterisk, such as `http://127.0.0.1:8088`. Plain HTTP only: ARI belongs
    /// on loopback or in a tunnel.
    pub url: String,
    /// The user of `ari.conf`.
    pub user: String,
    /// Its password.
    pub password: Password,
    /// The Stasis application that the dialplan hands calls to.
    #[serde(default = "app")]
    pub app: String,
    /// How numbers are dialled, such as `PJSIP/{number}@trunk`; `{digits}` is the number without
    /// its `+`. Not given: no number can be dialled.
    #[serde(default)]
    pub number_endpoint: Option<String>,
    /// How extensions are dialled.
    #[serde(default = "extension_endpoint")]
    pub extension_endpoint: String,
    /// The channel technologies with which an address may begin. With `Local`, a flow could run any
    /// part of the dialplan.
    #[serde(default = "technologies")]
    pub technologies: Vec<String>,
    /// The dialplan context in which a transferred leg continues, at `s`, with the target to dial
    /// in the variable `STROWGER_TARGET`. It also rings an endpoint that is registered at several
    /// phones.
    #[serde(default = "transfer_context")]
    pub transfer_context: String,
    /// The device state that says that a phone does not want to be rung, such as
    /// `Custom:DND{extension}`; `{extension}` is the name of the endpoint. A phone does not want to
    /// while it is `INUSE` or `BUSY`. Not given: nothing says so.
    #[serde(default)]
    pub do_not_disturb: Option<String>,
    /// The address at which the host serves prompts to Asterisk. Port 0: any port that is free.
    #[serde(default = "prompts_bind")]
    pub prompts_bind: SocketAddr,
    /// How Asterisk reaches this address, such as `http://10.0.0.2:8087`. Not given: at the address
    /// itself.
    #[serde(default)]
    pub prompts_url: Option<String>,
}

impl AsteriskConfig {
    /// The defaults, for one Asterisk.
    pub fn new(url: &str, user: &str, password: &str) -> Self {
        Self {
            url: url.into(),
            user: user.into(),
            password: Password(password.into()),
            app: app(),
            number_endpoint: None,
            extension_endpoint: extension_endpoint(),
            technologies: technologies(),
            transfer_context: transfer_context(),
            do_not_disturb: None,
            prompts_bind: prompts_bind(),
            prompts_url: None,
        }
    }
}

/// A password; never shown.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(not shown)")
    }
}

fn app() -> String {
    "strowger".into()
}

fn extension_endpoint() -> String {
    "PJSIP/{extension}".into()
}

fn technologies() -> Vec<String> {
    vec!["PJSIP".into()]
}

fn transfer_context() -> String {
    "strowger-transfer".into()
}

fn prompts_bind() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}
