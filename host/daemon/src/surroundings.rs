//! What the files of flows need and do not say themselves: the tables of `strowger.toml`, the
//! program that speaks, recordings that can be played.
//!
//! What is missing here would show itself only at the first call.

use crate::config::{Adapter, Config};
use std::{
    collections::BTreeSet,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use strowger_asterisk::AsteriskConfig;
use strowger_flows::{LoadedFlow, Snapshot};
use strowger_model::command::Target;
use strowger_site::{Fallback, Problem, Site, problem::list, source::child};
use strowger_speech::unplayable;

/// Everything that is missing for these flows on this host.
pub fn missing(config: &Config, current: &Snapshot) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(asterisk) = config.asterisk.as_ref().filter(|_| config.adapter == Adapter::Asterisk)
    {
        problems.extend(not_dialled(asterisk, current));
    }
    if config.adapter != Adapter::Sim {
        problems.extend(no_speech(&current.site));
    }
    problems.extend(bad_recordings(current));
    problems
}

/// Addresses that Asterisk would never be asked to dial.
fn not_dialled(asterisk: &AsteriskConfig, current: &Snapshot) -> Vec<Problem> {
    let mut problems = Vec::new();
    let why = |target: &Target| {
        match target {
        Target::Number(_) if asterisk.number_endpoint.is_none() => Some((
            "no telephone number can be dialled: [asterisk] of strowger.toml has no `number_endpoint`"
                .to_owned(),
            "write one, such as number_endpoint = \"PJSIP/{number}@trunk\"",
        )),
        Target::Address(address) => {
            let technology = address.split('/').next().unwrap_or_default();
            let known = asterisk.technologies.iter().any(|known| known == technology);
            (!known).then(|| {
                let known: Vec<&str> = asterisk.technologies.iter().map(String::as_str).collect();
                let message = format!(
                    "`{address}` cannot be dialled: [asterisk] of strowger.toml permits {} only",
                    list(&known)
                );
                (message, "correct the address, or add its beginning to `technologies`")
            })
        }
        _ => None,
    }
    };
    if let Some(source) = &current.site.source {
        for agent in current.site.agents.values() {
            for (index, endpoint) in agent.endpoints.iter().enumerate() {
                let at = child("/agents", agent.name.as_str());
                let at = format!("{at}/endpoints/{index}/address");
                let wrong = why(&endpoint.target);
                problems
                    .extend(wrong.map(|(message, help)| source.at_value(&at, message).help(help)));
            }
        }
    }
    for flow in current.flows.values() {
        let addresses = flow.permissions.addresses.iter().cloned().map(Target::Address);
        let fallback = match &flow.fallback {
            Fallback::To(target) => Some(target.clone()),
            Fallback::Pbx => None,
        };
        let wrong = addresses.chain(fallback).filter_map(|target| why(&target));
        problems
            .extend(wrong.map(|(message, help)| Problem::of_file(&flow.file, message).help(help)));
    }
    problems
}

/// The program that speaks texts.
fn no_speech(site: &Site) -> Option<Problem> {
    let source = site.source.as_ref()?;
    let program = &site.speech.program;
    let runs = |file: &Path| {
        let data = file.metadata();
        data.is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    };
    let there = match program.contains('/') {
        true => runs(Path::new(program)),
        false => {
            let path = std::env::var_os("PATH").unwrap_or_default();
            std::env::split_paths(&path).any(|folder| runs(&folder.join(program)))
        }
    };
    let message = format!("texts cannot be spoken: there is no program `{program}`");
    let help =
        "install it (Debian: apt-get install espeak-ng), or name another program in [speech]";
    (!there).then(|| Problem::of_file(&source.path, message).help(help))
}

/// Recordings that nobody would hear.
fn bad_recordings(current: &Snapshot) -> Vec<Problem> {
    let flows = current.flows.values().flat_map(|flow| flow.recordings.values());
    let files: BTreeSet<&PathBuf> = current.site.recordings.values().chain(flows).collect();
    let unplayable = files.into_iter().filter_map(|file| {
        let problem = Problem::of_file(file, format!("cannot be played: {}", unplayable(file)?));
        Some(problem.help("save it as a WAV file (PCM), such as 8000 Hz, mono, 16 bit"))
    });
    let folders = current.flows.values().map(|flow| own_prompts(flow));
    let folders: BTreeSet<PathBuf> = folders.chain([current.site.prompts.clone()]).collect();
    unplayable.chain(folders.iter().flat_map(|folder| no_wav(folder))).collect()
}

fn own_prompts(flow: &LoadedFlow) -> PathBuf {
    flow.dir.join("prompts")
}

/// Files of sound of another kind.
fn no_wav(folder: &Path) -> Vec<Problem> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = files.map(|entry| entry.path()).filter(|file| {
        let extension = file.extension().and_then(|extension| extension.to_str());
        let other =
            |extension: &str| extension != "wav" && SOUND.contains(&&*extension.to_lowercase());
        extension.is_some_and(other)
    });
    let problem = |file: PathBuf| {
        Problem::of_file(&file, "nobody hears this: recordings are files that end with `.wav`")
            .help("save it as a WAV file (PCM), such as 8000 Hz, mono, 16 bit")
    };
    files.map(problem).collect()
}

/// How the names of files of sound end, in small letters.
const SOUND: [&str; 9] = ["wav", "mp3", "m4a", "ogg", "opus", "flac", "aac", "wma", "gsm"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_show_itself_at_the_first_call_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        std::fs::create_dir(folder.path().join("prompts")).unwrap();
        write("prompts/welcome.wav", "no sound");
        write("prompts/closed.mp3", "");
        write(
            "site.toml",
            "time_zone = \"Europe/Brussels\"\nlanguage = \"nl-BE\"\n\
             [speech]\nprogram = \"./nobody\"\n\
             [agents.an]\nendpoints = [{ address = \"PJSIP/an\" }, { address = \"SIP/an\" }]\n\
             [agents.bo]\nendpoints = [{ address = \"+32470100039\" }]\n",
        );
        let site = strowger_site::read_site::read(&folder.path().join("site.toml")).unwrap();
        let current = Snapshot { site: site.into(), flows: Default::default() };
        let config = |adapter| Config {
            adapter,
            asterisk: Some(AsteriskConfig::new("http://127.0.0.1:8088", "u", "p")),
            ..Config::default()
        };
        let said = |adapter| {
            missing(&config(adapter), &current)
                .iter()
                .map(|problem| problem.message.clone())
                .collect::<Vec<_>>()
        };
        let all = said(Adapter::Asterisk);
        for part in ["`SIP/an` cannot be dialled", "`number_endpoint`", "no program `./nobody`"] {
            assert_eq!(all.iter().filter(|it| it.contains(part)).count(), 1, "{part}: {all:?}");
        }
        assert!(!all.iter().any(|it| it.contains("PJSIP/an`")), "{all:?}");
        let sim = said(Adapter::Sim);
        assert_eq!(sim.len(), 2, "the recordings: {sim:?}");
        assert!(sim[0].contains("cannot be played") && sim[1].contains("`.wav`"), "{sim:?}");
    }
}
