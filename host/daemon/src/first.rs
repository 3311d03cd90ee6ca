//! The files of a first configuration.

use anyhow::{Context, Result, ensure};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};
use strowger_asterisk::AsteriskConfig;

/// The texts of the first flow, and the beginning of the languages that they are for.
const TEXTS: [(&str, &str, &str); 2] = [
    (
        "nl",
        "Goedendag. Blijf aan de lijn: wij verbinden u door.",
        "Niemand kan u nu te woord staan. Probeer het later opnieuw.",
    ),
    (
        "en",
        "Good day. Please hold the line: you are being connected.",
        "Nobody can take your call now. Please try again later.",
    ),
];

/// A first configuration: a greeting, a queue and one phone.
pub struct FirstConfig {
    /// Asterisk; none: a simulated PBX.
    pub asterisk: Option<AsteriskConfig>,
    /// The folder of plugins.
    pub plugins: PathBuf,
    /// The number of the first line, in E.164.
    pub number: String,
    /// The phone that rings, as the PBX names it.
    pub phone: String,
    /// The language of the texts, such as `nl-BE`.
    pub language: String,
    /// The country, such as `BE`.
    pub country: String,
    /// The time zone, such as `Europe/Brussels`.
    pub zone: String,
}

fn write(file: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(file)?
        .write_all(text.as_bytes())
}

impl FirstConfig {
    /// Looks whether a folder has none yet.
    ///
    /// # Errors
    /// A file is there already.
    pub fn may_be_written(folder: &Path) -> Result<()> {
        for file in ["strowger.toml", "flows"].map(|name| folder.join(name)) {
            ensure!(!file.exists(), "{} is there already: nothing was written", file.display());
        }
        Ok(())
    }

    /// Writes the files into a folder, and gives their names: `strowger.toml` is the first.
    ///
    /// # Errors
    /// A file is there already, and then nothing was written; or one cannot be written.
    pub fn write(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        Self::may_be_written(folder)?;
        let flow = folder.join("flows/reception");
        fs::create_dir_all(flow.join("scenarios"))
            .with_context(|| format!("cannot make {}", flow.display()))?;
        let files = [
            // With the password of the PBX.
            (folder.join("strowger.toml"), self.config(folder), 0o640),
            (folder.join("flows/site.toml"), self.site(), 0o644),
            (flow.join("flow.toml"), self.flow(), 0o644),
            (flow.join("scenarios/first.toml"), Self::scenario().to_owned(), 0o644),
        ];
        for (file, text, mode) in &files {
            write(file, text, *mode).with_context(|| format!("cannot write {}", file.display()))?;
        }
        Ok(files.into_iter().map(|(file, ..)| file).collect())
    }

    fn texts(&self) -> (&'static str, &'static str) {
        let (_, greeting, sorry) = TEXTS
            .into_iter()
            .find(|(language, ..)| self.language.starts_with(language))
            .unwrap_or(TEXTS[1]);
        (greeting, sorry)
    }

    fn config(&self, folder: &Path) -> String {
        let mut text = String::from(
            "# The host. `strowger doctor` says what is wrong with it; docs/command-line.md has all keys.\n\
             # Paths begin in the folder of this file.\n\
             flows = \"flows\"\n",
        );
        let (state, cache) = match folder.starts_with("/etc") {
            true => ("/var/lib/strowger", "/var/cache/strowger"),
            false => ("state", "cache"),
        };
        text += &format!("plugins = {}\n", quoted(&self.plugins.display().to_string()));
        text +=
            &format!("state = \"{state}\"           # the journal: keep it\ncache = \"{cache}\"\n");
        match &self.asterisk {
            None => text += "adapter = \"sim\"\n",
            Some(asterisk) => {
                text += "adapter = \"asterisk\"\n\n[asterisk]\n";
                text += &format!(
                    "url = {}\nuser = {}\n",
                    quoted(&asterisk.url),
                    quoted(&asterisk.user)
                );
                text += &format!("password = {}\n", quoted(&asterisk.password.0));
                if let Some(endpoint) = &asterisk.number_endpoint {
                    text += &format!("number_endpoint = {}\n", quoted(endpoint));
                }
            }
        }
        text
    }

    fn site(&self) -> String {
        format!(
            "# What all flows share: hours, queues, agents. docs/operate.md says what else can stand here.\n\
             time_zone = {}\ncountry = {}\nlanguage = {}\n\n\
             [queues.reception]\nagents = [\"first\"]\nring_time = 20\n\n\
             [agents.first]\nname = \"First agent\"\nendpoints = [{{ address = {} }}]\nlogged_in = true\n",
            quoted(&self.zone),
            quoted(&self.country),
            quoted(&self.language),
            quoted(&self.phone),
        )
    }

    fn flow(&self) -> String {
        let (greeting, sorry) = self.texts();
        format!(
            "# What happens to a call for this number. Change it while the host runs: the next call has it.\n\
             plugin = \"reception\"\nnumbers = [{}]\n\n\
             [permissions]\nqueues = [\"reception\"]\n\n\
             [settings]\ngreeting = {}\nsorry = {}\notherwise = {{ queue = \"reception\" }}\n\
             menu = []               # what each key leads to; without keys, nobody is waited for\n\
             attempts = 1\ndigit_within = 0\n",
            quoted(&self.number),
            quoted(greeting),
            quoted(sorry),
        )
    }

    fn scenario() -> &'static str {
        "# `strowger test flows` plays this; a flow is not taken while it fails.\n\
             name = \"A caller hears the greeting and talks with the first agent\"\n\
             at = \"2026-11-23 10:00\"\n\n\
             [agents]\nfirst = { queues = [\"reception\"], after = 4, talks = 30 }\n\n\
             [[call]]\nexpect = [{ at = 0, hears = \"settings.greeting\" }, { talks_with = \"first\" }]\n\
             outcome = \"answered\"\n"
    }
}

/// As a text of TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
