//! `strowger call`: bring a call in and watch it.

use crate::{args, commands::reach::reach};
use anyhow::{Context, Result, bail};
use futures_util::TryStreamExt;
use std::io::Write;
use strowger_api::{Host, v1::NewCall};
use strowger_model::strangers::Shown;

pub(crate) fn call(args: &args::Call) -> Result<bool> {
    let keys = args.key.iter().map(|key| {
        let (after, digits) = key
            .split_once(':')
            .with_context(|| format!("--key {key}: write SECONDS:DIGITS, such as 5:1"))?;
        Ok((
            after
                .parse()
                .with_context(|| format!("--key {key}: {after:?} is not a number of seconds"))?,
            digits.to_owned(),
        ))
    });
    let headers = args.header.iter().map(|header| {
        let (name, value) = header.split_once(':').with_context(|| {
            format!("--header {header}: write NAME: VALUE, such as Privacy: id")
        })?;
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    });
    let new = NewCall {
        number: args.number.clone(),
        from: (args.from != "withheld").then(|| args.from.clone()),
        patience: args.patience,
        keys: keys.collect::<Result<_>>()?,
        via: args.via.clone(),
        line: args.line.clone(),
        headers: headers.collect::<Result<_>>()?,
    };
    let (host, runtime) = reach(&args.host)?;
    runtime.block_on(async {
        let mut lines = host.call(new).await?;
        let mut seen = false;
        while let Some(line) = lines.try_next().await? {
            // The host sees nothing more of the call.
            if let Some(why) = line.strip_prefix("error: ") {
                bail!("{why}");
            }
            seen = true;
            // A line is seen when it comes, also at the other end of a pipe.
            writeln!(std::io::stdout(), "{}", Shown(line))?;
            std::io::stdout().flush()?;
        }
        Ok(seen)
    })
}
