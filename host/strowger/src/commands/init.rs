//! `strowger init`: a first configuration, by asking.

use crate::{
    args::{self, KindOfPbx},
    commands::doctor,
};
use anstream::println;
use anyhow::{Context, Result, bail, ensure};
use dialoguer::{Input, Password, Select};
use std::{fs, io::IsTerminal, path::Path};
use strowger_asterisk::{AsteriskConfig, examine};
use strowger_daemon::FirstConfig;

/// Where a package puts the plugins.
const PLUGINS: &str = "/usr/lib/strowger/plugins";

pub(crate) fn init(args: &args::Init) -> Result<bool> {
    let folder = std::path::absolute(&args.folder)?;
    FirstConfig::may_be_written(&folder)?;
    let answers = ask(args, &folder)?;
    let files = answers.write(&folder)?;
    files.iter().for_each(|file| println!("wrote {}", file.display()));
    println!();
    let good = doctor::look(&files[0])?;
    let config = files[0].display();
    println!("\nNext:");
    println!("  strowger serve --config {config}");
    match answers.asterisk {
        None => println!("  strowger call {} --config {config}", answers.number),
        Some(_) => println!("  and have the dialplan hand calls over: docs/asterisk.md"),
    }
    Ok(good)
}

fn ask(args: &args::Init, folder: &Path) -> Result<FirstConfig> {
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
    Ok(FirstConfig {
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
