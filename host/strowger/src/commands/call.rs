//! `strowger call`: bring a call in and watch it.

use crate::{
    args,
    commands::flows::socket,
    serve::control::{Client, NewCall},
};
use anyhow::{Context, Result};
use std::io::Write;

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
    let new = NewCall {
        number: args.number.clone(),
        from: (args.from != "withheld").then(|| args.from.clone()),
        patience: args.patience,
        keys: keys.collect::<Result<_>>()?,
        via: args.via.clone(),
    };
    let client = Client::new(&socket(&args.host)?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut answer = client.open("/v1/calls", &new).await?;
        let mut seen = false;
        while let Some(chunk) = answer.chunk().await? {
            seen = true;
            std::io::stdout().write_all(&chunk)?;
            std::io::stdout().flush()?;
        }
        Ok(seen)
    })
}
