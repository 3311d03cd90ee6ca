//! How a command reaches the running host.

use crate::args;
use anyhow::Result;
use strowger_api::{Client, Host};
use tokio::runtime::{Builder, Runtime};

/// The running host, and what runs its answers.
pub(crate) fn reach(args: &args::Host) -> Result<(impl Host, Runtime)> {
    let socket = match &args.control {
        Some(control) => control.clone(),
        None => args.config.read()?.control(),
    };
    let runtime = Builder::new_current_thread().enable_all().build()?;
    Ok((Client::at_socket(&socket)?, runtime))
}
