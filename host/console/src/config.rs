//! Where the console listens.

use std::{net::SocketAddr, path::PathBuf};

/// Where people and programs reach the host over HTTP.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Such as `127.0.0.1:8650`. Any other address than loopback needs `certificate` and `key`.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// The file with the certificate and those that lead to its authority (PEM): HTTPS instead of
    /// HTTP. The host notices when it changes.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    /// The file with the key of the certificate (PEM).
    #[serde(default)]
    pub key: Option<PathBuf>,
    /// Passwords and tokens may travel over a network as plain text, such as to a proxy that speaks
    /// HTTPS.
    #[serde(default)]
    pub plain_text: bool,
}

fn listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8650))
}

impl HttpConfig {
    /// The files of the certificate and its key; none: plain HTTP.
    ///
    /// # Errors
    /// One of them is missing, or passwords would travel as plain text.
    pub fn tls(&self) -> anyhow::Result<Option<(PathBuf, PathBuf)>> {
        match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => Ok(Some((certificate.clone(), key.clone()))),
            (None, None) if self.listen.ip().is_loopback() || self.plain_text => Ok(None),
            (None, None) => anyhow::bail!(
                "[http]: listen = \"{}\" is not loopback, so passwords would travel as plain text: add \
                 certificate and key, or plain_text = true if something before the host speaks HTTPS",
                self.listen
            ),
            _ => anyhow::bail!("[http] needs both certificate and key, or neither"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_travel_over_a_network_only_encrypted_unless_somebody_says_so() {
        let file = || Some(PathBuf::from("x.pem"));
        for (listen, certificate, key, plain_text, good) in [
            ("127.0.0.1:8650", None, None, false, true),
            ("[::1]:8650", None, None, false, true),
            ("0.0.0.0:8650", None, None, false, false),
            ("10.0.0.1:8650", None, None, true, true),
            ("10.0.0.1:8650", file(), file(), false, true),
            ("127.0.0.1:8650", file(), None, false, false),
            ("127.0.0.1:8650", None, file(), true, false),
        ] {
            let listen = listen.parse().unwrap();
            let config = HttpConfig { listen, certificate, key, plain_text };
            assert_eq!(config.tls().is_ok(), good, "{config:?}");
        }
    }
}
