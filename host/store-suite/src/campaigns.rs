//! Campaigns, who is on their lists, and who is never to be called (O1, O5).

use crate::{Ground, keep, life::record, open};
use std::time::Duration;
use strowger_journal::{
    CampaignChange, Change, Erase, KeptCampaign, KeptContact, Removed, Retention, Store, erase,
};
use strowger_model::{
    CallId, PhoneNumber, Timestamp,
    campaign::{Disposed, NeverCalled, Opened, Person},
    command::{ContactOf, Field},
    number::Notations,
};

const DAY: u64 = 86_400_000;
const NOW: Timestamp = Timestamp(500 * DAY);
const KEY: [u8; 16] = [7; 16];

fn number(text: &str) -> Option<PhoneNumber> {
    Some(text.parse().unwrap())
}

fn field(key: &str, value: &str) -> Field {
    Field { key: key.to_owned(), value: value.to_owned() }
}

fn opened(name: &str, days_ago: u64) -> Opened {
    Opened {
        name: name.into(),
        template: "reservelijst".into(),
        at: Timestamp(NOW.0 - days_ago * DAY),
        by: Some("an".to_owned()),
        goal: 6,
        until: Some(Timestamp(9)),
        fields: vec![field("slot", "14:20")],
    }
}

fn person(id: &str, last: u32) -> Person {
    Person {
        id: id.to_owned(),
        number: number(&format!("+3247500{last:04}")),
        name: format!("Name of {id}"),
        language: Some("nl-BE".to_owned()),
        tags: vec!["intern".to_owned()],
        fields: vec![field("town", "Gent")],
        wave: 3,
    }
}

/// A campaign with its list, in two parts.
fn open_campaign(name: &str, days_ago: u64, people: &[Person]) -> [CampaignChange; 3] {
    let (some, others) = people.split_at(people.len() / 2);
    let listed = |first: usize, people: &[Person]| CampaignChange::Listed {
        name: name.into(),
        first: first as u32,
        people: people.to_vec(),
    };
    let opened = CampaignChange::Opened(opened(name, days_ago));
    [listed(0, some), listed(some.len(), others), opened]
}

fn state(name: &str, ended: Option<u64>, state: u8) -> CampaignChange {
    CampaignChange::State {
        name: name.into(),
        ended: ended.map(|days_ago| Timestamp(NOW.0 - days_ago * DAY)),
        state: vec![state].into(),
    }
}

fn contact(name: &str, row: u32, state: u8) -> CampaignChange {
    CampaignChange::Contact { name: name.into(), row, state: vec![state].into() }
}

fn disposed(outcome: &str) -> Disposed {
    Disposed {
        outcome: outcome.to_owned(),
        reason: Some("sick".to_owned()),
        at: Timestamp(8),
        agent: Some("an".into()),
    }
}

fn dispose(name: &str, row: u32, outcome: &str) -> CampaignChange {
    CampaignChange::Disposed { name: name.into(), row, disposed: disposed(outcome) }
}

fn keep_all(store: &Store, changes: impl IntoIterator<Item = CampaignChange>) {
    keep(store, changes.into_iter().map(|change| Change::Campaign(Box::new(change))).collect());
}

pub fn of_campaigns_and_contacts_the_last_state_is_kept(ground: &dyn Ground) {
    let store = open(ground);
    assert_eq!(store.campaigns().unwrap(), []);
    let people = [person("a", 1), person("b", 2)];
    let (later, first) = ("a-later", "z-first");
    keep_all(&store, open_campaign(first, 1, &people).into_iter().chain([state(first, None, 1)]));
    keep_all(&store, open_campaign(later, 1, &people[..1]));
    keep_all(
        &store,
        [
            contact(first, 1, 1),
            contact(first, 1, 2),
            dispose(first, 1, "busy"),
            dispose(first, 1, "accepted"),
            state(first, Some(0), 2),
            // Of a campaign that nobody knows.
            state("unknown", None, 1),
            contact("unknown", 0, 1),
        ],
    );
    // Handed in again.
    keep_all(&store, open_campaign(first, 1, &people));
    drop(store);
    let store = open(ground);
    let kept = |person: &Person, state: Option<u8>, outcome: Option<&str>| KeptContact {
        person: person.clone(),
        state: state.map(|state| vec![state].into()),
        disposed: outcome.map(disposed),
    };
    let [a, b] = &people;
    let of_first = KeptCampaign {
        opened: opened(first, 1),
        ended: Some(NOW),
        state: Some(vec![2].into()),
        contacts: vec![kept(a, None, None), kept(b, Some(2), Some("accepted"))],
    };
    let of_later = KeptCampaign {
        opened: opened(later, 1),
        ended: None,
        state: None,
        contacts: vec![kept(a, None, None)],
    };
    let since = |at: u64| store.campaigns_with_lists_since(Timestamp(at)).unwrap();
    let without = KeptCampaign { contacts: Vec::new(), ..of_first.clone() };
    assert_eq!(since(NOW.0 + 1), [without, of_later.clone()], "an ended one has no list");
    assert_eq!(since(NOW.0), [of_first.clone(), of_later.clone()]);
    assert_eq!(store.campaign_list(&first.into()).unwrap(), of_first.contacts);
    assert_eq!(store.campaigns().unwrap(), [of_first, of_later.clone()], "as they were opened");
    keep_all(&store, [CampaignChange::Forgotten(first.into())]);
    assert_eq!(store.campaigns().unwrap(), [of_later]);
    keep_all(&store, open_campaign(first, 0, &people[1..]));
    let again = store.campaigns().unwrap().pop().unwrap();
    assert_eq!((again.ended, again.contacts), (None, vec![kept(b, None, None)]), "a new one");
}

pub fn of_a_campaign_whose_host_died_before_it_was_opened_nothing_is_left(ground: &dyn Ground) {
    let store = open(ground);
    let [first, second, opened] = open_campaign("half", 1, &[person("a", 1), person("b", 2)]);
    keep_all(&store, [first, second]);
    assert_eq!(store.campaigns().unwrap(), []);
    drop(store);
    let store = open(ground);
    keep_all(&store, [opened]);
    assert_eq!(store.campaigns().unwrap()[0].contacts, [], "nobody of the first list");
    keep_all(&store, open_campaign("whole", 1, &[person("c", 3)]));
    drop(store);
    let of = |kept: &KeptCampaign| (kept.opened.name.to_string(), kept.contacts.len());
    let kept: Vec<_> = open(ground).campaigns().unwrap().iter().map(of).collect();
    assert_eq!(kept, [("half".to_owned(), 0), ("whole".to_owned(), 1)]);
}

fn never(key: [u8; 16], number: Option<PhoneNumber>, since: u64) -> NeverCalled {
    NeverCalled { key, number, since: Timestamp(since), by: Some("campaign".to_owned()) }
}

fn list(never: &NeverCalled) -> CampaignChange {
    let NeverCalled { key, number, since, by } = never.clone();
    CampaignChange::DoNotCall { key, listed: Some((number, since, by)) }
}

fn notations() -> Notations {
    Notations {
        whole: vec!["32475000001".to_owned(), "0475000001".to_owned()],
        within: vec!["32475000001".to_owned(), "0475000001".to_owned()],
    }
}

pub fn the_do_not_call_list_outlives_all_and_an_erased_number_stays_on_it(ground: &dyn Ground) {
    let store = open(ground);
    let salt = store.salt().unwrap();
    assert_ne!(salt, [0; 16]);
    let (one, two) =
        (never(KEY, number("+32475000001"), 2), never([8; 16], number("+32475000002"), 1));
    keep_all(&store, [list(&one), list(&two), list(&never([9; 16], None, 3))]);
    keep_all(&store, [CampaignChange::DoNotCall { key: [9; 16], listed: None }]);
    assert_eq!(store.do_not_call().unwrap(), [two.clone(), one.clone()]);
    let all_gone = Retention {
        steps: Duration::ZERO,
        records: Duration::ZERO,
        personal: Some(Duration::ZERO),
    };
    store.retain(&all_gone, Timestamp(NOW.0 + 1000 * DAY)).unwrap();
    store.erase(&Erase::Before(Timestamp(NOW.0 + 1000 * DAY))).unwrap();
    assert_eq!(store.do_not_call().unwrap(), [two.clone(), one.clone()]);
    drop(store);

    let removed = erase(ground.backend(), &Erase::Number(notations())).unwrap();
    assert_eq!(removed, Removed { contacts: 1, ..Removed::default() });
    let store = open(ground);
    assert_eq!(store.do_not_call().unwrap(), [two, NeverCalled { number: None, ..one }]);
    assert!(!ground.holds("32475000001"));
    assert_eq!(store.salt().unwrap(), salt, "the hash of a number is the same for good");
}

/// Who is known of each campaign: id, whether there is a number, and how many fields.
fn known(store: &Store) -> Vec<String> {
    let said = |campaign: &KeptCampaign| {
        let people = campaign.contacts.iter().map(|contact| {
            let Person { id, number, name, fields, .. } = &contact.person;
            let known = (number.is_some(), !name.is_empty(), !fields.is_empty());
            match known {
                (true, true, true) => format!("{id} known"),
                (false, false, false) => format!("{id} gone"),
                known => format!("{id} {known:?}"),
            }
        });
        format!("{}: {}", campaign.opened.name, people.collect::<Vec<_>>().join(", "))
    };
    store.campaigns().unwrap().iter().map(said).collect()
}

pub fn who_was_on_a_list_goes_with_personal_data(ground: &dyn Ground) {
    let store = open(ground);
    let mut says = person("says", 3);
    says.fields.push(field("mother", "0475/00.00.01"));
    let people = [person("a", 1), says, person("b", 11)];
    for (name, ended) in
        [("ancient", Some(450)), ("old", Some(40)), ("new", Some(1)), ("runs", None)]
    {
        let list = if name == "ancient" { &people[2..] } else { &people };
        let opened = open_campaign(name, 460, list).into_iter();
        keep_all(&store, opened.chain([state(name, ended, 1)]));
    }
    keep_all(&store, [dispose("old", 0, "accepted"), contact("old", 0, 1)]);
    store.retain(&Retention::default(), NOW).unwrap();
    let all = "a known, says known, b known";
    let expected = ["old", "new", "runs"].map(|name| format!("{name}: {all}"));
    assert_eq!(known(&store), expected, "what ended so long ago is gone");

    let personal =
        Retention { personal: Some(Duration::from_secs(10 * 86_400)), ..Retention::default() };
    let removed = store.retain(&personal, NOW).unwrap();
    assert_eq!(removed, Removed { contacts: 3, ..Removed::default() });
    assert_eq!(known(&store)[0], "old: a gone, says gone, b gone");
    assert_eq!(known(&store)[2], format!("runs: {all}"), "it goes on");
    let a = &store.campaigns().unwrap()[0].contacts[0];
    assert_eq!(a.disposed, Some(disposed("accepted")), "reports go on showing what came of it");
    assert!(a.state.is_some());

    let removed = store.erase(&Erase::Number(notations())).unwrap();
    assert_eq!(removed.contacts, 4);
    let some = "a gone, says gone, b known";
    assert_eq!(known(&store)[1..], [format!("new: {some}"), format!("runs: {some}")]);
    assert_eq!(store.erase(&Erase::Number(notations())).unwrap(), Removed::default());
}

pub fn a_call_to_somebody_on_a_list_is_made_anonymous(ground: &dyn Ground) {
    let store = open(ground);
    let days_ago = |days: u64| CallId::next(NOW.0 - days * DAY, None);
    let of = ContactOf { campaign: "griep".to_owned(), contact: "a".to_owned() };
    let of = Box::new(of);
    let to_somebody = |call: CallId, dialled: &str| {
        let mut record = record(call);
        (record.caller, record.dialled) = (None, dialled.to_owned());
        (record.notes, record.campaign) = (Vec::new(), Some(of.clone()));
        record
    };
    let close = |record| Change::Closed(Box::new(record));
    let [old, new, other, in_call] = [20, 3, 2, 1].map(days_ago);
    let mut called = record(in_call);
    (called.caller, called.dialled) = (None, "+32475000001".to_owned());
    keep(
        &store,
        vec![
            close(to_somebody(old, "+32475000001")),
            close(to_somebody(new, "+32475000001")),
            close(to_somebody(other, "+32475000002")),
            close(called.clone()),
        ],
    );
    assert_eq!(store.record(old).unwrap().unwrap(), to_somebody(old, "+32475000001"));
    let personal =
        Retention { personal: Some(Duration::from_secs(10 * 86_400)), ..Retention::default() };
    assert_eq!(store.retain(&personal, NOW).unwrap().made_anonymous, 1);
    let nobody = ContactOf { contact: String::new(), ..(*of).clone() };
    let nobody = || Some(Box::new(nobody.clone()));
    let left = |call| {
        let record = store.record(call).unwrap().unwrap();
        (record.dialled, record.campaign)
    };
    assert_eq!(left(old), (String::new(), nobody()));
    assert_eq!(store.erase(&Erase::Number(notations())).unwrap().made_anonymous, 1);
    assert_eq!(left(new), (String::new(), nobody()));
    assert_eq!(left(other), ("+32475000002".to_owned(), Some(of.clone())), "somebody else");
    assert_eq!(store.record(in_call).unwrap(), Some(called), "the number of a flow");

    store.retain(&personal, NOW).unwrap();
    keep(&store, vec![close(to_somebody(days_ago(30), "+32475000001"))]);
    assert_eq!(left(days_ago(30)), (String::new(), nobody()), "who came in so long ago");
}
