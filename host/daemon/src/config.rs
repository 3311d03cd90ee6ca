//! The host's configuration, `strowger.toml`.

use anyhow::{Context, Result, anyhow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
    time::Duration,
};
use strowger_asterisk::AsteriskConfig;
use strowger_console::HttpConfig;
use strowger_journal::{Backend, Retention};
use strowger_office::MailConfig;
use strowger_remote::RemoteConfig;
use strowger_site::{
    Problem,
    schema::{self, Schema},
    source::Source,
};
use strowger_store_sqlite::Sqlite;

/// The host: where its files are, and which PBX it serves. Paths begin at the folder of this file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "Strowger host configuration")]
pub struct Config {
    /// Folder of flow files, with `site.toml`.
    pub flows: PathBuf,
    /// Folder of plugins.
    pub plugins: PathBuf,
    /// Folder for compiled plugins and spoken prompts. It can be deleted: the host makes them
    /// again.
    pub cache: PathBuf,
    /// Folder of the journal. It must be kept.
    pub state: PathBuf,
    /// The PBX that calls come from.
    pub adapter: Adapter,
    /// Asterisk, if it is the adapter.
    pub asterisk: Option<AsteriskConfig>,
    /// Where the adapter connects, if it is a process of its own.
    pub remote: Option<RemoteConfig>,
    /// The log, on standard error.
    pub log: Log,
    /// Threads that serve calls; 0: two more than there are processors, so that a plugin that loops
    /// does not hold up the others.
    pub worker_threads: usize,
    /// The socket by which `strowger flows` and `strowger call` reach the host. Not given:
    /// `control.sock` in `state`.
    pub control: Option<PathBuf>,
    /// The console: where people and programs reach the host over HTTP. Not given: nowhere.
    pub http: Option<HttpConfig>,
    /// The mail server to which the host gives mail. Not given: mail waits in the outbox.
    pub mail: Option<MailConfig>,
    /// How long the journal keeps things.
    pub keep: Keep,
    /// Calls that may be in progress at the same time. Further calls take the PBX's own route.
    pub calls: usize,
    /// When the host is told to stop, it waits so many seconds for calls to end.
    pub drain: u64,
    /// Milliseconds from a change of a file until the files are read.
    pub debounce_ms: u64,
    /// A version of a flow is withdrawn if it fails for more callers than this within a minute, and
    /// if they are at least a quarter of the callers that it serves. The same caller counts once.
    pub faults_per_minute: usize,
}

/// Which PBX.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Adapter {
    /// A simulated PBX, for trying things out. `strowger call` brings calls in.
    #[default]
    Sim,
    /// Asterisk 20 or later, over ARI.
    Asterisk,
    /// A PBX whose adapter is a process of its own and connects to the host:
    /// docs/write-an-adapter.md.
    Remote,
}

/// How long things are kept, in days from the arrival of a call, or from the end of a campaign.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Keep {
    /// The steps of calls: what `strowger replay` needs.
    pub steps: u32,
    /// Records of calls, mail that was sent, closed cases, campaigns that have ended.
    pub records: u32,
    /// Personal data: steps, callers' numbers and notes in records, recipients of mail, fields of
    /// closed cases, who was on the lists of campaigns that have ended. Not given: as long as the rest.
    pub personal: Option<u32>,
}

impl Default for Keep {
    fn default() -> Self {
        Self { steps: 30, records: 400, personal: None }
    }
}

impl From<Keep> for Retention {
    fn from(keep: Keep) -> Self {
        let days = |days: u32| Duration::from_secs(u64::from(days) * 24 * 60 * 60);
        Self {
            steps: days(keep.steps),
            records: days(keep.records),
            personal: keep.personal.map(days),
        }
    }
}

/// The log.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// error, warn, info, debug or trace; also for a part of the host, such as
    /// "info,strowger_asterisk=debug". If the environment variable STROWGER_LOG is set, it is used
    /// instead.
    pub level: String,
    /// Lines of JSON instead of text.
    pub json: bool,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), json: false }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            flows: "flows".into(),
            plugins: "plugins".into(),
            cache: "cache".into(),
            state: "state".into(),
            adapter: Adapter::Sim,
            asterisk: None,
            remote: None,
            log: Log::default(),
            worker_threads: 0,
            control: None,
            http: None,
            mail: None,
            keep: Keep::default(),
            calls: strowger_exchange::Options::CALLS,
            drain: 30,
            debounce_ms: 100,
            faults_per_minute: 10,
        }
    }
}

static SCHEMA: LazyLock<Result<Schema, String>> =
    LazyLock::new(|| Schema::new(schema(), schema::options()));

impl Config {
    /// Reads the file and makes its paths absolute.
    ///
    /// # Errors
    /// The file cannot be read, or has mistakes; the message shows all of them.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).map_err(|error| {
            anyhow!(
                "cannot read {}: {error}; --config names this file, and docs/command-line.md shows one",
                file.display()
            )
        })?;
        // Some editors write a mark of UTF-8.
        let text = text.trim_start_matches('\u{feff}');
        let said = |problems: Vec<Problem>| {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            anyhow!("{} has mistakes\n\n{}", file.display(), problems.join("\n").trim_end())
        };
        let source = Source::parse(file, text).map_err(said)?;
        let (config, problems) = schema::read::<Self>(&SCHEMA, &source);
        let Some(mut config) = config.filter(|_| problems.is_empty()) else {
            return Err(said(problems));
        };
        let folder = std::path::absolute(file)?.parent().map(Path::to_owned).unwrap_or_default();
        for path in [&mut config.flows, &mut config.plugins, &mut config.cache, &mut config.state] {
            *path = folder.join(&*path);
        }
        config.control = config.control.map(|control| folder.join(control));
        if config.adapter == Adapter::Asterisk && config.asterisk.is_none() {
            anyhow::bail!(
                "{}: adapter = \"asterisk\" needs a table [asterisk] with url, user and password",
                file.display()
            );
        }
        if let Some(http) = &mut config.http {
            for file in [&mut http.certificate, &mut http.key].into_iter().flatten() {
                *file = folder.join(&*file);
            }
            http.tls().with_context(|| file.display().to_string())?;
        }
        if let Some(mail) = &mut config.mail {
            for file in [&mut mail.password_file, &mut mail.ca_file].into_iter().flatten() {
                *file = folder.join(&*file);
            }
        }
        if let Some(remote) = &mut config.remote {
            remote.token_file = folder.join(&remote.token_file);
        } else if config.adapter == Adapter::Remote {
            anyhow::bail!(
                "{}: adapter = \"remote\" needs a table [remote] with token_file",
                file.display()
            );
        }
        Ok(config)
    }

    /// The control socket.
    pub fn control(&self) -> PathBuf {
        self.control.clone().unwrap_or_else(|| self.state.join("control.sock"))
    }

    /// The journal and the records: nothing but this knows which database they are in.
    pub fn journal(&self) -> Arc<dyn Backend> {
        Arc::new(Sqlite::at(self.state.join("strowger.db")))
    }

    /// How many threads serve calls.
    pub fn threads(&self) -> usize {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        if self.worker_threads == 0 { processors + 2 } else { self.worker_threads }
    }

    /// How long calls in progress have left.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain)
    }
}

/// The JSON Schema of the file.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Config).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_from_the_file_on_and_mistakes_are_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("strowger.toml");
        std::fs::write(&file, "flows = \"here\"\ndrain = 5\n").unwrap();
        let config = Config::read(&file).unwrap();
        assert_eq!(config.flows, folder.path().join("here"));
        assert_eq!(config.control(), folder.path().join("state/control.sock"));
        assert_eq!(config.drain(), Duration::from_secs(5));
        assert!(config.threads() > 2, "a step that loops does not hold up the others");

        std::fs::write(&file, "flow = \"here\"\n").unwrap();
        let error = format!("{:#}", Config::read(&file).unwrap_err());
        assert!(error.contains("unknown key `flow`") && error.contains(".toml:1:1"), "{error}");
        std::fs::write(&file, "adapter = \"asterisk\"\n").unwrap();
        let error = format!("{:#}", Config::read(&file).unwrap_err());
        assert!(error.contains("[asterisk]"), "{error}");
        std::fs::write(&file, "adapter = \"remote\"\n").unwrap();
        let error = format!("{:#}", Config::read(&file).unwrap_err());
        assert!(error.contains("[remote]"), "{error}");
        std::fs::write(&file, "adapter = \"remote\"\n[remote]\ntoken_file = \"token\"\n").unwrap();
        let remote = Config::read(&file).unwrap().remote.unwrap();
        assert_eq!((remote.listen.port(), remote.token_file), (7077, folder.path().join("token")));
    }
}
