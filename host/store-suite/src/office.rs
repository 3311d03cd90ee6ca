//! Mail that waits to be sent, and cases that wait to be answered.

use crate::{
    Ground, keep,
    life::{on, record},
    open,
};
use std::time::Duration;
use strowger_journal::{CaseQuery, Change, Erase, Notes, Removed, Retention, erase, would_erase};
use strowger_model::{
    CallId, Case, CaseRule, CaseRules, Mail, MailState, Term, Timestamp,
    command::Field,
    mail::{Closed, MailTry},
    number::Notations,
};
use strowger_office::{KeepError, add_case, close_case, note_case, note_record};

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

pub fn mail_is_kept_once_and_due_until_it_is_sent_or_given_up(ground: &dyn Ground) {
    let store = open(ground);
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

pub fn what_mail_and_cases_say_goes_with_personal_data(ground: &dyn Ground) {
    let store = open(ground);
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
    let removed = store.erase(&Erase::Number(notations())).unwrap();
    assert_eq!(
        (removed.mails, removed.cases),
        (1, 1),
        "what is still to be sent is sent without it"
    );
    assert_eq!(fields(), [("open".to_owned(), 0), ("closed".to_owned(), 0)]);
}

/// +32475000001 in Belgium.
fn notations() -> Notations {
    let all = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect();
    Notations {
        whole: all(&["32475000001", "0475000001", "475000001"]),
        within: all(&["32475000001", "0475000001"]),
    }
}

pub fn a_number_is_erased_however_it_was_written(ground: &dyn Ground) {
    let store = open(ground);
    let with = |text: &str| text.replace("{}", "0475/00.00.01");
    let letter = |id: &str, text: &str| match mail(id, 1) {
        Change::Mail(mail) => Change::Mail(Box::new(Mail { text: text.to_owned(), ..*mail })),
        other => other,
    };
    let failed = |id: &str, error: &str| {
        Change::MailTry(Box::new(MailTry {
            id: id.to_owned(),
            state: MailState::Failed,
            tries: 1,
            at: NOW,
            next: NOW,
            error: Some(error.to_owned()),
        }))
    };
    let mut told = record(CallId::next(NOW.0 - DAY, None));
    told.caller = Some("475000001".into());
    let mut noted = record(CallId::next(NOW.0 - 2 * DAY, None));
    noted.caller = None;
    noted.notes = vec![Field { key: "number".into(), value: with("of: {}") }];
    let mut other = record(CallId::next(NOW.0 - 3 * DAY, None));
    other.caller = Some("+31475000001".into());
    other.notes = vec![Field { key: "number".into(), value: "475000001234".into() }];
    let (waiting, spaced) = ("Bel +32475000001 terug, niet +32475000002.", with("Bel {} terug."));
    let mut open_case = case("open", 1, false);
    open_case.fields = vec![Field { key: "text".into(), value: with("bel {}") }];
    let changes = vec![
        letter("error", "Niets."),
        failed("error", "550 0475000001@sms.be is unknown"),
        letter("waiting", waiting),
        letter("spaced", &spaced),
        Change::Case(Box::new(open_case)),
    ];
    keep(&store, changes);
    keep(&store, [&told, &noted, &other].map(|it| Change::Closed(Box::new(it.clone()))).into());

    let found = would_erase(ground.backend(), &Erase::Number(notations())).unwrap();
    assert_eq!((found.made_anonymous, found.mails, found.cases), (2, 3, 1));
    assert_eq!(store.record(told.call).unwrap().as_ref(), Some(&told), "nothing is touched yet");
    let removed = erase(ground.backend(), &Erase::Number(notations())).unwrap();
    assert_eq!(removed, found);
    assert_eq!(store.record(told.call).unwrap().unwrap().caller, None);
    assert_eq!(store.record(noted.call).unwrap().unwrap().notes, []);
    assert_eq!(store.record(other.call).unwrap().unwrap(), other, "somebody else");
    let mails = store.mails(None).unwrap();
    let of = |id: &str| mails.iter().find(|posted| posted.mail.id == id).unwrap();
    assert_eq!((&*of("error").mail.to, &of("error").last.error), ("", &None));
    assert_eq!(of("waiting").mail.text, "Bel (erased) terug, niet +32475000002.");
    assert_eq!((&*of("spaced").mail.text, &*of("spaced").mail.to), ("(erased)", "desk@stad.be"));
    let again = would_erase(ground.backend(), &Erase::Number(notations())).unwrap();
    assert_eq!(again, Removed::default());
}

pub fn cases_are_added_and_closed_beside_a_host(ground: &dyn Ground) {
    let (store, backend) = (open(ground), ground.backend());
    let ids = ["one", "one"].map(|id| add_case(backend, case(id, 1, false)).unwrap().id);
    assert_eq!(ids, ["one-0", "one-1"], "of one instant, and none is lost");
    let nobody = Some(CallId::next(NOW.0, None));
    let of_nobody = add_case(backend, Case { call: nobody, ..case("two", 1, false) });
    assert!(matches!(of_nobody, Err(KeepError::NoCall(_))), "{of_nobody:?}");
    let over = record(CallId::next(NOW.0 - DAY, None));
    keep(&store, vec![Change::Closed(Box::new(over.clone()))]);
    let of_call = add_case(backend, Case { call: Some(over.call), ..case("three", 1, true) });
    assert_eq!(of_call.unwrap().id, "three-0");
    let closed = |outcome: &str| Closed { outcome: outcome.into(), at: NOW };
    let rule = CaseRule {
        term: Term::Days(45),
        outcomes: ["founded", "partly", "unfounded"].map(str::to_owned).into(),
        column: "complaints".to_owned(),
        column_without: None,
    };
    let rules = CaseRules::from([("complaint".into(), rule)]);
    let close = |id: &str, outcome: &str| close_case(backend, id, &closed(outcome), &rules);
    assert!(matches!(close("two", "founded"), Err(KeepError::Unknown(_))));
    assert!(matches!(close("one-0", "answered"), Err(KeepError::Outcome { .. })));
    close("one-0", "unfounded").unwrap();
    assert!(matches!(close("one-0", "founded"), Err(KeepError::Closed { .. })));
    let open = store.cases(&CaseQuery { open: true, ..CaseQuery::default() }).unwrap();
    assert_eq!(open.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(), ["one-1"]);
    let more = |value: &str| [Field { key: "caller".into(), value: value.into() }];
    assert!(matches!(note_case(backend, "one-0", &more("x")), Err(KeepError::Closed { .. })));
    note_case(backend, "one-1", &more("withheld")).unwrap();
    assert_eq!(store.cases(&CaseQuery::default()).unwrap()[1].fields, more("withheld"));
    // Of a kind that the site file does not have, a case may end in any way.
    close_case(backend, "one-1", &closed("answered"), &CaseRules::new()).unwrap();
    assert_eq!(store.cases(&CaseQuery::default()).unwrap()[0].closed, Some(closed("unfounded")));
}

pub fn who_cannot_edit_now_is_told_to_try_again(ground: &dyn Ground) {
    let _store = open(ground);
    let _locked = ground.lock();
    let error = add_case(ground.backend(), case("one", 1, false)).unwrap_err();
    assert!(matches!(error, KeepError::Database(_)));
    assert!(error.to_string().contains("the journal cannot be changed: "), "{error}");
}

pub fn an_edit_that_is_dropped_changes_nothing(ground: &dyn Ground) {
    let (store, backend) = (open(ground), ground.backend());
    let mut edit = backend.edit().unwrap();
    assert!(edit.add_case(&case("one", 1, false)).unwrap());
    assert!(!edit.add_case(&case("one", 1, false)).unwrap(), "there is one of that id");
    drop(edit);
    assert_eq!(store.cases(&CaseQuery::default()).unwrap(), []);
    let mut edit = backend.edit().unwrap();
    assert!(edit.add_case(&case("one", 1, false)).unwrap());
    edit.commit().unwrap();
    assert_eq!(store.cases(&CaseQuery::default()).unwrap(), [case("one", 1, false)]);
    assert_eq!(backend.edit().unwrap().case("two").unwrap(), None);
}

pub fn notes_of_a_call_are_added_until_it_is_anonymous(ground: &dyn Ground) {
    let (store, backend) = (open(ground), ground.backend());
    let call = CallId::next(NOW.0 - DAY, None);
    let field = |key: &str, value: &str| Field { key: key.into(), value: value.into() };
    let note = |value: &str| note_record(backend, call, &[field("code", value)]);
    assert!(matches!(note("x"), Err(KeepError::NoRecord(_))));
    keep(&store, vec![Change::Call { call, on: on("v1"), image: [].into() }]);
    assert!(matches!(note("x"), Err(KeepError::NoRecord(_))), "it is not over");
    keep(&store, vec![Change::Closed(Box::new(record(call)))]);
    note("x").unwrap();
    note("y").unwrap();
    let noted = [field("name", "Janssens"), field("code", "y")];
    assert_eq!(store.record(call).unwrap().unwrap().notes, noted);
    store.erase(&Erase::Before(NOW)).unwrap();
    assert!(matches!(note("z"), Err(KeepError::Erased(_))));
    let left = backend.edit().unwrap().notes(call).unwrap();
    assert_eq!(left, Some(Notes { fields: Vec::new(), erased: true }));
}
