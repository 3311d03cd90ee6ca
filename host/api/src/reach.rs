//! How a client is connected: over a network only encrypted, and with what it shows.

use crate::Error;
use reqwest::{
    Certificate, ClientBuilder, Url,
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
};
use rustls::{ClientConfig, RootCertStore};
use std::{net::IpAddr, path::Path, sync::Arc};

/// For a socket: there no certificate is looked at, and so none is read from the system.
pub(crate) fn to_socket() -> Result<ClientBuilder, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let tls = tls.map_err(Error::internal)?;
    let tls = tls.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    Ok(reqwest::Client::builder().tls_backend_preconfigured(tls))
}

/// For a network: it trusts what the system trusts, and the certificates of this file.
pub(crate) fn to_network(ca: Option<&Path>) -> Result<ClientBuilder, Error> {
    // Fails if there is one already, which does as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder();
    if let Some(file) = ca {
        let wrong = |why: &dyn std::fmt::Display| {
            Error::bad_request(format!("cannot read certificates from {}: {why}", file.display()))
        };
        let text = std::fs::read(file).map_err(|error| wrong(&error))?;
        let certificates = Certificate::from_pem_bundle(&text).map_err(|error| wrong(&error))?;
        if certificates.is_empty() {
            return Err(wrong(&"there are none"));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    Ok(builder)
}

/// The address of a host, if a token may travel there.
pub(crate) fn address(url: &str) -> Result<Url, Error> {
    let wrong = |why: &str| Error::bad_request(format!("{url}: {why}"));
    let parsed = Url::parse(url).map_err(|error| wrong(&error.to_string()))?;
    let here = parsed.host_str().is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    });
    match (parsed.scheme(), here) {
        ("https", _) | ("http", true) => Ok(parsed),
        ("http", false) => Err(wrong(
            "the token would travel as plain text: write https://, or use a tunnel to loopback",
        )),
        _ => Err(wrong("write an address such as https://strowger.example:8650")),
    }
}

/// The headers by which a token is shown.
pub(crate) fn showing(token: &str) -> Result<HeaderMap, Error> {
    let mut shown = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| Error::bad_request("the token has signs that no token has"))?;
    shown.set_sensitive(true);
    Ok(HeaderMap::from_iter([(AUTHORIZATION, shown)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_travels_encrypted_or_not_at_all() {
        for good in ["https://strowger.example:8650", "http://127.0.0.1:8650", "http://[::1]:1"] {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in ["http://strowger.example", "http://10.0.0.1:8650", "ftp://x", "strowger"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
