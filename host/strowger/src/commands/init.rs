//! `strowger init`: a first configuration, by asking.

use crate::{
    args::{self, KindOfPbx},
    commands::doctor,
};
use anstream::println;
use anyhow::{Context, Result, bail, ensure};
use dialoguer::{Input, Password, Select};
use std::{
    fs::{self, OpenOptions},
    io::{IsTerminal, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};
use strowger_asterisk::{AsteriskConfig, examine};

/// Where a package puts the plugins.
const PLUGINS: &str = "/usr/lib/strowger/plugins";

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

pub(crate) fn init(args: &args::Init) -> Result<bool> {
    let folder = std::path::absolute(&args.folder)?;
    let config = folder.join("strowger.toml");
    for file in [&config, &folder.join("flows")] {
        ensure!(!file.exists(), "{} is there already: nothing was written", file.display());
    }
    let answers = ask(args, &folder)?;
    let flow = folder.join("flows/reception");
    fs::create_dir_all(flow.join("scenarios"))
        .with_context(|| format!("cannot make {}", flow.display()))?;
    for (file, text, mode) in [
        (config.clone(), answers.config(&folder), 0o640),
        (folder.join("flows/site.toml"), answers.site(), 0o644),
        (flow.join("flow.toml"), answers.flow(), 0o644),
        (flow.join("scenarios/first.toml"), Answers::scenario().to_owned(), 0o644),
    ] {
        write(&file, &text, mode).with_context(|| format!("cannot write {}", file.display()))?;
        println!("wrote {}", file.display());
    }
    println!();
    let good = doctor::look(&config)?;
    let config = config.display();
    println!("\nNext:");
    println!("  strowger serve --config {config}");
    match answers.asterisk {
        None => println!("  strowger call {} --config {config}", answers.number),
        Some(_) => println!("  and have the dialplan hand calls over: docs/asterisk.md"),
    }
    Ok(good)
}

fn write(file: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(file)?
        .write_all(text.as_bytes())
}

/// What was given as arguments, or answered.
struct Answers {
    asterisk: Option<AsteriskConfig>,
    plugins: PathBuf,
    number: String,
    phone: String,
    language: String,
    country: String,
    zone: String,
}

fn ask(args: &args::Init, folder: &Path) -> Result<Answers> {
    let asks = Asks(!args.yes && std::io::stdin().is_terminal());
    let adapter = match args.adapter {
        Some(adapter) => adapter,
        None => asks.adapter()?,
    };
    let asterisk = match adapter {
        KindOfPbx::Sim => None,
        KindOfPbx::Asterisk => Some(asks.asterisk(args)?),
    };
    let plugins = match &args.plugins {
        Some(plugins) => plugins.clone(),
        None => [folder.join("plugins"), PLUGINS.into()]
            .into_iter()
            .find(|folder| folder.is_dir())
            .context("no plugins are here: --plugins says where they are (`cargo xtask plugins` builds them)")?,
    };
    let (language, country) = locale();
    let zone = iana_time_zone::get_timezone().unwrap_or_else(|_| "Europe/Brussels".to_owned());
    let number = asks.text(
        &args.number,
        "Number of the first line, with + and country code",
        "+3292000100",
    )?;
    ensure!(
        number
            .strip_prefix('+')
            .is_some_and(|digits| digits.len() > 3 && digits.bytes().all(|it| it.is_ascii_digit())),
        "{number:?} is no number: write + and country code, such as +3292000100"
    );
    Ok(Answers {
        asterisk,
        plugins: std::path::absolute(plugins)?,
        number,
        phone: asks.text(
            &args.phone,
            "First phone that rings, as the PBX names it",
            "PJSIP/101",
        )?,
        language: asks.text(&args.language, "Language of the texts", &language)?,
        country: asks.text(&args.country, "Country, for public holidays and numbers", &country)?,
        zone: asks.text(&args.time_zone, "Time zone", &zone)?,
    })
}

/// Language and country of this machine.
fn locale() -> (String, String) {
    let set = std::env::var("LC_ALL").or_else(|_| std::env::var("LANG")).unwrap_or_default();
    let name = set.split('.').next().unwrap_or_default();
    match name.split_once('_') {
        Some((language, country)) => (format!("{language}-{country}"), country.to_owned()),
        None => ("nl-BE".to_owned(), "BE".to_owned()),
    }
}

/// Asks people, if there are any; else what is not given is as usual.
struct Asks(bool);

impl Asks {
    fn text(&self, given: &Option<String>, question: &str, usual: &str) -> Result<String> {
        match given {
            Some(given) => Ok(given.clone()),
            None if self.0 => {
                Ok(Input::new().with_prompt(question).default(usual.to_owned()).interact_text()?)
            }
            None => Ok(usual.to_owned()),
        }
    }

    fn adapter(&self) -> Result<KindOfPbx> {
        if !self.0 {
            return Ok(KindOfPbx::Sim);
        }
        let kinds = ["simulated, to try things out", "Asterisk 20 or later"];
        let chosen = Select::new().with_prompt("Which PBX?").items(kinds).default(0).interact()?;
        Ok([KindOfPbx::Sim, KindOfPbx::Asterisk][chosen])
    }

    /// Asks until the PBX answers, or somebody says that it will later.
    fn asterisk(&self, args: &args::Init) -> Result<AsteriskConfig> {
        let password = args.password_file.as_ref().map(|file| {
            fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
        });
        let mut password = password.transpose()?.map(|text| text.trim_end().to_owned());
        let (mut url, mut user) = (args.url.clone(), args.user.clone());
        loop {
            let at = self.text(&url, "HTTP server of Asterisk", "http://127.0.0.1:8088")?;
            let by = self.text(&user, "User of ari.conf", "strowger")?;
            let secret = match &password {
                Some(password) => password.clone(),
                None if self.0 => Password::new().with_prompt("Its password").interact()?,
                None => bail!("--password-file says where the password of ari.conf is"),
            };
            let trunk =
                self.text(&args.trunk, "Endpoint of the trunk; empty: nothing is dialled", "")?;
            let mut config = AsteriskConfig::new(&at, &by, &secret);
            config.number_endpoint =
                (!trunk.is_empty()).then(|| format!("PJSIP/{{number}}@{trunk}"));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            // `doctor` says what an Asterisk lacks that can be asked.
            match runtime.block_on(examine(&config)) {
                Err(why) if self.0 => {
                    println!("{why}");
                    let again = ["ask me again", "write it as it is"];
                    if Select::new().items(again).default(0).interact()? == 1 {
                        return Ok(config);
                    }
                    (url, user, password) = (None, None, None);
                }
                _ => return Ok(config),
            }
        }
    }
}

impl Answers {
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
