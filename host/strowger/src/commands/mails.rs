//! `strowger mails`: what is in the outbox, and what became of it. Never what a mail says.

use crate::{
    args::Mails,
    commands::{
        sheet::Sheet,
        when::{self, When},
    },
};
use anyhow::Result;
use std::io::{BufWriter, Write, stdout};
use strowger_journal::Posted;
use strowger_model::MailState;

const COLUMNS: [&str; 8] =
    ["mail", "ordered", "flow", "template", "state", "tries", "to", "next or error"];

/// Prints the outbox.
pub(crate) fn mails(args: &Mails) -> Result<bool> {
    let config = args.config.read()?;
    let posted = config.journal().reader()?.mails(args.since.map(When::instant))?;
    let posted = posted.iter().filter(|posted| args.all || posted.last.state != MailState::Sent);
    let rows: Vec<Vec<String>> =
        std::iter::once(COLUMNS.map(str::to_owned).to_vec()).chain(posted.map(row)).collect();
    let mut out = BufWriter::new(stdout().lock());
    Sheet(rows).table(&mut out)?;
    out.flush()?;
    Ok(true)
}

fn row(posted: &Posted) -> Vec<String> {
    let Posted { mail, last } = posted;
    let next = match last.state {
        MailState::Waiting if last.tries == 0 => "as soon as it can".to_owned(),
        MailState::Waiting => format!(
            "again at {}: {}",
            when::local(last.next),
            last.error.as_deref().unwrap_or_default()
        ),
        MailState::Sent => when::local(last.at),
        MailState::Failed => last.error.clone().unwrap_or_default(),
    };
    vec![
        mail.id.clone(),
        when::local(mail.ordered),
        mail.flow.to_string(),
        mail.template.clone(),
        last.state.word().to_owned(),
        last.tries.to_string(),
        mail.to.clone(),
        next.replace(['\n', '\r'], " "),
    ]
}
