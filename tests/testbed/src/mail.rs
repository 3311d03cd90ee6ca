//! A real mail server, aiosmtpd, for one test: what it was given can be read, and it can be gone
//! for a while.

use crate::{
    packages::{cache, run},
    process::Process,
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tempfile::TempDir;

/// What is installed, and into a folder of this name.
const PACKAGES: [&str; 3] = ["aiosmtpd==1.4.6", "atpublic==6.0.1", "attrs==25.3.0"];

/// The server's program: every mail is a line of JSON on standard error.
const PROGRAM: &str = include_str!("mail_server.py");

/// For the server to start, and for a mail to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A Python with aiosmtpd, in the user's cache; installed if it is not there. `say` is told what is
/// going on.
///
/// # Errors
/// There is no Python 3 with `venv`, or its package index cannot be reached.
pub fn fetch(say: impl Fn(&str)) -> Result<PathBuf> {
    let folder = cache()?.join(format!("mail-{}", PACKAGES.join("-").replace("==", "-")));
    let python = folder.join("bin/python");
    let parent = folder.parent().context("the cache has no parent folder")?;
    fs::create_dir_all(parent)?;
    let lock = fs::File::create(parent.join(".mail.lock"))
        .context("cannot create the lock of the cache")?;
    lock.lock().context("cannot lock the cache")?;
    if folder.join("complete").is_file() {
        return Ok(python);
    }
    say("fetching aiosmtpd");
    let _ = fs::remove_dir_all(&folder);
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(PACKAGES))?;
    fs::write(folder.join("complete"), "")?;
    Ok(python)
}

/// What a mail server asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Nothing.
    Nothing,
    /// STARTTLS, and then the login `strowger` with the password `secret`.
    Login,
    /// TLS from the beginning, and then the same login.
    TlsAndLogin,
}

/// A mail server. Dropping it kills it.
pub struct MailServer {
    folder: TempDir,
    port: u16,
    asks: Asks,
    process: Option<Process>,
    /// Mails of earlier processes.
    before: Vec<String>,
}

impl MailServer {
    /// Starts on a port of loopback that is free.
    ///
    /// # Errors
    /// It cannot be installed or started.
    pub fn start(asks: Asks) -> Result<Self> {
        let mut server = Self::down(asks)?;
        server.up()?;
        Ok(server)
    }

    /// One that is not up yet.
    ///
    /// # Errors
    /// Its certificate cannot be made.
    pub fn down(asks: Asks) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("server.py"), PROGRAM)?;
        if asks != Asks::Nothing {
            let (key, certificate) =
                (folder.path().join("key.pem"), folder.path().join("cert.pem"));
            let arguments = [
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
            ];
            let names = [
                "-addext",
                "subjectAltName=DNS:localhost",
                "-addext",
                "basicConstraints=critical,CA:FALSE",
            ];
            run(Command::new("openssl")
                .args(arguments)
                .args(names)
                .arg("-keyout")
                .arg(key)
                .arg("-out")
                .arg(certificate))?;
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Ok(Self { folder, port, asks, process: None, before: Vec::new() })
    }

    /// Starts, again.
    ///
    /// # Errors
    /// It cannot be installed or started.
    pub fn up(&mut self) -> Result<()> {
        let mut command = Command::new(fetch(|_| {})?);
        command.arg(self.folder.path().join("server.py")).arg(self.port.to_string());
        let when = match self.asks {
            Asks::Nothing => None,
            Asks::Login => Some("later"),
            Asks::TlsAndLogin => Some("at-once"),
        };
        if let Some(when) = when {
            command.arg(self.certificate()).arg(self.folder.path().join("key.pem")).arg(when);
        }
        let process = Process::start("aiosmtpd", command)?;
        process
            .output()
            .until("ready", PATIENCE, |output| output.contains("ready\n").then_some(()))?;
        self.process = Some(process);
        Ok(())
    }

    /// Is killed. What it was given is still known.
    pub fn kill(&mut self) {
        self.before = self.mails();
        self.process = None;
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The certificate that it shows, for who is to trust it.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// The mails that it was given, each as JSON with `from`, `to` and `data`.
    pub fn mails(&self) -> Vec<String> {
        let output =
            self.process.as_ref().map(|process| process.output().text()).unwrap_or_default();
        self.before.iter().cloned().chain(lines(&output)).collect()
    }

    /// Waits until it was given so many mails, and gives them.
    ///
    /// # Errors
    /// Time is up.
    pub fn wait(&self, count: usize) -> Result<Vec<String>> {
        let process = self.process.as_ref().context("the mail server is down")?;
        process.output().until(&format!("{count} mails"), PATIENCE, |output| {
            let mails: Vec<String> = self.before.iter().cloned().chain(lines(output)).collect();
            (mails.len() >= count).then_some(mails)
        })
    }
}

fn lines(output: &str) -> impl Iterator<Item = String> {
    output.lines().filter(|line| line.starts_with('{')).map(str::to_owned)
}

/// Installs it, and starts one to see that it runs.
///
/// # Errors
/// As [`fetch`].
pub fn check(say: impl Fn(&str)) -> Result<PathBuf> {
    let python = fetch(say)?;
    let server = MailServer::start(Asks::Nothing)?;
    ensure!(server.mails().is_empty() && Path::new(&python).exists(), "aiosmtpd does not run");
    Ok(python)
}
