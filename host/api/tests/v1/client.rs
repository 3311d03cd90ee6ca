//! A client asks a router, and the router a host. What comes back is what that host says when it is
//! asked without either.

use crate::small::{self, Small};
use axum::http::StatusCode;
use futures_util::TryStreamExt;
use std::{collections::BTreeSet, fmt::Debug, sync::Arc};
use strowger_api::{
    Client, Error, Host, Kind, router,
    v1::{
        Accept, AgentDo, CampaignDo, CaseEnd, ImportNumbers, List, LogIn, Means, NeverCall,
        NewCall, NewCase, NewToken, NewUser, Notes, OpenCampaign, Role, Secret, SendOn, TurnSwitch,
        UserDo, WhichCases, WhichShifts, WhichTurns,
    },
};
use strowger_model::Timestamp;

fn shown<T: Debug>(answer: Result<T, Error>) -> Result<String, Error> {
    answer.map(|answer| format!("{answer:?}"))
}

/// Those about switches, and about what is prepared.
async fn emergencies(host: &impl Host) -> Vec<Result<String, Error>> {
    let mut said = vec![shown(host.checklist().await)];
    said.push(shown(host.switches().await));
    for (switch, position) in [("vcare / hap", "Gesloten"), ("vcare / hap", "Dicht"), ("x", "y")] {
        let turn = TurnSwitch {
            position: position.to_owned(),
            until: Some(small::turn().at),
            by: Some("dirk".to_owned()),
            reason: Some("brand, \"nu\"".to_owned()),
            means: Means::Console,
        };
        said.push(shown(host.turn_switch(switch, turn).await));
    }
    let of_one = WhichTurns { switch: Some("vcare / hap".to_owned()), limit: Some(1) };
    said.push(shown(host.switch_turns(of_one).await));
    let of_none = WhichTurns { switch: Some("nobody".to_owned()), limit: None };
    said.push(shown(host.switch_turns(of_none).await));
    said.push(shown(host.switch_turns(WhichTurns::default()).await));
    said
}

/// Those about campaigns and the do-not-call list.
async fn campaigns(host: &impl Host) -> Vec<Result<String, Error>> {
    let mut said = vec![shown(host.campaigns().await)];
    // Larger than other requests.
    let list = List { name: "lijst.csv".to_owned(), text: "id,numbers\n".repeat(1 << 18) };
    let open = OpenCampaign {
        template: "reservelijst".into(),
        name: Some("griep".into()),
        goal: Some(6),
        until: Some(small::turn().at),
        fields: notes("slot", "14:20"),
        list: Some(list.clone()),
        by: Some("dirk".to_owned()),
    };
    said.push(shown(host.open_campaign(open.clone()).await));
    said.push(shown(host.open_campaign(OpenCampaign { name: None, ..open.clone() }).await));
    said.push(shown(host.open_campaign(OpenCampaign { list: None, ..open }).await));
    for name in [small::campaign().campaign, "griep".into()] {
        said.push(shown(host.campaign(&name).await));
        said.push(shown(host.campaign_contacts(&name).await));
        let chosen = CampaignDo::Choose { contact: "z9".to_owned() };
        for what in [CampaignDo::Pause, CampaignDo::Resume, CampaignDo::Stop, chosen] {
            said.push(shown(host.direct_campaign(&name, what).await));
        }
    }
    for since in [None, Some(Timestamp(1_795_413_600_000))] {
        said.push(shown(host.shifts(WhichShifts { since, until: None }).await));
    }
    said.push(shown(host.do_not_call().await));
    for listed in [true, false] {
        let never =
            NeverCall { number: "0470 12 34 56".to_owned(), listed, by: Some("dirk".to_owned()) };
        said.push(shown(host.never_call(never).await));
    }
    said.push(shown(host.import_numbers(ImportNumbers { list, by: None }).await));
    said.push(shown(host.forget_erased().await));
    said
}

/// Those about who may use the host. What is secret is not shown by itself.
async fn accounts(host: &impl Host) -> Vec<Result<String, Error>> {
    let mut said = vec![shown(host.users().await), shown(host.tokens().await)];
    for name in ["an", "bo"] {
        let password = "correct horse".to_owned();
        let new = NewUser { name: name.to_owned(), role: Role::Agent, password };
        said.push(shown(host.add_user(new).await));
    }
    let password = UserDo::Password { password: "correct horse".to_owned() };
    for what in [UserDo::Role { role: Role::Admin }, password, UserDo::Remove] {
        said.push(shown(host.change_user("an / 1", what.clone()).await));
        said.push(shown(host.change_user("an", what).await));
    }
    for days in [0, 30] {
        let new = NewToken { label: "wallboard".to_owned(), role: Role::Viewer, days };
        let issued = host.issue_token(new).await;
        said.push(shown(issued.map(|issued| (issued.token, issued.secret))));
    }
    for token in ["a1", "b / 2"] {
        said.push(shown(host.revoke_token(token).await));
    }
    for password in ["correct horse", "wrong"] {
        let log_in = LogIn { name: "an".to_owned(), password: password.to_owned() };
        let session = host.log_in(log_in).await;
        said.push(shown(session.map(|session| (session.secret, session.who, session.until))));
        said.push(shown(host.who(Secret { secret: password.to_owned() }).await));
    }
    said
}

/// Every method with every kind of answer that it may give, and all that was answered.
async fn everything(host: &impl Host) -> Vec<Result<String, Error>> {
    let accept = Accept { reason: "spoed, \"nu\"".to_owned() };
    let mut said = vec![
        shown(host.status().await),
        shown(host.flows().await),
        shown(host.accept(&"reception".into(), accept.clone()).await),
        shown(host.accept(&"no such/flow?".into(), accept).await),
        shown(host.rollback(&"reception".into()).await),
        shown(host.rollback(&"no such/flow?".into()).await),
        shown(host.queues().await),
        shown(host.agents().await),
        shown(host.calls().await),
    ];

    for (agent, what) in [
        ("an", AgentDo::LogIn { at: None }),
        ("an", AgentDo::LogIn { at: Some(String::new()) }),
        ("an", AgentDo::LogOut),
        ("an", AgentDo::Pause { reason: Some("lunch".to_owned()) }),
        ("an", AgentDo::Ready),
        ("an", AgentDo::Join { queue: "desk".into() }),
        ("an", AgentDo::Leave { queue: "21".into() }),
        ("bo / 1", AgentDo::LogOut),
    ] {
        said.push(shown(host.agent(&agent.into(), what).await));
    }
    said.extend(emergencies(host).await);
    said.extend(campaigns(host).await);
    said.extend(accounts(host).await);
    for call in [small::call(), small::broken_call()] {
        said.push(shown(host.take_out(call).await));
        said.push(shown(host.send_on(call, SendOn { to: "PJSIP/an".to_owned() }).await));
        said.push(shown(host.send_on(call, SendOn { to: String::new() }).await));
    }

    let call = NewCall {
        number: "+3292000100".to_owned(),
        from: None,
        patience: 60,
        keys: vec![(1.5, "1#".to_owned())],
        via: None,
        line: Some("world".to_owned()),
        headers: vec![("Privacy".to_owned(), "id".to_owned())],
    };
    let lines = host.call(call.clone()).await.unwrap().try_collect::<Vec<_>>().await;
    said.push(shown(lines));
    let nowhere = NewCall { via: Some("Local/1@x".to_owned()), ..call };
    said.push(shown(host.call(nowhere).await.map(drop)));

    let new = |kind: &str, flow: &str| NewCase {
        kind: kind.into(),
        flow: flow.into(),
        call: Some(small::call()),
        fields: notes("question", "Mag mijn zoon mee?"),
    };
    said.push(shown(host.add_case(new("escalation", "reception")).await));
    said.push(shown(host.add_case(new("praise", "reception")).await));
    said.push(shown(host.add_case(new("escalation", "nothing")).await));
    said.push(shown(host.note_case("case-0", notes("answer", "Ja,\nmet een \"briefje\".")).await));
    said.push(shown(host.note_case("case / 1", Notes::new()).await));
    let end = CaseEnd { outcome: "answered".to_owned() };
    said.push(shown(host.cases(WhichCases { all: false }).await));
    said.push(shown(host.close_case("case-0", end.clone()).await));
    said.push(shown(host.close_case("case-0", end).await));
    said.push(shown(host.cases(WhichCases { all: false }).await));
    said.push(shown(host.cases(WhichCases { all: true }).await));

    said.push(shown(host.note_record(small::call(), notes("wrap-up", "afspraak")).await));
    said.push(shown(host.note_record(small::broken_call(), Notes::new()).await));
    said
}

fn notes(key: &str, value: &str) -> Notes {
    Notes::from([(key.to_owned(), value.to_owned())])
}

#[tokio::test]
async fn a_host_says_the_same_over_its_socket() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("control.sock");
    let client = Client::at_socket(&socket).unwrap();
    let nobody = client.queues().await.unwrap_err();
    assert_eq!(nobody.kind, Kind::Unreachable);
    let place = socket.display();
    assert_eq!(nobody.message, format!("no host answers at {place}; is `strowger serve` running?"));

    let listener = tokio::net::UnixListener::bind(&socket).unwrap();
    tokio::spawn(async move { axum::serve(listener, router(Arc::<Small>::default())).await });
    let near = everything(&Small::default()).await;
    let far = everything(&client).await;
    for (near, far) in near.iter().zip(&far) {
        assert_eq!(near, far);
    }
    assert_eq!(near.len(), far.len());
    let kinds: BTreeSet<u16> =
        far.iter().filter_map(|said| Some(said.as_ref().err()?.kind.status().as_u16())).collect();
    assert_eq!(kinds, BTreeSet::from([401, 404, 409, 422, 500]), "each kind of error has come");
}

#[tokio::test]
async fn an_answer_that_is_not_of_a_host_is_an_error_of_its_status() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("control.sock");
    let listener = tokio::net::UnixListener::bind(&socket).unwrap();
    let other = axum::Router::new()
        .route("/v1/queues", axum::routing::get(|| async { (StatusCode::BAD_GATEWAY, "busy") }))
        .route("/v1/agents", axum::routing::get(|| async { "not JSON" }));
    tokio::spawn(async move { axum::serve(listener, other).await });
    let client = Client::at_socket(&socket).unwrap();
    let queues = client.queues().await.unwrap_err();
    assert_eq!(queues, Error::internal("the host answers 502 Bad Gateway"));
    let agents = client.agents().await.unwrap_err();
    assert_eq!(agents.kind, Kind::Internal);
    assert!(agents.message.contains(": expected ident"), "with its causes: {agents}");
    let calls = client.calls().await.unwrap_err();
    assert_eq!(calls, Error::not_found("the host answers 404 Not Found"));
}
