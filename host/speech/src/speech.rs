//! Texts spoken by a command.

use super::{
    error::PromptError,
    wav::{self, blocking},
    words::primary,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, io, path::Path, process::Stdio, time::Duration};
use tokio::{io::AsyncWriteExt, process::Command, sync::Semaphore};

/// The command that speaks, started without a shell. In its arguments `{voice}`, `{text_file}` and
/// `{out}` are filled in. Without `{text_file}` the text comes on standard input, without `{out}`
/// the sound is taken from standard output. It writes WAV of any rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Speech {
    /// A program of the search path, or its file.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// `{voice}` by language: the whole tag (`nl-BE`) before its first part (`nl`). Without any it
    /// is the first part.
    pub voices: BTreeMap<String, String>,
    /// For one text, in seconds.
    pub timeout_s: u64,
    /// Texts spoken at once.
    pub at_once: usize,
}

impl Default for Speech {
    /// espeak-ng.
    fn default() -> Self {
        let args = ["-v", "{voice}", "-f", "{text_file}", "-w", "{out}"];
        Self {
            program: "espeak-ng".to_owned(),
            args: args.map(str::to_owned).to_vec(),
            voices: BTreeMap::new(),
            timeout_s: 10,
            at_once: 2,
        }
    }
}

/// Longer texts are refused.
const LONGEST: usize = 4_000;

/// Runs the command.
pub(super) struct Speaker {
    speech: Speech,
    free: Semaphore,
}

impl Speaker {
    pub(super) fn new(speech: Speech) -> Self {
        let free = Semaphore::new(speech.at_once.max(1));
        Self { speech, free }
    }

    /// Another when the same text would sound otherwise.
    pub(super) fn key(&self) -> String {
        format!("{:?}", (&self.speech.program, &self.speech.args))
    }

    /// What `{voice}` is for a language.
    pub(super) fn voice(&self, language: &str) -> String {
        let voices = &self.speech.voices;
        let primary: String =
            primary(language).chars().filter(char::is_ascii_alphanumeric).collect();
        let named = voices.get(language).or_else(|| voices.get(&primary));
        named.cloned().unwrap_or(primary)
    }

    /// Speaks a text, with files beside the sound that is made.
    pub(super) async fn speak(
        &self,
        text: &str,
        voice: &str,
        folder: &Path,
        id: &str,
    ) -> Result<Vec<i16>, PromptError> {
        let _permit = self.free.acquire().await;
        let text_file = folder.join(format!("{id}.{}.txt", std::process::id()));
        let out = folder.join(format!("{id}.{}.spoken", std::process::id()));
        let spoken = self.run(&clean(text), voice, &text_file, &out).await;
        let from = out.clone();
        let samples = match spoken {
            Ok(()) => blocking(move || wav::read(&from)).await.and_then(|read| read),
            Err(why) => Err(why),
        };
        let (_, _) = tokio::join!(tokio::fs::remove_file(&text_file), tokio::fs::remove_file(&out));
        samples.map_err(|why| PromptError::Speech {
            text: text.chars().take(40).collect(),
            program: self.speech.program.clone(),
            why,
        })
    }

    async fn run(
        &self,
        text: &str,
        voice: &str,
        text_file: &Path,
        out: &Path,
    ) -> Result<(), String> {
        if text.len() > LONGEST {
            return Err(format!(
                "the text has {} bytes, more than {LONGEST}; split it",
                text.len()
            ));
        }
        let named = |what: &str| self.speech.args.iter().any(|arg| arg.contains(what));
        let written = |error: io::Error| format!("cannot write beside the sound: {error}");
        let mut command = Command::new(&self.speech.program);
        command.args(self.speech.args.iter().map(|arg| {
            arg.replace("{voice}", voice)
                .replace("{text_file}", &text_file.to_string_lossy())
                .replace("{out}", &out.to_string_lossy())
        }));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let by_file = named("{text_file}");
        match by_file {
            true => tokio::fs::write(text_file, text).await.map_err(written)?,
            false => _ = command.stdin(Stdio::piped()),
        }
        if !named("{out}") {
            command.stdout(tokio::fs::File::create(out).await.map_err(written)?.into_std().await);
        }
        let mut child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                "there is no such command; install it (Debian: apt install espeak-ng) or \
                                        name another as speech command of the site"
                    .to_owned()
            }
            _ => error.to_string(),
        })?;
        let work = async {
            if let Some(mut stdin) = child.stdin.take() {
                // A command that stops reading says why by its exit.
                let _ = stdin.write_all(text.as_bytes()).await;
            }
            child.wait_with_output().await
        };
        let timeout = Duration::from_secs(self.speech.timeout_s);
        let output = tokio::time::timeout(timeout, work)
            .await
            .map_err(|_| format!("not done after {} s", self.speech.timeout_s))?
            .map_err(|error| error.to_string())?;
        match output.status.success() {
            true => Ok(()),
            false => {
                let said = String::from_utf8_lossy(&output.stderr);
                Err(format!(
                    "{}: {}",
                    output.status,
                    said.trim().chars().take(300).collect::<String>()
                ))
            }
        }
    }
}

/// Without control characters, and without what espeak-ng takes for phonemes.
fn clean(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.replace("[[", "[ [")
}
