//! How the console listens, with HTTPS if it has a certificate.

use crate::{HttpConfig, routes};
use anyhow::{Context, Result};
use axum_server::{Handle, tls_rustls::RustlsConfig};
use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use strowger_api::Host;
use tokio::task::AbortHandle;

/// A browser has so long to ask.
const ASK: Duration = Duration::from_secs(30);

/// So often it is looked at whether the certificate has changed.
const FOLLOW: Duration = Duration::from_secs(10);

/// The console, until this is dropped.
pub struct Serving {
    /// Where it listens.
    pub address: SocketAddr,
    handle: Handle<SocketAddr>,
    follow: Option<AbortHandle>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.handle.shutdown();
        self.follow.iter().for_each(AbortHandle::abort);
    }
}

/// Serves a host where the configuration says.
///
/// # Errors
/// The address cannot be had, or there is no certificate where one is needed.
pub async fn serve<H: Host>(config: &HttpConfig, host: Arc<H>) -> Result<Serving> {
    let files = config.tls()?;
    let listener = TcpListener::bind(config.listen)
        .with_context(|| format!("[http]: cannot listen on {}", config.listen))?;
    let (address, handle) = (listener.local_addr()?, Handle::new());
    let service = routes(host, files.is_some()).into_make_service_with_connect_info::<SocketAddr>();
    let mut follow = None;
    match files {
        None => {
            let mut server = axum_server::from_tcp(listener)?.handle(handle.clone());
            server.http_builder().http1().header_read_timeout(ASK);
            tokio::spawn(server.first_request_timeout(ASK).serve(service));
        }
        Some((certificate, key)) => {
            let mut files = Files::read(certificate, key).await?;
            let tls = files.tls.clone();
            let mut server = axum_server::from_tcp_rustls(listener, tls)?.handle(handle.clone());
            server.http_builder().http1().header_read_timeout(ASK);
            tokio::spawn(server.first_request_timeout(ASK).serve(service));
            let following = tokio::spawn(async move {
                loop {
                    tokio::time::sleep(FOLLOW).await;
                    files.follow().await;
                }
            });
            follow = Some(following.abort_handle());
        }
    }
    Ok(Serving { address, handle, follow })
}

/// A certificate with its key, as they are in their files.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    read: (Vec<u8>, Vec<u8>),
    tls: RustlsConfig,
}

impl Files {
    async fn read(certificate: PathBuf, key: PathBuf) -> Result<Self> {
        // Fails if there is one already, which does as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let read = (contents(&certificate).await?, contents(&key).await?);
        let tls = RustlsConfig::from_pem(read.0.clone(), read.1.clone()).await;
        let tls = tls.with_context(|| {
            let (certificate, key) = (certificate.display(), key.display());
            format!("[http]: {certificate} and {key} are no certificate with its key (PEM)")
        })?;
        Ok(Self { certificate, key, read, tls })
    }

    /// Takes the files as they are now. If they are not good, the earlier ones serve on.
    async fn follow(&mut self) {
        let now = async { Ok((contents(&self.certificate).await?, contents(&self.key).await?)) };
        let now: Result<_> = now.await;
        let done = match now {
            Ok(now) if now == self.read => return,
            Ok((certificate, key)) => {
                self.read = (certificate.clone(), key.clone());
                self.tls.reload_from_pem(certificate, key).await.map_err(Into::into)
            }
            Err(error) => Err(error),
        };
        let certificate = self.certificate.display();
        match done {
            Ok(()) => tracing::info!(%certificate, "console: the new certificate is used"),
            Err(error) => tracing::error!(
                %certificate,
                "console: the certificate has changed and cannot be used, so the earlier one is: {error:#}"
            ),
        }
    }
}

async fn contents(file: &PathBuf) -> Result<Vec<u8>> {
    tokio::fs::read(file).await.with_context(|| format!("[http]: cannot read {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{path::Path, process::Command};

    fn make(certificate: &Path, key: &Path) {
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        openssl.args(["-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout"]);
        assert!(openssl.arg(key).arg("-out").arg(certificate).output().unwrap().status.success());
    }

    #[tokio::test]
    async fn a_new_certificate_is_taken_and_a_bad_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        make(&certificate, &key);
        let mut files = Files::read(certificate.clone(), key.clone()).await.unwrap();
        let first = files.tls.get_inner();
        files.follow().await;
        assert!(Arc::ptr_eq(&first, &files.tls.get_inner()), "nothing has changed");
        std::fs::write(&certificate, "nonsense").unwrap();
        files.follow().await;
        assert!(Arc::ptr_eq(&first, &files.tls.get_inner()));
        make(&certificate, &key);
        files.follow().await;
        assert!(!Arc::ptr_eq(&first, &files.tls.get_inner()));
        std::fs::write(&certificate, "nonsense").unwrap();
        assert!(Files::read(certificate, key).await.is_err());
    }
}
