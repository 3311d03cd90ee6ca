//! Logging in and out, and the language of a browser.

use crate::{
    Console,
    guard::Visitor,
    page::{Page, html},
    words::{LANGUAGE, Language, Words},
};
use askama::Template;
use axum::{
    Extension, Form,
    extract::{ConnectInfo, State},
    http::{HeaderValue, StatusCode, header::SET_COOKIE},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Instant,
};
use strowger_api::{Error, Host, Kind, v1::LogIn};

#[derive(Template)]
#[template(path = "log-in.html")]
struct LogInForm<'a> {
    page: Page<'a>,
    /// Of an attempt before.
    name: &'a str,
    wrong: Option<&'a str>,
}

/// The form by which people log in.
pub(crate) async fn form<H: Host>(
    State(_): State<Arc<Console<H>>>,
    language: Language,
) -> Result<Response, Error> {
    shown(language.words(), "", None)
}

fn shown(words: &Words, name: &str, wrong: Option<&str>) -> Result<Response, Error> {
    let page = Page { words, here: "/log-in", title: words.log_in, who: None };
    html(&LogInForm { page, name, wrong })
}

/// Somebody wants to log in.
pub(crate) async fn log_in<H: Host>(
    State(console): State<Arc<Console<H>>>,
    language: Language,
    from: Option<Extension<ConnectInfo<SocketAddr>>>,
    Form(asked): Form<LogIn>,
) -> Result<Response, Error> {
    let words = language.words();
    let nowhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let address = from.map_or(nowhere, |Extension(ConnectInfo(from))| from.ip());
    let name = asked.name.clone();
    if let Err(wait) = console.lockout.attempt(&name, address, Instant::now()) {
        let minutes = wait.as_secs().div_ceil(60).to_string();
        tracing::warn!(account = %name, from = %address, "console: locked out for {minutes} min");
        let wrong = words.locked_out.replace("{minutes}", &minutes);
        let page = shown(words, &name, Some(&wrong))?;
        return Ok((StatusCode::TOO_MANY_REQUESTS, page).into_response());
    }
    match console.host.log_in(asked).await {
        Ok(session) => {
            console.lockout.right(&name, address);
            let cookie = console.session_cookie(&session.secret, 12 * 60 * 60)?;
            Ok(([(SET_COOKIE, cookie)], Redirect::to("/")).into_response())
        }
        Err(error) if error.kind == Kind::NotKnown => {
            tracing::warn!(account = %name, from = %address, "console: a wrong name or password");
            let page = shown(words, &name, Some(words.wrong_password))?;
            Ok((StatusCode::UNAUTHORIZED, page).into_response())
        }
        Err(error) => Err(error),
    }
}

/// The session ends.
pub(crate) async fn log_out<H: Host>(
    State(console): State<Arc<Console<H>>>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, Error> {
    console.host.revoke_token(&visitor.who.id).await?;
    let cookie = console.session_cookie("", 0)?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/log-in")).into_response())
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    language: String,
    /// The page to go back to.
    back: String,
}

/// Somebody chooses a language.
pub(crate) async fn language<H: Host>(
    State(_): State<Arc<Console<H>>>,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Error> {
    let language = Language::named(&chosen.language)
        .ok_or_else(|| Error::bad_request("there is no such language"))?;
    let cookie = format!("{LANGUAGE}={}; Path=/; SameSite=Lax; Max-Age=31536000", language.code());
    let cookie = HeaderValue::from_str(&cookie).map_err(Error::internal)?;
    // A path of ours, and no other host.
    let ours = |back: &str| {
        let inside = back.starts_with('/') && !back.starts_with("//");
        inside && back.chars().all(|sign| sign.is_ascii_graphic() && sign != '\\')
    };
    let back = if ours(&chosen.back) { &chosen.back } else { "/" };
    Ok(([(SET_COOKIE, cookie)], Redirect::to(back)).into_response())
}

impl<H: Host> Console<H> {
    /// The cookie of a session, for so many seconds.
    fn session_cookie(&self, secret: &str, age: u32) -> Result<HeaderValue, Error> {
        let secure = if self.encrypted { "; Secure" } else { "" };
        let name = self.cookie();
        let cookie =
            format!("{name}={secret}; Path=/; HttpOnly; SameSite=Strict{secure}; Max-Age={age}");
        let mut cookie = HeaderValue::from_str(&cookie).map_err(Error::internal)?;
        cookie.set_sensitive(true);
        Ok(cookie)
    }
}
