//! Requests that are spoilt.

use crate::small::{self, Small};
use axum::{
    body::Body,
    http::{Request, header::CONTENT_TYPE},
};
use std::sync::Arc;
use strowger_api::router;
use strowger_test_support::fuzz_text;
use tokio::runtime::Builder;
use tower_service::Service;

/// A method and a path, and the body on the lines below.
fn request(text: &str) -> Option<Request<Body>> {
    let (head, body) = text.split_once('\n')?;
    let (method, path) = head.split_once(' ')?;
    let request = Request::builder().method(method).uri(path);
    request.header(CONTENT_TYPE, "application/json").body(Body::from(body.to_owned())).ok()
}

#[test]
fn a_request() {
    let examples = [
        "GET /v1/cases?all=true\n".to_owned(),
        "POST /v1/flows/reception/rollback\n".to_owned(),
        "POST /v1/calls\n{\"number\":\"+3292000100\",\"from\":null,\"patience\":60,\"keys\":[[1.5,\"1#\"]],\"via\":null}".to_owned(),
        format!("POST /v1/cases\n{{\"kind\":\"escalation\",\"flow\":\"reception\",\"call\":\"{}\",\"fields\":{{\"question\":\"?\"}}}}", small::call()),
        "POST /v1/campaigns\n{\"template\":\"t\",\"name\":\"a\",\"fields\":{\"a\":\"b\"},\"list\":{\"text\":\"id,numbers\"}}".to_owned(),
        "POST /v1/campaigns/griep\n{\"do\":\"choose\",\"contact\":\"z9\"}".to_owned(),
        "POST /v1/do-not-call\n{\"number\":\"0470 12 34 56\"}".to_owned(),
        "POST /v1/users\n{\"name\":\"an\",\"role\":\"agent\",\"password\":\"correct horse\"}".to_owned(),
        "POST /v1/users/an\n{\"do\":\"role\",\"role\":\"admin\"}".to_owned(),
        "POST /v1/tokens\n{\"label\":\"wallboard\",\"role\":\"viewer\",\"days\":30}".to_owned(),
        "POST /v1/erased\nnull".to_owned(),
        "POST /v1/cases/case-0\n{\"answer\":\"Ja\"}".to_owned(),
        "POST /v1/cases/case-0/close\n{\"outcome\":\"answered\"}".to_owned(),
        format!("POST /v1/records/{}/notes\n{{\"a\":\"b\"}}", small::call()),
    ];
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut router = router(Arc::<Small>::default());
    let good = request(&examples[0]).unwrap();
    assert!(runtime.block_on(router.call(good)).unwrap().status().is_success());
    let examples: Vec<&str> = examples.iter().map(String::as_str).collect();
    fuzz_text(&examples, |text| {
        let Some(request) = request(text) else { return };
        let Ok(_) = runtime.block_on(router.clone().call(request));
    });
}
