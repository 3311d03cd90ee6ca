//! How a command reaches the running host: by its control socket, or by its console.

use crate::args;
use anyhow::{Context, Result, anyhow};
use std::fs;
use strowger_api::{Client, Host};
use tokio::runtime::{Builder, Runtime};

/// The running host, and what runs its answers.
pub(crate) fn reach(args: &args::Host) -> Result<(impl Host, Runtime)> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    Ok((client(args)?, runtime))
}

fn client(args: &args::Host) -> Result<Client> {
    if let Some(url) = &args.host {
        let file = args.token_file.as_ref().context("--host needs --token-file")?;
        let token = fs::read_to_string(file)
            .map_err(|error| anyhow!("cannot read the token in {}: {error}", file.display()))?;
        return Ok(Client::at_url(url, token.trim(), args.ca_file.as_deref())?);
    }
    let socket = match &args.control {
        Some(control) => control.clone(),
        None => args.config.read()?.control(),
    };
    Ok(Client::at_socket(&socket)?)
}
