//! Asterisk, SIPp and espeak-ng of Debian, unpacked into the user's cache.
//!
//! Debian's stable suites have no Asterisk, so all three come from [`SUITE`], with every library
//! that they need and their own loader: they run on any Linux with `apt-get` and `dpkg-deb`, as any
//! user, and nothing of the machine is touched. The mirror is the one that the machine's own apt
//! uses, and apt checks the signatures.
//!
//! What is kept is only what the listed modules and programs need (about 60 MB). The folder's name
//! is made of the suite and a hash of everything that decides what is in it; so a change of the
//! lists makes a new folder, and an old one is never taken for it. `cargo xtask asterisk` does it;
//! everything else only looks.

use crate::packages::{Source, cache, download, mirror, run, unpack};
use anyhow::{Context, Result, bail, ensure};
use std::{
    collections::{BTreeSet, VecDeque},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The Debian suite: 22.x is the long-term-support branch of Asterisk.
pub const SUITE: &str = "forky";

/// The oldest Asterisk that the tests are meant for.
const ASTERISK: &str = "Asterisk 22.";

/// Changes when the recipe itself does.
const RECIPE: &str = "1";

const PACKAGES: &[&str] =
    &["asterisk", "asterisk-modules", "sip-tester", "espeak-ng", "espeak-ng-data"];

/// The programs, by their path in the packages.
const PROGRAMS: &[(&str, &str)] = &[
    ("asterisk", "usr/sbin/asterisk"),
    ("sipp", "usr/bin/sipp"),
    ("espeak-ng", "usr/bin/espeak-ng"),
];

/// Where espeak-ng's sound library keeps a library of its own.
const PULSEAUDIO: &str = "pulseaudio";

/// Folders that are kept whole.
const FOLDERS: &[&str] = &["usr/share/asterisk/documentation", "usr/share/asterisk/rest-api"];

/// The Asterisk modules that are kept and loaded, in the order in which they are loaded.
pub const MODULES: &[&str] = &[
    "res_timing_timerfd",
    "res_crypto",
    "res_curl",
    "func_curl",
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_sorcery_astdb",
    "res_http_websocket",
    "res_websocket_client",
    "res_http_media_cache",
    "res_pjproject",
    "res_pjsip",
    "res_pjsip_session",
    "res_pjsip_sdp_rtp",
    "res_rtp_asterisk",
    "res_srtp",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_caller_id",
    "res_pjsip_dtmf_info",
    "res_pjsip_nat",
    "res_pjsip_rfc3326",
    "res_pjsip_header_funcs",
    "res_pjsip_diversion",
    "res_pjsip_logger",
    "res_pjsip_dlg_options",
    "res_pjsip_refer",
    "res_pjsip_pubsub",
    "chan_pjsip",
    "chan_bridge_media",
    "codec_ulaw",
    "codec_alaw",
    "codec_a_mu",
    "codec_resample",
    "format_wav",
    "format_pcm",
    "format_sln",
    "pbx_config",
    "app_dial",
    "app_playback",
    "app_stack",
    "app_queue",
    "app_stasis",
    "app_senddtmf",
    "app_verbose",
    "func_callerid",
    "func_channel",
    "func_devstate",
    "func_timeout",
    "func_strings",
    "func_logic",
    "func_dialplan",
    "func_hangupcause",
    "res_musiconhold",
    "res_speech",
    "res_agi",
    "bridge_simple",
    "bridge_softmix",
    "bridge_native_rtp",
    "bridge_holding",
    "bridge_builtin_features",
    "res_stasis",
    "res_stasis_answer",
    "res_stasis_playback",
    "res_stasis_snoop",
    "res_stasis_recording",
    "res_stasis_device_state",
    "res_ari",
    "res_ari_model",
    "res_ari_applications",
    "res_ari_asterisk",
    "res_ari_bridges",
    "res_ari_channels",
    "res_ari_device_states",
    "res_ari_endpoints",
    "res_ari_events",
    "res_ari_playbacks",
    "res_ari_sounds",
];

/// The unpacked programs.
#[derive(Clone, Debug)]
pub struct Tools {
    root: PathBuf,
}

impl Tools {
    /// Those that are in the cache.
    ///
    /// # Errors
    /// They are not there; the error says how to get them.
    pub fn find() -> Result<Self> {
        let root = folder()?;
        ensure!(
            root.join("complete").is_file(),
            "there is no Asterisk in {}: run `cargo xtask asterisk`",
            root.display()
        );
        Ok(Self { root })
    }

    /// Those that are in the cache, fetched if they are not there. `say` is told what is going on.
    ///
    /// # Errors
    /// The machine has no apt-get or dpkg-deb, the mirror cannot be reached, or what came does not
    /// run.
    pub fn fetch(say: impl Fn(&str)) -> Result<Self> {
        let root = folder()?;
        let parent = root.parent().context("the cache has no parent folder")?;
        fs::create_dir_all(parent)
            .with_context(|| format!("cannot create {}", parent.display()))?;
        let lock = fs::File::create(parent.join(".lock"))
            .context("cannot create the lock of the cache")?;
        lock.lock().context("cannot lock the cache")?;
        if let Ok(tools) = Self::find() {
            return Ok(tools);
        }
        let work = tempfile::tempdir_in(parent).context("cannot create a folder in the cache")?;
        say(&format!("fetching Asterisk, SIPp and espeak-ng of Debian {SUITE}"));
        let source = Source { mirror: mirror()?, suite: SUITE.into() };
        let packages = download(&work.path().join("apt"), &[source], PACKAGES)?;
        say(&format!("unpacking {} packages", packages.len()));
        let full = work.path().join("full");
        for package in &packages {
            unpack(package, &full)?;
        }
        let tools = Self { root: work.path().join("kept") };
        prune(&full, &tools.root)?;
        let version = run(tools.command("asterisk").arg("-V"))?;
        ensure!(
            version.starts_with(ASTERISK),
            "expected {ASTERISK}x, and Debian {SUITE} has {version}"
        );
        run(tools.command("sipp").arg("-v")).or_else(|error| {
            if error.to_string().contains("SIPp v") { Ok(String::new()) } else { Err(error) }
        })?;
        run(tools.espeak().arg("--version"))?;
        fs::write(tools.root.join("complete"), &version)?;
        let _ = fs::remove_dir_all(&root);
        fs::rename(&tools.root, &root)
            .with_context(|| format!("cannot put {} in place", root.display()))?;
        say(&format!("{} is in {}", version.trim(), root.display()));
        Self::find()
    }

    /// The folder that they are in, laid out like `/`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The version line of this Asterisk.
    pub fn version(&self) -> String {
        fs::read_to_string(self.root.join("complete")).unwrap_or_default().trim().into()
    }

    /// A file of the packages, such as `usr/share/asterisk`.
    pub fn file(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// A command that runs `asterisk` or `sipp`.
    pub fn command(&self, program: &str) -> Command {
        Command::new(self.file("bin").join(program))
    }

    /// A command that runs `espeak-ng` with its own voices.
    pub fn espeak(&self) -> Command {
        self.command("espeak-ng")
    }

    /// The folder of Asterisk's modules.
    pub fn modules(&self) -> Result<PathBuf> {
        Ok(libraries(&self.root)?.join("asterisk/modules"))
    }
}

/// Where the tools of these lists are, or would be.
fn folder() -> Result<PathBuf> {
    let lists = [&[RECIPE, SUITE], PACKAGES, MODULES, FOLDERS].concat().join(" ");
    // FNV-1a: std's hasher may change from one compiler to the next.
    let hash = lists.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    Ok(cache()?.join(format!("{SUITE}-{hash:016x}")))
}

/// Copies what the modules and programs need, and writes a script for each program that runs it
/// with its own loader.
fn prune(full: &Path, kept: &Path) -> Result<()> {
    let libraries = libraries(full)?;
    let loader = loader(full)?;
    for file in needed(full, &libraries, &loader)? {
        let Ok(relative) = file.strip_prefix(full) else {
            bail!("{} is not among the unpacked packages", file.display())
        };
        copy(&file, &kept.join(relative))?;
    }
    for folder in FOLDERS {
        copy_folder(&full.join(folder), &kept.join(folder))?;
    }
    copy_folder(
        &libraries.join("espeak-ng-data"),
        &kept.join(libraries.strip_prefix(full)?).join("espeak-ng-data"),
    )
    .or_else(|_| {
        copy_folder(&full.join("usr/share/espeak-ng-data"), &kept.join("usr/share/espeak-ng-data"))
    })?;
    write_scripts(kept, libraries.strip_prefix(full)?, loader.strip_prefix(full)?)
}

/// Programs and modules with every library that they load.
fn needed(full: &Path, libraries: &Path, loader: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut todo: VecDeque<PathBuf> = PROGRAMS.iter().map(|(_, path)| full.join(path)).collect();
    todo.extend(
        MODULES.iter().map(|module| libraries.join(format!("asterisk/modules/{module}.so"))),
    );
    // Looked up by name at run time, so that no list of needed libraries shows it.
    todo.extend(
        ["libnss_files.so.2", "libresolv.so.2"]
            .iter()
            .map(|name| libraries.join(name))
            .filter(|path| path.exists()),
    );
    todo.push_back(loader.to_owned());
    let mut files = BTreeSet::new();
    for file in todo {
        ensure!(
            file.exists(),
            "Debian's packages have no {}",
            file.strip_prefix(full).unwrap_or(&file).display()
        );
        if file == loader {
            files.insert(file);
            continue;
        }
        let search = format!("{0}:{0}/{PULSEAUDIO}", libraries.display());
        let needed =
            run(Command::new(loader).args(["--library-path", &search, "--list"]).arg(&file))?;
        for line in needed.lines() {
            if let Some(path) =
                line.split_once("=> /").and_then(|(_, path)| path.split_whitespace().next())
            {
                files.insert(PathBuf::from(format!("/{path}")));
            }
        }
        files.insert(file);
    }
    Ok(files)
}

/// A script for each program. `libraries` and `loader` are paths below `kept`.
fn write_scripts(kept: &Path, libraries: &Path, loader: &Path) -> Result<()> {
    let data = if kept.join("usr/share/espeak-ng-data").exists() {
        Path::new("usr/share")
    } else {
        libraries
    };
    fs::create_dir_all(kept.join("bin"))?;
    for (name, program) in PROGRAMS {
        let extra = if *name == "espeak-ng" {
            format!(" --path=\"$root/{}\"", data.display())
        } else {
            String::new()
        };
        let script = format!(
            "#!/bin/sh\n# Runs {name} with the libraries beside it.\nroot=$(dirname \"$(dirname \"$(readlink -f \"$0\")\")\")\nexec \"$root/{0}\" --library-path \"$root/{1}:$root/{1}/{PULSEAUDIO}\" \"$root/{program}\"{extra} \"$@\"\n",
            loader.display(),
            libraries.display(),
        );
        let path = kept.join("bin").join(name);
        fs::write(&path, script)?;
        run(Command::new("chmod").arg("755").arg(&path))?;
    }
    Ok(())
}

/// The folder of libraries, which Debian names after the architecture.
fn libraries(root: &Path) -> Result<PathBuf> {
    find(&root.join("usr/lib"), |name| name.ends_with("-linux-gnu"))
}

/// The dynamic loader.
fn loader(root: &Path) -> Result<PathBuf> {
    let is_loader = |name: &str| name.starts_with("ld-linux") && name.contains(".so");
    find(&root.join("usr/lib64"), is_loader)
        .or_else(|_| find(&root.join("usr/lib"), is_loader))
        .or_else(|_| find(&libraries(root)?, is_loader))
}

fn find(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<PathBuf> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut found: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(&wanted))
        .collect();
    found.sort();
    found.into_iter().next().with_context(|| format!("{} has not what is needed", folder.display()))
}

/// Copies a file, following links.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        if path.is_dir() {
            copy_folder(&path, &to.join(name))?
        } else {
            copy(&path, &to.join(name))?
        }
    }
    Ok(())
}
