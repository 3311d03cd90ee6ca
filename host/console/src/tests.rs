//! The console as browsers and programs see it, without a network.

use crate::{guard::PAGES, routes, small::Small};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Request},
};
use std::{net::SocketAddr, sync::Arc};
use strowger_api::{access::REQUESTS, v1::Role};
use tower_service::Service;

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Asks for something; of an answer without an end only the beginning matters.
async fn ask(
    routes: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header("host", "console");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::from(body.to_owned())).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 1))));
    let answer = routes.clone().call(request).await.unwrap();
    let (parts, body) = answer.into_parts();
    let endless = parts.headers.get("content-type").is_some_and(|it| it == "text/event-stream");
    let text = if endless { Vec::new() } else { to_bytes(body, 1 << 20).await.unwrap().to_vec() };
    let text = String::from_utf8(text).unwrap();
    Answer { status: parts.status.as_u16(), headers: parts.headers, text }
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const OURS: (&str, &str) = ("sec-fetch-site", "same-origin");

fn console() -> (Arc<Small>, Router) {
    let host = Arc::new(Small::default());
    (host.clone(), routes(host, false))
}

#[tokio::test]
async fn every_request_is_for_whoever_has_the_role_and_for_nobody_else() {
    let api = REQUESTS.iter().map(|(method, path, role)| (*method, *path, Some(*role)));
    let all: Vec<_> = PAGES.iter().copied().chain(api).collect();
    assert!(all.len() > 50);
    for (method, path, needs) in all {
        let path = path.replace(['{', '}'], "");
        for role in [None].into_iter().chain(Role::ALL.map(Some)) {
            let (host, routes) = console();
            let token = format!("Bearer {}", role.map_or("nobody", Role::as_str));
            let headers = [("authorization", &*token), ("content-type", "application/json")];
            let answer = ask(&routes, method, &path, &headers, "{}").await;
            let refused = match needs {
                None => false,
                Some(needs) => role.is_none_or(|role| role < needs),
            };
            // Who logs out is led there, too.
            let to_log_in = answer.header("location") == "/log-in" && path != "/log-out";
            let said = to_log_in || [401, 403].contains(&answer.status);
            assert_eq!(said, refused, "{method} {path} {role:?}: {}", answer.status);
            assert!(!refused || host.done().is_empty(), "{method} {path} {role:?} did something");
        }
    }
}

#[tokio::test]
async fn what_no_table_names_is_not_there() {
    let (_, routes) = console();
    for (method, path) in [("DELETE", "/v1/users"), ("PUT", "/wallboard"), ("GET", "/v2/status")] {
        let answer = ask(&routes, method, path, &[("authorization", "Bearer admin")], "").await;
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text);
    }
}

#[tokio::test]
async fn what_changes_something_comes_from_a_page_of_ours() {
    let cookie = ("cookie", "other=1; strowger=admin");
    let elsewhere = ("origin", "http://elsewhere");
    for (headers, good) in [
        (&[cookie, FORM, OURS][..], true),
        (&[cookie, FORM, ("origin", "http://console")], true),
        (&[cookie, FORM], false),
        (&[cookie, FORM, ("sec-fetch-site", "cross-site")], false),
        (&[cookie, FORM, ("sec-fetch-site", "same-site")], false),
        (&[cookie, FORM, elsewhere], false),
        (&[cookie, FORM, ("origin", "null")], false),
        (&[cookie, FORM, OURS, elsewhere], true),
        (&[("authorization", "Bearer admin"), FORM], true),
    ] {
        let (host, routes) = console();
        let body = "to=Niet+open&reason=brand&minutes=30";
        let answer = ask(&routes, "POST", "/switches/vcare%2Fhap", headers, body).await;
        assert_eq!(answer.status, if good { 303 } else { 403 }, "{headers:?}: {}", answer.text);
        assert_eq!(host.done().len(), usize::from(good), "{headers:?}");
    }
}

#[tokio::test]
async fn r2_a_switch_is_turned_by_whoever_has_logged_in_with_a_reason() {
    let (host, routes) = console();
    let cookie = ("cookie", "strowger=supervisor");
    let page = ask(&routes, "GET", "/switches", &[cookie], "").await;
    assert!(page.text.contains("Vcare &#60;HAP&#62;"), "{}", page.text);
    let link = "/switches/vcare%2Fhap?to=Niet%20open";
    assert!(page.text.contains(link), "{}", page.text);
    let page = ask(&routes, "GET", link, &[cookie], "").await;
    assert!(page.status == 200 && page.text.contains("Niet open"), "{}", page.text);
    let nowhere = ask(&routes, "GET", "/switches/vcare%2Fhap?to=Dicht", &[cookie], "").await;
    assert_eq!(nowhere.status, 404);

    let turn = async |body| {
        ask(&routes, "POST", "/switches/vcare%2Fhap", &[cookie, FORM, OURS], body).await
    };
    let silent = turn("to=Niet+open&reason=+&minutes=0").await;
    assert!(silent.text.contains("Give a reason"), "{}", silent.text);
    assert!(host.done().is_empty());
    assert_eq!(turn("to=Niet+open&reason=brand&minutes=30").await.header("location"), "/switches");
    assert_eq!(turn("to=Open&reason=over&minutes=0&by=else").await.status, 303);
    assert_eq!(
        host.done(),
        [
            r#"("vcare/hap", "Niet open", Some("an"), Some("brand"), Console, true)"#,
            r#"("vcare/hap", "Open", Some("an"), Some("over"), Console, false)"#
        ]
    );
    let seen = ask(&routes, "GET", "/switches", &[("cookie", "strowger=viewer")], "").await;
    assert!(!seen.text.contains(link), "a viewer is offered nothing");
}

#[tokio::test]
async fn a_program_does_what_it_does_by_its_own_name() {
    let (host, routes) = console();
    let headers = [("authorization", "Bearer supervisor"), ("content-type", "application/json")];
    let turn = r#"{"position":"Open","by":"somebody else"}"#;
    let answer = ask(&routes, "POST", "/v1/switches/a", &headers, turn).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(host.done(), [r#"("a", "Open", Some("an"), None, Api, false)"#]);
}

#[tokio::test]
async fn a_campaign_is_paused_and_stopped_after_a_question() {
    let (host, routes) = console();
    let cookie = ("cookie", "strowger=supervisor");
    let page = ask(&routes, "GET", "/campaigns", &[cookie], "").await;
    assert!(page.text.contains("2 / 6") && page.text.contains("Running"), "{}", page.text);
    let path = "/campaigns/griep%202026%2F1";
    assert!(page.text.contains(path), "{}", page.text);
    let page = ask(&routes, "GET", path, &[cookie], "").await;
    assert!(page.text.contains("ends for good"), "{}", page.text);
    for (body, status) in [("do=pause", 303), ("do=stop", 303), ("do=choose", 422)] {
        let answer = ask(&routes, "POST", path, &[cookie, FORM, OURS], body).await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    assert_eq!(host.done(), [r#"("griep 2026/1", Pause)"#, r#"("griep 2026/1", Stop)"#]);
}

#[tokio::test]
async fn people_log_in_and_out_and_are_locked_out_after_wrong_passwords() {
    let (host, routes) = console();
    let log_in = async |name: &str, password: &str| {
        let body = format!("name={name}&password={password}");
        ask(&routes, "POST", "/log-in", &[FORM, OURS], &body).await
    };
    let good = log_in("agent", "correct+horse").await;
    let cookie = good.header("set-cookie").to_owned();
    assert_eq!((good.status, good.header("location")), (303, "/"));
    for part in ["strowger=agent;", "HttpOnly", "SameSite=Strict", "Max-Age=43200", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let (cookie, _) = cookie.split_once(';').unwrap();
    let board = ask(&routes, "GET", "/wallboard", &[("cookie", cookie)], "").await;
    assert!(board.text.contains("1:15") && board.text.contains("75%"), "{}", board.text);
    let out = ask(&routes, "POST", "/log-out", &[("cookie", cookie), OURS], "").await;
    assert!(out.header("set-cookie").contains("strowger=; ") && host.done() == ["\"agent\""]);

    for _ in 0..10 {
        let wrong = log_in("agent", "wrong").await;
        assert_eq!((wrong.status, wrong.header("set-cookie")), (401, ""));
        assert!(wrong.text.contains("value=\"agent\"") && !wrong.text.contains("value=\"wrong\""));
    }
    let locked = log_in("agent", "correct+horse").await;
    assert_eq!((locked.status, locked.header("set-cookie")), (429, ""));
    assert!(locked.text.contains("Try again in 15 min"), "{}", locked.text);
    assert_eq!(log_in("viewer", "correct+horse").await.status, 303, "others are not");
    for nth in 0..10_000 {
        let status = log_in(&format!("nobody{nth}"), "wrong").await.status;
        assert_eq!(status, if nth < 40 { 401 } else { 429 }, "{nth}");
    }
}

#[tokio::test]
async fn pages_are_closed_to_what_is_not_ours_and_escape_what_others_write() {
    let (host, routes) = console();
    host.falls_ill("<script>alert(1)</script>");
    let page = ask(&routes, "GET", "/wallboard", &[("cookie", "strowger=viewer")], "").await;
    assert!(page.text.contains("&#60;script&#62;") && !page.text.contains("<script>"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(!page.text.contains("style=") && !page.text.contains("onclick"), "nothing inline");
    for back in ["//elsewhere", "https://elsewhere", "/\\elsewhere", "/a\r\nset-cookie:b"] {
        let body = format!("language=nl&back={}", back.replace("\r\n", "%0D%0A"));
        let answer = ask(&routes, "POST", "/language", &[FORM, OURS], &body).await;
        assert_eq!(answer.header("location"), "/", "{back}");
    }
    let dutch = [("cookie", "strowger=viewer; strowger-language=nl")];
    let page = ask(&routes, "GET", "/wallboard", &dutch, "").await;
    assert!(page.text.contains("<html lang=\"nl\">") && page.text.contains("Nawerk"));
}

#[tokio::test]
async fn what_watches_over_the_host_is_told_how_it_is() {
    let (host, routes) = console();
    assert_eq!(ask(&routes, "GET", "/healthz", &[], "").await.status, 200);
    assert_eq!(ask(&routes, "GET", "/readyz", &[], "").await.status, 503, "no PBX");
    host.set_connected(true);
    let (_, fresh) = (host.clone(), crate::routes(host.clone(), false));
    assert_eq!(ask(&fresh, "GET", "/readyz", &[], "").await.status, 200);
    let figures = ask(&fresh, "GET", "/metrics", &[("authorization", "Bearer viewer")], "").await;
    for line in [
        "strowger_queue_waiting_callers{queue=\"desk\"} 2",
        "strowger_queue_longest_wait_seconds{queue=\"desk\"} 75",
        "strowger_queue_agents{queue=\"desk\",state=\"talking\"} 1",
        "strowger_queue_answered_total{queue=\"desk\"} 8",
        "strowger_pbx_connected{adapter=\"sim\"} 1",
        "strowger_campaign_places{campaign=\"griep 2026/1\"} 6",
    ] {
        assert!(figures.text.lines().any(|it| it == line), "{line} in\n{}", figures.text);
    }
    assert_eq!(figures.header("content-type"), "text/plain; version=0.0.4");
    // `tests/promtool.rs` lets Prometheus' own checker look at it. UPDATE=1 writes it anew.
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/figures.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file, &figures.text).unwrap();
    }
    assert_eq!(figures.text, std::fs::read_to_string(file).unwrap());
}
