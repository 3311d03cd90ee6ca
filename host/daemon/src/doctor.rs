//! What is wrong with a set-up, whether the host runs or not: `strowger doctor`.

use crate::{
    config::{Adapter, Config},
    surroundings,
};
use std::{
    fs::Metadata,
    io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};
use strowger_api::{Client, Host};
use strowger_flows::{Catalogue, CatalogueConfig};
use strowger_office::Courier;
use strowger_sandbox::Engine;

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Such as `mail`.
    pub about: &'static str,
    /// How it is.
    pub state: String,
    /// What to do; none: it is as it should be.
    pub to_do: Option<String>,
}

fn good(about: &'static str, state: impl Into<String>) -> Finding {
    Finding { about, state: state.into(), to_do: None }
}

fn bad(about: &'static str, state: impl Into<String>, to_do: impl Into<String>) -> Finding {
    Finding { to_do: Some(to_do.into()), ..good(about, state) }
}

/// Looks at everything that a host needs: files, folders, the PBX, the mail server, and the running
/// host, if there is one. Compiles the plugins, connects to the PBX and to the mail server, and
/// changes nothing.
pub async fn doctor(file: &Path) -> Vec<Finding> {
    let config = match Config::read(file) {
        Ok(config) => config,
        Err(error) => {
            let to_do = "correct it, or have `strowger init` write another one";
            return vec![bad("configuration", format!("{error:#}"), to_do)];
        }
    };
    let mut found = vec![good("configuration", file.display().to_string())];
    found.extend(secrets(file, &config));
    found.extend([
        writable("state", &config.state, "the journal cannot be kept"),
        writable("cache", &config.cache, "prompts and compiled plugins cannot be kept"),
        free(&config.state),
    ]);
    found.extend(files(&config));
    found.push(pbx(&config).await);
    found.push(mail(&config).await);
    found.extend(host(&config).await);
    found
}

/// Files with passwords that everybody on the machine can read.
fn secrets(file: &Path, config: &Config) -> Vec<Finding> {
    let mail = config.mail.as_ref().and_then(|mail| mail.password_file.as_deref());
    let token = config.remote.as_ref().map(|remote| &*remote.token_file);
    let own = config.asterisk.is_some().then_some(file);
    let exposed = [own, mail, token]
        .into_iter()
        .flatten()
        .filter(|file| file.metadata().is_ok_and(|data| data.permissions().mode() & 0o004 != 0));
    let said = exposed.map(|file| {
        let file = file.display();
        let to_do = format!("only the host may read it: chmod o= {file}");
        bad("secrets", format!("everybody on this machine can read the password in {file}"), to_do)
    });
    said.collect()
}

/// Whether this user can write to a folder of the host, or make it.
fn writable(about: &'static str, folder: &Path, otherwise: &str) -> Finding {
    let there = folder.ancestors().find_map(|folder| Some((folder, folder.metadata().ok()?)));
    let may = match &there {
        Some((folder, data)) if data.is_dir() => {
            rustix::fs::access(*folder, rustix::fs::Access::WRITE_OK).map_err(io::Error::from)
        }
        _ => Err(io::ErrorKind::NotADirectory.into()),
    };
    let folder = folder.display();
    match may {
        Ok(()) => good(about, format!("{folder} can be written")),
        Err(error) => bad(
            about,
            format!("{folder} cannot be written by this user ({error}): {otherwise}"),
            format!(
                "run this as the user of the host{}, or give that user the folder",
                owner(there.map(|(_, data)| data))
            ),
        ),
    }
}

fn owner(data: Option<Metadata>) -> String {
    data.map_or_else(String::new, |data| format!(" (the folder is that of uid {})", data.uid()))
}

fn free(state: &Path) -> Finding {
    let there = state.ancestors().find(|folder| folder.is_dir()).unwrap_or(state);
    match rustix::fs::statvfs(there) {
        Ok(disk) => {
            let mib = (disk.f_bavail * disk.f_frsize) >> 20;
            let state = format!("{mib} MiB are free at {}", there.display());
            match mib << 20 < crate::status::LEAST_FREE {
                true => bad("disk", state, "free some: the journal of a busy day needs 512 MiB"),
                false => good("disk", state),
            }
        }
        Err(error) => bad("disk", format!("cannot be asked: {error}"), "look at the file system"),
    }
}

/// The site file, the flows with their scenarios, and what they need on this machine.
fn files(config: &Config) -> Vec<Finding> {
    let engine = match Engine::new(None) {
        Ok(engine) => engine,
        Err(error) => return vec![bad("plugins", format!("cannot run: {error:#}"), "report this")],
    };
    let (catalogue, report) = Catalogue::open(CatalogueConfig {
        flows_dir: config.flows.clone(),
        plugins_dir: config.plugins.clone(),
        about: None,
        gate: Some(strowger_scenario::gate(engine.clone())),
        engine,
        faults_per_minute: usize::MAX,
    });
    let current = catalogue.current();
    let serving = current.flows.len();
    let folder = config.flows.display();
    let flows = match report.is_good() {
        true if serving == 0 => bad(
            "flows",
            format!("there is no flow in {folder}"),
            "copy one there: docs/install.md says where they are",
        ),
        true => good("flows", format!("{serving} in {folder} are good")),
        false => {
            bad("flows", format!("a host would not take all of {folder}"), "see `strowger check`")
        }
    };
    let missing = surroundings::missing(config, &current).into_iter().map(|problem| {
        let to_do = problem.help.clone().unwrap_or_else(|| "correct it".to_owned());
        bad("surroundings", format!("{}: {}", problem.file.display(), problem.message), to_do)
    });
    [flows].into_iter().chain(missing).collect()
}

async fn pbx(config: &Config) -> Finding {
    match (config.adapter, &config.asterisk, &config.remote) {
        (Adapter::Sim, ..) => good("PBX", "simulated: no real call comes in"),
        (Adapter::Asterisk, Some(asterisk), _) => {
            match strowger_asterisk::examine(asterisk).await {
                Err(why) => bad("PBX", "Asterisk cannot be used", why),
                Ok(found) if !found.lacks.is_empty() => bad(
                    "PBX",
                    format!("Asterisk {} lacks something", found.version),
                    found.lacks.join("\n"),
                ),
                Ok(found) => {
                    let served = if found.served { ", a host is connected to it" } else { "" };
                    good("PBX", format!("Asterisk {}{served}", found.version))
                }
            }
        }
        (Adapter::Remote, _, Some(remote)) => match std::fs::metadata(&remote.token_file) {
            Ok(_) => good("PBX", format!("its adapter connects to the host at {}", remote.listen)),
            Err(error) => bad(
                "PBX",
                format!("the token {} cannot be read: {error}", remote.token_file.display()),
                "write a token of 32 characters or more into it",
            ),
        },
        // `Config::read` has refused it.
        _ => bad("PBX", "not configured", "write the table of the adapter"),
    }
}

async fn mail(config: &Config) -> Finding {
    let Some(mail) = &config.mail else {
        return good("mail", "no mail server: mail of flows waits in the outbox");
    };
    let courier = match Courier::new(mail) {
        Ok(courier) => courier,
        Err(error) => return bad("mail", "cannot be sent", error.to_string()),
    };
    match courier.reach().await {
        Ok(()) => good("mail", format!("{} takes mail", mail.server)),
        Err(error) => bad(
            "mail",
            format!("{} does not take mail: {}", mail.server, error.said),
            "compare [mail] with what the administrator of the mail server says",
        ),
    }
}

/// The running host, if there is one.
async fn host(config: &Config) -> Vec<Finding> {
    let status = match Client::at_socket(&config.control()) {
        Ok(client) => client.status().await,
        Err(_) => return vec![good("host", "does not run")],
    };
    match status {
        Err(_) => vec![good("host", "does not run, or this user may not ask it")],
        Ok(status) if status.ill.is_empty() => {
            vec![good("host", format!("runs, version {}", status.version))]
        }
        Ok(status) => {
            let ill = status.ill.into_iter();
            ill.map(|ill| bad("host", ill, "see `strowger status`")).collect()
        }
    }
}
