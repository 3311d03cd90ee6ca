//! What the HTTP client needs to know of TLS: nothing. ARI is plain HTTP.

use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

/// No certificate is ever looked at, and so none is read from the system.
pub(super) fn no_certificates() -> anyhow::Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(tls.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}
