//! What people see. A page is complete without a script. The part of it that changes is a template of
//! its own, which the script takes from `events`.
//!
//! # Layout
//! * [`wallboard`], [`switches`], [`campaigns`]: the pages.
//! * `show`: figures and instants as people read them.

pub(crate) mod campaigns;
mod show;
pub(crate) mod switches;
pub(crate) mod wallboard;

use crate::{
    Console,
    guard::Visitor,
    words::{Language, Words},
};
use askama::Template;
use axum::{
    Extension,
    extract::State,
    http::Uri,
    response::{Html, IntoResponse, Redirect, Response},
};
use std::sync::Arc;
use strowger_api::{
    Error, Host,
    v1::{Board, Who},
};

/// What is around every page.
pub(crate) struct Page<'a> {
    pub(crate) words: &'a Words,
    /// Its path.
    pub(crate) here: &'a str,
    pub(crate) title: &'a str,
    /// Who reads it; none: nobody has logged in.
    pub(crate) who: Option<&'a Who>,
}

impl Page<'_> {
    /// So that a browser takes the style and the script of this Strowger.
    pub(crate) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// Whether this is the page of that path, or one below it.
    pub(crate) fn is(&self, path: &str) -> bool {
        self.here.starts_with(path)
    }
}

/// A page with a part that changes.
#[derive(Template)]
#[template(path = "live.html")]
struct Live<'a> {
    page: Page<'a>,
    /// Its name, which is its path too.
    name: &'a str,
    part: &'a str,
}

/// The part of a page that changes, for somebody, in some language.
pub(crate) type Part = fn(&Board, &Who, &Words) -> Result<String, Error>;

/// The part of a page that changes; none: there is no such page.
pub(crate) fn part(name: &str) -> Option<Part> {
    match name {
        "wallboard" => Some(wallboard::part),
        "switches" => Some(switches::part),
        "campaigns" => Some(campaigns::part),
        _ => None,
    }
}

pub(crate) async fn start() -> Redirect {
    Redirect::to("/wallboard")
}

/// A page with a part that changes, as it is now. Its path says which.
pub(crate) async fn live<H: Host>(
    State(console): State<Arc<Console<H>>>,
    Extension(visitor): Extension<Visitor>,
    language: Language,
    uri: Uri,
) -> Result<Response, Error> {
    let (words, name) = (language.words(), uri.path().trim_start_matches('/'));
    let part = part(name).ok_or_else(|| Error::not_found("there is no such page"))?;
    let part = part(&console.boards.newest().await?.board, &visitor.who, words)?;
    let title = match name {
        "switches" => words.switches,
        "campaigns" => words.campaigns,
        _ => words.wallboard,
    };
    let page = Page { words, here: uri.path(), title, who: Some(&visitor.who) };
    html(&Live { page, name, part: &part })
}

pub(crate) fn html(template: &impl Template) -> Result<Response, Error> {
    Ok(Html(template.render().map_err(Error::internal)?).into_response())
}
