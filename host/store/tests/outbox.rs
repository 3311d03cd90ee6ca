//! Mail that waits to be sent, and cases that wait to be answered.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::Duration;
use strowger_model::{
    CallId, Case, CaseRule, CaseRules, Mail, MailState, Term, Timestamp,
    command::Field,
    mail::{Closed, MailTry},
};
use strowger_store::{
    CaseQuery, Change, Entry, Erase, KeepError, Options, Retention, Store, add_case, close_case,
};

const SOON: Duration = Duration::from_secs(20);
const DAY: u64 = 86_400_000;
const NOW: Timestamp = Timestamp(500 * DAY);

fn mail(id: &str, days_ago: u64) -> Change {
    Change::Mail(Box::new(Mail {
        id: id.into(),
        call: CallId::next(NOW.0 - days_ago * DAY, None),
        flow: "helpdesk".into(),
        template: "callback".into(),
        to: "desk@stad.be".into(),
        subject: "Terugbellen".into(),
        text: "Bel +32475000001 terug.".into(),
        ordered: Timestamp(NOW.0 - days_ago * DAY),
    }))
}

fn tried(id: &str, state: MailState, next: Timestamp) -> Change {
    Change::MailTry(Box::new(MailTry {
        id: id.into(),
        state,
        tries: 1,
        at: NOW,
        next,
        error: Some("451 later".into()),
    }))
}

fn case(id: &str, days_ago: u64, closed: bool) -> Case {
    Case {
        id: id.into(),
        kind: "complaint".into(),
        call: None,
        flow: "helpdesk".into(),
        opened: Timestamp(NOW.0 - days_ago * DAY),
        due: NOW,
        by_day: true,
        fields: vec![Field { key: "caller".into(), value: "+32475000001".into() }],
        closed: closed.then(|| Closed { outcome: "founded".into(), at: NOW }),
    }
}

fn keep(store: &Store, changes: Vec<Change>) {
    store.submit(Entry { changes, release: None });
    assert!(store.flush(SOON));
}

#[test]
fn mail_is_kept_once_and_due_until_it_is_sent_or_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("strowger.db"), Options::default()).unwrap();
    keep(&store, vec![mail("b", 0), mail("a", 1), mail("c", 2), mail("d", 3), mail("a", 1)]);
    let due = |at| {
        store.mail_due(at, 10).unwrap().into_iter().map(|posted| posted.mail.id).collect::<Vec<_>>()
    };
    assert_eq!(due(NOW), ["d", "c", "a", "b"], "the longest due first");
    let later = Timestamp(NOW.0 + 5000);
    keep(
        &store,
        vec![
            tried("d", MailState::Sent, NOW),
            tried("c", MailState::Failed, NOW),
            tried("a", MailState::Waiting, later),
        ],
    );
    assert_eq!(due(NOW), ["b"]);
    keep(&store, vec![tried("b", MailState::Sent, NOW)]);
    assert_eq!(store.next_mail().unwrap(), Some(later));
    assert_eq!(due(later), ["a"]);
    // A step that is journalled again does not bring a mail back.
    keep(&store, vec![mail("d", 3)]);
    assert_eq!(due(later), ["a"]);
    assert_eq!(store.mails(Some(Timestamp(NOW.0 - DAY))).unwrap().len(), 2);
}

#[test]
fn what_mail_and_cases_say_goes_with_personal_data() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("strowger.db");
    let store = Store::open(&path, Options::default()).unwrap();
    keep(
        &store,
        vec![mail("ancient", 450), mail("failed", 40), mail("sent", 2), mail("waiting", 450)],
    );
    keep(
        &store,
        vec![
            tried("ancient", MailState::Sent, NOW),
            tried("failed", MailState::Failed, NOW),
            tried("sent", MailState::Sent, NOW),
        ],
    );
    let cases = [case("ancient", 450, true), case("closed", 40, true), case("open", 450, false)];
    keep(&store, cases.into_iter().map(|case| Change::Case(Box::new(case))).collect());
    let texts = || {
        store
            .mails(None)
            .unwrap()
            .into_iter()
            .map(|mail| (mail.mail.id, !mail.mail.text.is_empty()))
            .collect::<Vec<_>>()
    };
    let fields = || {
        store
            .cases(&CaseQuery::default())
            .unwrap()
            .into_iter()
            .map(|case| (case.id, case.fields.len()))
            .collect::<Vec<_>>()
    };
    let named = |name: &str, left| (name.to_owned(), left);

    store.retain(&Retention::default(), NOW).unwrap();
    assert_eq!(texts(), [named("waiting", true), named("failed", true), named("sent", false)]);
    assert_eq!(fields(), [("open".to_owned(), 1), ("closed".to_owned(), 1)]);
    let personal =
        Retention { personal: Some(Duration::from_secs(86_400)), ..Retention::default() };
    store.retain(&personal, NOW).unwrap();
    assert_eq!(texts(), [named("waiting", true), named("failed", false), named("sent", false)]);
    assert_eq!(fields(), [("open".to_owned(), 1), ("closed".to_owned(), 0)]);
    let removed = store.erase(&Erase::Number("+32475000001".into())).unwrap();
    assert_eq!((removed.mails, removed.cases), (0, 1), "what is still to be sent is sent");
    assert_eq!(fields(), [("open".to_owned(), 0), ("closed".to_owned(), 0)]);
}

#[test]
fn cases_are_added_and_closed_beside_a_host() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("strowger.db");
    let store = Store::open(&path, Options::default()).unwrap();
    let ids = ["one", "one"].map(|id| add_case(&path, case(id, 1, false)).unwrap().id);
    assert_eq!(ids, ["one-0", "one-1"], "of one instant, and none is lost");
    let closed = |outcome: &str| Closed { outcome: outcome.into(), at: NOW };
    let rule = CaseRule {
        term: Term::Days(45),
        outcomes: ["founded", "partly", "unfounded"].map(str::to_owned).into(),
        column: "complaints".to_owned(),
        column_without: None,
    };
    let rules = CaseRules::from([("complaint".into(), rule)]);
    let close = |id: &str, outcome: &str| close_case(&path, id, &closed(outcome), &rules);
    assert!(matches!(close("two", "founded"), Err(KeepError::Unknown(_))));
    assert!(matches!(close("one-0", "answered"), Err(KeepError::Outcome { .. })));
    close("one-0", "unfounded").unwrap();
    assert!(matches!(close("one-0", "founded"), Err(KeepError::Closed { .. })));
    let open = store.cases(&CaseQuery { open: true, ..CaseQuery::default() }).unwrap();
    assert_eq!(open.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(), ["one-1"]);
    // Of a kind that the site file does not have, a case may end in any way.
    close_case(&path, "one-1", &closed("answered"), &CaseRules::new()).unwrap();
    assert_eq!(store.cases(&CaseQuery::default()).unwrap()[0].closed, Some(closed("unfounded")));
}
