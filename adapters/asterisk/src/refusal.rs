//! Why ARI cannot be used, in words that say what to do.

use crate::{AsteriskConfig, rest::Failure};
use std::io::ErrorKind;
use tokio_tungstenite::tungstenite::{self, error::ProtocolError};

/// Why the socket of events cannot be opened.
pub(super) fn of_socket(config: &AsteriskConfig, error: &tungstenite::Error) -> String {
    use tungstenite::Error;
    let (url, app) = (&config.url, &config.app);
    match error {
        Error::Http(reply) => of_status(config, reply.status().as_u16()),
        Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused => format!(
                "nothing listens at {url}: start Asterisk, or compare asterisk.url with `enabled`, \
                 `bindaddr` and `bindport` in http.conf"
            ),
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::TimedOut => {
                no_answer(config)
            }
            _ if error.to_string().contains("lookup") => format!(
                "the name of the host in asterisk.url is not known ({url}): correct it, or write \
                 the IP address"
            ),
            _ => format!("the connection to {url} broke: {error}"),
        },
        Error::Protocol(
            ProtocolError::HandshakeIncomplete | ProtocolError::ResetWithoutClosingHandshake,
        ) => format!("the connection to {url} broke: {error}"),
        Error::Protocol(_) | Error::HttpFormat(_) | Error::Url(_) => format!(
            "what answers at {url} is no Asterisk: compare the port in asterisk.url with \
             `bindport` in http.conf"
        ),
        error => format!("the application {app:?} cannot be opened at {url}: {error}"),
    }
}

/// Nothing comes back.
pub(super) fn no_answer(config: &AsteriskConfig) -> String {
    format!(
        "{} does not answer: compare the host in asterisk.url with `bindaddr` in http.conf, and \
         look for a firewall between them",
        config.url
    )
}

/// Why the first request came to nothing.
pub(super) fn of_first_request(config: &AsteriskConfig, failure: &Failure) -> String {
    match failure.status {
        Some(status) => of_status(config, status),
        None => format!(
            "{} cannot be asked ({failure}): start Asterisk, or compare asterisk.url with \
             `enabled`, `bindaddr` and `bindport` in http.conf",
            config.url
        ),
    }
}

/// Why a request was refused.
pub(super) fn of_request(config: &AsteriskConfig, failure: &Failure) -> String {
    match failure.status {
        Some(status @ (401 | 403)) => of_status(config, status),
        _ => failure.to_string(),
    }
}

fn of_status(config: &AsteriskConfig, status: u16) -> String {
    let AsteriskConfig { url, user, .. } = config;
    match status {
        401 => format!(
            "Asterisk does not accept the user {user:?} with this password: compare asterisk.user \
             and asterisk.password with the section [{user}] of ari.conf"
        ),
        403 => format!(
            "the user {user:?} may only read: write `read_only = no` in the section [{user}] of \
             ari.conf"
        ),
        404 => format!(
            "there is no ARI at {url}: write `enabled = yes` in [general] of ari.conf, and see that \
             the modules res_ari and res_ari_events are loaded"
        ),
        503 => "Asterisk's HTTP server has too many connections: raise `sessionlimit` in http.conf"
            .to_owned(),
        status => format!(
            "what answers at {url} is no ARI (HTTP status {status}): compare asterisk.url with \
             `bindport` and `prefix` in http.conf"
        ),
    }
}

/// What to say of a version that is too old; none: it is not, or nobody knows.
pub(super) fn of_version(version: &str) -> Option<String> {
    let digits = version.trim_start_matches(|c: char| !c.is_ascii_digit());
    let major: u32 = digits.split_once('.')?.0.parse().ok()?;
    (major < OLDEST).then(|| {
        format!(
            "this is Asterisk {version}: Strowger needs {OLDEST} or later, and calls can go wrong \
             with an older one"
        )
    })
}

const OLDEST: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_before_20_is_warned_of() {
        for old in ["18.26.4", "16.28.0~dfsg-0+deb11u4", "13.1-cert2"] {
            assert!(of_version(old).is_some_and(|said| said.contains(old)), "{old}");
        }
        for good in ["22.10.1+dfsg", "20.0.0", "certified-20.7-cert3", "GIT-master-1a", ""] {
            assert_eq!(of_version(good), None, "{good}");
        }
    }
}
