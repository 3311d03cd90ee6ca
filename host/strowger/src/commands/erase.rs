//! `strowger erase`: personal data leaves the journal.

use crate::{args::Erase, config::Config};
use anstream::println;
use anyhow::Result;

/// Erases, and says how much it was.
pub(crate) fn erase(args: &Erase) -> Result<bool> {
    let config = Config::read(&args.config.config)?;
    let what = match (&args.number, args.older_than) {
        (Some(number), _) => strowger_journal::Erase::Number(number.trim().to_owned()),
        (None, Some(when)) => strowger_journal::Erase::Before(when.0),
        (None, None) => return Ok(true),
    };
    let removed = strowger_journal::erase(&*config.journal(), &what)?;
    let records = match removed.made_anonymous {
        1 => "1 record".to_owned(),
        count => format!("{count} records"),
    };
    println!(
        "{records} made anonymous, {} steps deleted, {} mails and {} cases emptied",
        removed.steps, removed.mails, removed.cases
    );
    Ok(true)
}
