//! Requests that nobody can understand are refused like all others.

use crate::small::Small;
use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use std::sync::Arc;
use strowger_api::{Asker, access::REQUESTS, router, v1::Refused};
use tower_service::Service;

#[tokio::test]
async fn what_cannot_be_understood_is_refused_as_json() {
    for (request, json, body, status, says) in [
        ("POST /v1/cases", true, "{\"kind\":", 422, "line 1"),
        ("POST /v1/cases", true, "{\"kind\":\"escalation\"}", 422, "missing field"),
        ("POST /v1/cases", false, "{}", 422, "Content-Type"),
        ("POST /v1/records/nocall/notes", true, "{}", 422, "nocall"),
        ("GET /v1/cases?all=perhaps", true, "", 422, "all: "),
        ("GET /v2/cases", true, "", 404, "there is no request GET /v2/cases"),
        ("DELETE /v1/cases", true, "", 404, "there is no request DELETE /v1/cases"),
    ] {
        let (method, path) = request.split_once(' ').unwrap();
        let mut asked = Request::builder().method(method).uri(path);
        if json {
            asked = asked.header("content-type", "application/json");
        }
        let asked = asked.body(Body::from(body)).unwrap();
        let answer = router(Arc::<Small>::default()).call(asked).await.unwrap();
        assert_eq!(answer.status(), StatusCode::from_u16(status).unwrap(), "{request}");
        let answer = to_bytes(answer.into_body(), 10_000).await.unwrap();
        let Refused { error } = serde_json::from_slice(&answer)
            .unwrap_or_else(|why| panic!("{request}: {why}: {}", String::from_utf8_lossy(&answer)));
        assert!(error.contains(says), "{request}: {error}");
    }
}

fn asked(method: &str, path: &str, body: &str) -> Request<Body> {
    let asked = Request::builder().method(method).uri(path);
    asked.header("content-type", "application/json").body(Body::from(body.to_owned())).unwrap()
}

#[tokio::test]
async fn every_request_that_needs_a_role_is_there() {
    for (method, path, _) in REQUESTS {
        let asked = asked(method, &path.replace(['{', '}'], ""), "");
        let answer = router(Arc::<Small>::default()).call(asked).await.unwrap();
        let answer = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(!answer.contains("there is no request"), "{method} {path}: {answer}");
    }
}

#[tokio::test]
async fn who_asks_is_known_better_than_by_what_a_request_says() {
    let turn = "{\"position\":\"Gesloten\",\"by\":\"somebody else\"}";
    for (asker, by) in [(Some("an"), "an"), (None, "somebody else")] {
        let mut asked = asked("POST", "/v1/switches/vcare%20%2F%20hap", turn);
        if let Some(asker) = asker {
            asked.extensions_mut().insert(Asker(asker.to_owned()));
        }
        let answer = router(Arc::<Small>::default()).call(asked).await.unwrap();
        let answer = to_bytes(answer.into_body(), 10_000).await.unwrap();
        let turn: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(turn["by"], by);
    }
}
