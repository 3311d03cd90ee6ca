//! Debian packages, downloaded by the machine's own apt with a state of its own: no root needed, and
//! nothing of the machine is touched.

use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Debian's keys, with which apt checks what comes.
const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The folder of the user's cache that tools are in.
///
/// # Errors
/// Nobody says where the user's cache is.
pub fn cache() -> Result<PathBuf> {
    let cache = match std::env::var_os("XDG_CACHE_HOME") {
        Some(cache) => PathBuf::from(cache),
        None => PathBuf::from(
            std::env::var_os("HOME").context("neither XDG_CACHE_HOME nor HOME is set")?,
        )
        .join(".cache"),
    };
    Ok(cache.join("strowger/tools"))
}

/// A place of packages: the address, and the suite there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source {
    pub(crate) mirror: String,
    pub(crate) suite: String,
}

/// The suites of Debian that the machine itself is of.
pub(crate) fn own_sources() -> Result<Vec<Source>> {
    let format = "$(REPO_URI) $(CODENAME)";
    let targets = run(Command::new("apt-get").args(["indextargets", "--format", format]))?;
    let pairs = targets.lines().filter_map(|line| line.split_once(' '));
    let pairs = pairs.map(|(mirror, suite)| (mirror.trim_end_matches('/'), suite));
    let debian = pairs
        .filter(|(mirror, _)| mirror.ends_with("/debian") || mirror.ends_with("/debian-security"));
    let mut sources: Vec<Source> = debian
        .map(|(mirror, suite)| Source { mirror: mirror.into(), suite: suite.into() })
        .collect();
    sources.sort();
    sources.dedup();
    ensure!(!sources.is_empty(), "{NO_MIRROR}");
    Ok(sources)
}

const NO_MIRROR: &str =
    "the machine's apt has no mirror of Debian (an address that ends in /debian) in its sources";

/// The mirror from which the machine's own apt takes Debian.
pub(crate) fn mirror() -> Result<String> {
    let debian = own_sources()?.into_iter().find(|source| source.mirror.ends_with("/debian"));
    Ok(debian.context(NO_MIRROR)?.mirror)
}

/// Downloads packages and all that they depend on, with an apt state in this folder, and lists the
/// files.
pub(crate) fn download(
    state: &Path,
    sources: &[Source],
    packages: &[&str],
) -> Result<Vec<PathBuf>> {
    for folder in ["lists/partial", "archives/partial"] {
        fs::create_dir_all(state.join(folder))?;
    }
    fs::write(state.join("status"), "")?;
    let line = |Source { mirror, suite }: &Source| {
        format!("deb [signed-by={KEYS}] {mirror} {suite} main\n")
    };
    fs::write(state.join("sources.list"), sources.iter().map(line).collect::<String>())?;
    let apt = || {
        let mut apt = Command::new("apt-get");
        apt.arg("-qq").env("DEBIAN_FRONTEND", "noninteractive");
        let dir = state.display();
        for option in [
            format!("Dir::State={dir}"),
            format!("Dir::State::status={dir}/status"),
            format!("Dir::State::lists={dir}/lists"),
            format!("Dir::Cache={dir}"),
            format!("Dir::Cache::archives={dir}/archives"),
            format!("Dir::Etc::sourcelist={dir}/sources.list"),
            "Dir::Etc::sourceparts=-".into(),
            "Dir::Etc::preferencesparts=-".into(),
            "Dir::Etc::preferences=-".into(),
            "Acquire::Languages=none".into(),
            "Acquire::Retries=3".into(),
            "APT::Sandbox::User=".into(),
            "APT::Install-Recommends=false".into(),
            "APT::Keep-Downloaded-Packages=true".into(),
            "Debug::NoLocking=true".into(),
        ] {
            apt.args(["-o", &option]);
        }
        apt
    };
    run(apt().arg("update"))?;
    run(apt().args(["install", "-y", "--download-only"]).args(packages))?;
    let mut files: Vec<_> = fs::read_dir(state.join("archives"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .collect();
    files.sort();
    ensure!(!files.is_empty(), "apt-get downloaded no package");
    Ok(files)
}

/// Unpacks a package into a folder.
pub(crate) fn unpack(package: &Path, to: &Path) -> Result<()> {
    run(Command::new("dpkg-deb").arg("-x").arg(package).arg(to)).map(drop)
}

/// Runs a command to its end and gives its standard output; its failure is an error with what it
/// wrote.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot run {program}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(
        output.status.success(),
        "{program} failed ({}):\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    Ok(text(&output.stdout))
}
