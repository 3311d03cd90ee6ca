//! A fresh Debian of the machine's own suite, in a folder of a test. Only root can have one.
//!
//! mmdebstrap makes it once, from the mirror of the machine's own apt; it stays in the user's cache
//! (about 150 MB), and each test gets a copy.

use crate::{
    packages::{cache, mirror, run},
    process::Process,
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// What it has beside the essential packages.
const PACKAGES: &str = "adduser";

/// Makes it, if it is not in the user's cache. `say` is told what is going on.
///
/// # Errors
/// The user is not root, the machine has no apt-get, or the mirror cannot be reached.
pub fn fetch(say: impl Fn(&str)) -> Result<PathBuf> {
    let user = run(Command::new("id").arg("-u"))?;
    ensure!(user.trim() == "0", "only root can have a Debian of its own");
    let release = fs::read_to_string("/etc/os-release").context("this is no Debian")?;
    let suite = release
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))
        .context("/etc/os-release names no suite of Debian")?;
    let folder = cache()?.join(format!("debian-{suite}-{PACKAGES}"));
    let parent = folder.parent().context("the cache has no parent folder")?;
    fs::create_dir_all(parent)?;
    let lock = fs::File::create(parent.join(".debian.lock"))
        .context("cannot create the lock of the cache")?;
    lock.lock().context("cannot lock the cache")?;
    if folder.is_dir() {
        return Ok(folder);
    }
    say(&format!("making a Debian {suite}"));
    let work = tempfile::tempdir_in(parent).context("cannot create a folder in the cache")?;
    run(Command::new("apt-get")
        .args(["-qq", "-o", "APT::Sandbox::User=", "download", "mmdebstrap"])
        .current_dir(work.path()))?;
    let package = fs::read_dir(work.path())?.next().context("apt-get downloaded no package")??;
    let program = work.path().join("program");
    run(Command::new("dpkg-deb").arg("-x").arg(package.path()).arg(&program))?;
    let made = work.path().join("root");
    run(Command::new("perl")
        .arg(program.join("usr/bin/mmdebstrap"))
        .args(["--quiet", "--mode=root", "--variant=essential"])
        .arg(format!("--include={PACKAGES}"))
        .arg(suite)
        .arg(&made)
        .arg(mirror()?))?;
    fs::rename(&made, &folder)
        .with_context(|| format!("cannot put {} in place", folder.display()))?;
    Ok(folder)
}

/// A Debian for one test. Dropping it deletes it.
pub struct Root(TempDir);

impl Root {
    /// A fresh one.
    ///
    /// # Errors
    /// There is none in the user's cache, and none can be made.
    pub fn fresh() -> Result<Self> {
        let from = fetch(|_| ())?;
        let root = tempfile::tempdir()?;
        run(Command::new("cp").arg("-a").arg(from.join(".")).arg(root.path()))?;
        Ok(Self(root))
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A command in it, as one of its users.
    pub fn command(&self, user: &str, words: &[&str]) -> Command {
        let mut command = Command::new("chroot");
        command.arg(format!("--userspec={user}")).arg(self.path()).args(words);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("HOME", "/");
        command
    }

    /// Runs a command in it, as root, and gives what it writes to standard output.
    ///
    /// # Errors
    /// It cannot be run, or fails; the error shows what it wrote.
    pub fn run(&self, words: &[&str]) -> Result<String> {
        run(&mut self.command("root", words))
    }

    /// Starts a program in it that runs beside the test, as one of its users.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(&self, user: &str, words: &[&str]) -> Result<Process> {
        Process::start(words[0], self.command(user, words))
    }
}
