//! Who asks, and whether they may: every request passes here.
//!
//! A request is let through only if one of the two tables names it: that of the API
//! ([`strowger_api::access`]), or [`PAGES`]. What is new is closed until somebody says who may.
//!
//! Programs show a token (`Authorization: Bearer`), browsers a cookie. A browser also says from which
//! page a request comes. A request that changes something and does not come from a page of ours, by
//! `Sec-Fetch-Site` or `Origin`, is refused.

use crate::Console;
use axum::{
    Extension,
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use std::{net::SocketAddr, sync::Arc};
use strowger_api::{
    Asker, Error, Host,
    access::needed,
    v1::{
        Role::{self, Supervisor, Viewer},
        Secret, Who,
    },
};

/// The pages and what belongs to them: method, path, and the role that is needed at least. None:
/// everybody may.
pub(crate) const PAGES: &[(&str, &str, Option<Role>)] = &[
    ("GET", "/healthz", None),
    ("GET", "/readyz", None),
    ("GET", "/assets/{file}", None),
    ("GET", "/log-in", None),
    ("POST", "/log-in", None),
    ("POST", "/language", None),
    ("POST", "/log-out", Some(Viewer)),
    ("GET", "/metrics", Some(Viewer)),
    ("GET", "/v1/events", Some(Viewer)),
    ("GET", "/live/{page}", Some(Viewer)),
    ("GET", "/", Some(Viewer)),
    ("GET", "/wallboard", Some(Viewer)),
    ("GET", "/switches", Some(Viewer)),
    ("GET", "/switches/{switch}", Some(Supervisor)),
    ("POST", "/switches/{switch}", Some(Supervisor)),
    ("GET", "/campaigns", Some(Viewer)),
    ("GET", "/campaigns/{campaign}", Some(Supervisor)),
    ("POST", "/campaigns/{campaign}", Some(Supervisor)),
];

/// Who asks, and the secret that they show.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) who: Who,
    pub(crate) secret: Secret,
}

/// What of a request is let through, and to whom.
enum Door {
    Everybody,
    From(Role),
}

fn door(method: &str, path: &str) -> Option<Door> {
    let is_it = |page: &&(&str, &str, Option<Role>)| page.0 == method && page.1 == path;
    match PAGES.iter().find(is_it) {
        Some((_, _, None)) => Some(Door::Everybody),
        Some((_, _, Some(role))) => Some(Door::From(*role)),
        None => needed(method, path).map(Door::From),
    }
}

/// Lets a request through, or says why not.
pub(crate) async fn guard<H: Host>(
    State(console): State<Arc<Console<H>>>,
    matched: Option<MatchedPath>,
    from: Option<Extension<ConnectInfo<SocketAddr>>>,
    request: Request,
    next: Next,
) -> Response {
    let path = matched.as_ref().map_or("", MatchedPath::as_str).to_owned();
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let visitor = visitor(&console, request.headers()).await;
    let name = visitor.as_ref().map(|visitor| visitor.who.name.clone());
    let mut answer = match refusal(&path, &request, visitor.as_ref()) {
        None => next.run(with(request, visitor)).await,
        Some(refused) => refused,
    };
    if !is_safe(&method) {
        let from = from.map(|Extension(ConnectInfo(from))| from.ip().to_string());
        tracing::info!(
            who = name.as_deref().unwrap_or("nobody"),
            from = from.as_deref().unwrap_or("unknown"),
            status = answer.status().as_u16(),
            "console: {method} {}",
            uri.path()
        );
    }
    protect(answer.headers_mut(), console.encrypted);
    answer
}

/// Why a request is not let through; none: it is.
fn refusal(path: &str, request: &Request, visitor: Option<&Visitor>) -> Option<Response> {
    // HEAD is GET without the body.
    let method = if *request.method() == Method::HEAD { &Method::GET } else { request.method() };
    let Some(door) = door(method.as_str(), path) else {
        let (method, path) = (request.method(), request.uri().path());
        let unknown = Error::not_found(format!("there is no request {method} {path}"));
        return Some(unknown.into_response());
    };
    if !is_safe(request.method()) && bearer(request.headers()).is_none() && !is_ours(request) {
        let foreign = Error::forbidden(
            "the request does not come from a page of this console; programs show a token",
        );
        return Some(foreign.into_response());
    }
    let Door::From(role) = door else { return None };
    let Some(Visitor { who, .. }) = visitor else {
        return Some(match is_page(path) && is_safe(request.method()) {
            true => Redirect::to("/log-in").into_response(),
            false => Error::not_known("log in, or show a token that is good").into_response(),
        });
    };
    (who.role < role).then(|| {
        let (name, has) = (&who.name, who.role);
        Error::forbidden(format!("{name} is {has}; this needs the role {role}")).into_response()
    })
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn is_page(path: &str) -> bool {
    !["/v1/", "/live/", "/metrics"].iter().any(|other| path.starts_with(other))
}

/// The request, with who asks.
fn with(mut request: Request, visitor: Option<Visitor>) -> Request {
    if let Some(visitor) = visitor {
        request.extensions_mut().insert(Asker(visitor.who.name.clone()));
        request.extensions_mut().insert(visitor);
    }
    request
}

async fn visitor<H: Host>(console: &Console<H>, headers: &HeaderMap) -> Option<Visitor> {
    let shown = bearer(headers).or_else(|| cookie(headers, console.cookie()))?;
    let secret = Secret { secret: shown.to_owned() };
    let who = console.host.who(secret.clone()).await.ok()?;
    Some(Visitor { who, secret })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// The value of a cookie.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs =
        lines.flat_map(|line| line.split(';')).filter_map(|it| it.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Whether a browser says that a request comes from a page of ours.
fn is_ours(request: &Request) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|it| it.to_str().ok());
    match (header("sec-fetch-site"), header("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            let asked = request.uri().authority().map(|it| it.as_str()).or_else(|| header("host"));
            let origin = origin.parse::<Uri>().ok();
            let origin = origin.as_ref().and_then(Uri::authority).map(|it| it.as_str());
            origin.is_some() && origin == asked
        }
        (None, None) => false,
    }
}

/// No script and no picture but ours, no frame around a page, nothing kept by a browser.
const CONTENT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

fn protect(headers: &mut HeaderMap, encrypted: bool) {
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, CONTENT);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::CACHE_CONTROL, "no-store");
    if encrypted {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}
