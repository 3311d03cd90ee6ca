//! Requests that nobody can understand are refused like all others.

use crate::small::Small;
use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use strowger_api::{router, v1::Refused};
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
        let answer = router(Small::default()).call(asked).await.unwrap();
        assert_eq!(answer.status(), StatusCode::from_u16(status).unwrap(), "{request}");
        let answer = to_bytes(answer.into_body(), 10_000).await.unwrap();
        let Refused { error } = serde_json::from_slice(&answer)
            .unwrap_or_else(|why| panic!("{request}: {why}: {}", String::from_utf8_lossy(&answer)));
        assert!(error.contains(says), "{request}: {error}");
    }
}
