//! `strowger erase`: personal data leaves the journal.

use crate::{
    args,
    commands::{
        load,
        when::{self, When},
    },
};
use anstream::{eprintln, println};
use anyhow::{Context, Result, anyhow, bail};
use chrono::TimeDelta;
use std::io::{BufRead, IsTerminal, Write, stderr, stdin};
use strowger_api::{Client, Host, Kind};
use strowger_daemon::Config;
use strowger_journal::{Erase, Removed, would_erase};
use tokio::runtime::Builder;

/// Says what would be erased, asks, erases, and says how much it was.
pub(crate) fn erase(args: &args::Erase) -> Result<bool> {
    let config = args.config.read()?;
    let journal = &*config.journal();
    let what = match (&args.number, args.older_than) {
        (Some(text), _) => {
            let numbering = load::numbering(&config)?;
            let number = numbering.whole(text).map_err(|why| {
                anyhow!("{text:?}: {why}; write a whole number, such as +32470123456 or 0470123456")
            })?;
            let what = Erase::Number(numbering.notations(&number));
            let found = would_erase(journal, &what)?;
            if found == Removed::default() {
                println!("nothing in the journal says {number}: nothing is erased");
                return Ok(false);
            }
            println!("{number} would be erased: {}", told(&found));
            what
        }
        (None, Some(When::Ago(ago))) if ago < TimeDelta::days(1) => {
            bail!(
                "--older-than is at least a day: write days or weeks, such as 30d or 4w; `m` is minutes"
            )
        }
        (None, Some(when)) => {
            println!(
                "the personal data of all calls before {} would be erased",
                when::local(when.instant())
            );
            Erase::Before(when.instant())
        }
        (None, None) => return Ok(true),
    };
    if !args.yes && !wanted()? {
        println!("nothing is erased");
        return Ok(false);
    }
    println!("erased: {}", told(&strowger_journal::erase(journal, &what)?));
    forget(&config)?;
    Ok(true)
}

/// A host that runs remembers numbers and people: it is to forget them at once.
fn forget(config: &Config) -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    match runtime.block_on(Client::at_socket(&config.control())?.forget_erased()) {
        Err(error) if error.kind != Kind::Unreachable => {
            eprintln!("the running host could not be told, and forgets within an hour: {error}");
        }
        _ => {}
    }
    Ok(())
}

fn told(removed: &Removed) -> String {
    let several = |count: u64, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    format!(
        "{} made anonymous, {} deleted, {}, {} and {} emptied",
        several(removed.made_anonymous, "record"),
        several(removed.steps, "step"),
        several(removed.mails, "mail"),
        several(removed.cases, "case"),
        several(removed.contacts, "contact"),
    )
}

/// Whether somebody says yes.
fn wanted() -> Result<bool> {
    if !stdin().is_terminal() {
        bail!("nobody can be asked whether to erase this: add --yes, and nothing is asked");
    }
    write!(stderr(), "This cannot be undone. Erase it? [y/N] ")?;
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer).context("no answer can be read")?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
