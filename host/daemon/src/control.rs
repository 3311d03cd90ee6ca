//! The socket by which other commands and programs reach a running host: a Unix domain socket that
//! only its owner may open. What is said over it is the API, `strowger-api`.

use anyhow::{Context, Result, bail};
use axum::Router;
use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use tokio::net::UnixListener;

/// Serves the socket until dropped. The file is removed then.
pub struct Control {
    file: PathBuf,
    server: tokio::task::AbortHandle,
}

impl Control {
    /// Opens the socket and serves these routes.
    ///
    /// # Errors
    /// Another host answers there, or the socket cannot be made.
    pub fn open(file: &Path, routes: Router) -> Result<Self> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        if std::os::unix::net::UnixStream::connect(file).is_ok() {
            bail!(
                "another host answers at {}; stop it first, or give this one its own `control`",
                file.display()
            );
        }
        // What a host that died left behind.
        let _ = std::fs::remove_file(file);
        let listener = bind_for_owner(file)
            .with_context(|| format!("cannot open the control socket {}", file.display()))?;
        let server =
            tokio::spawn(async move { axum::serve(listener, routes).await }).abort_handle();
        Ok(Self { file: file.to_owned(), server })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.server.abort();
        let _ = std::fs::remove_file(&self.file);
    }
}

/// Nobody else can open it, not even for a moment: it is bound in a folder of the owner's and then
/// moved.
fn bind_for_owner(file: &Path) -> std::io::Result<UnixListener> {
    let private = file.with_extension(format!("{}.d", std::process::id()));
    std::fs::create_dir_all(&private)?;
    let bound = (|| {
        std::fs::set_permissions(&private, std::fs::Permissions::from_mode(0o700))?;
        let inside = private.join("s");
        let listener = UnixListener::bind(&inside)?;
        std::fs::set_permissions(&inside, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&inside, file)?;
        Ok(listener)
    })();
    let _ = std::fs::remove_dir_all(&private);
    bound
}
