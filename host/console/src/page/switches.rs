//! Switches (R2): where they stand, and turning one with a confirmation.

use super::{Page, html, show::When};
use crate::{
    Console,
    guard::Visitor,
    words::{Language, Words},
};
use askama::Template;
use axum::{
    Extension, Form,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use strowger_api::{
    Error, Host,
    v1::{Board, Means, Role, Switch, TurnSwitch, Who},
};
use strowger_model::Timestamp;

#[derive(Template)]
#[template(path = "switches.html")]
struct Switches<'a> {
    w: &'a Words,
    switches: &'a [Switch],
    /// The reader may turn them.
    may: bool,
}

pub(crate) fn part(board: &Board, who: &Who, w: &Words) -> Result<String, Error> {
    let may = who.role >= Role::Supervisor;
    Switches { w, switches: &board.switches, may }.render().map_err(Error::internal)
}

fn is_turned(switch: &Switch) -> bool {
    switch.positions.first() != Some(&switch.position)
}

#[derive(Template)]
#[template(path = "switch.html")]
struct Confirm<'a> {
    page: Page<'a>,
    switch: &'a Switch,
    to: &'a str,
    wrong: Option<&'a str>,
}

#[derive(Deserialize)]
pub(crate) struct To {
    to: String,
}

/// Asks whether to turn a switch, why, and for how long.
pub(crate) async fn confirm<H: Host>(
    State(console): State<Arc<Console<H>>>,
    Extension(visitor): Extension<Visitor>,
    language: Language,
    Path(name): Path<String>,
    Query(To { to }): Query<To>,
) -> Result<Response, Error> {
    asked(&console, &visitor.who, language.words(), &name, &to, None).await
}

async fn asked<H: Host>(
    console: &Console<H>,
    who: &Who,
    words: &Words,
    name: &str,
    to: &str,
    wrong: Option<&str>,
) -> Result<Response, Error> {
    let switches = console.host.switches().await?;
    let switch = switches.iter().find(|switch| switch.switch == name);
    let switch = switch.filter(|switch| switch.positions.iter().any(|position| position == to));
    let switch =
        switch.ok_or_else(|| Error::not_found("there is no such switch, or no such position"))?;
    let page = Page { words, here: "/switches/", title: &switch.label, who: Some(who) };
    html(&Confirm { page, switch, to, wrong })
}

#[derive(Deserialize)]
pub(crate) struct Turn {
    to: String,
    reason: String,
    /// For so long; 0: until somebody turns it back.
    minutes: u32,
}

/// Somebody has confirmed.
pub(crate) async fn turn<H: Host>(
    State(console): State<Arc<Console<H>>>,
    Extension(visitor): Extension<Visitor>,
    language: Language,
    Path(name): Path<String>,
    Form(Turn { to, reason, minutes }): Form<Turn>,
) -> Result<Response, Error> {
    let (words, who, reason) = (language.words(), visitor.who, reason.trim());
    if reason.is_empty() {
        return asked(&console, &who, words, &name, &to, Some(words.no_reason)).await;
    }
    let until = (minutes > 0).then(|| now().plus(Duration::from_secs(u64::from(minutes) * 60)));
    let turn = TurnSwitch {
        position: to.clone(),
        until,
        by: Some(who.name.clone()),
        reason: Some(reason.to_owned()),
        means: Means::Console,
    };
    match console.host.turn_switch(&name, turn).await {
        Ok(_) => Ok(Redirect::to("/switches").into_response()),
        Err(error) => {
            let page = asked(&console, &who, words, &name, &to, Some(&error.message)).await?;
            Ok((error.kind.status(), page).into_response())
        }
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_millis() as u64)
}
