//! Who may use the host.

use crate::{Ground, keep, open};
use strowger_journal::{AccountChange, Change, Holder, KeptToken, KeptUser};
use strowger_model::Timestamp;

fn user(name: &str, role: &str) -> KeptUser {
    let password = format!("$argon2id$of {name}");
    KeptUser { name: name.to_owned(), role: role.to_owned(), password, since: Timestamp(1) }
}

fn token(id: &str, key: u8, holder: Holder) -> KeptToken {
    let (made, until) = (Timestamp(2), Timestamp(3));
    KeptToken { id: id.to_owned(), key: [key; 32], holder, made, until }
}

pub fn users_and_tokens_are_kept_until_they_are_removed(ground: &dyn Ground) {
    let store = open(ground);
    assert_eq!((store.users().unwrap(), store.tokens().unwrap()), (vec![], vec![]));
    let wallboard = Holder::Program { label: "wallboard".to_owned(), role: "viewer".to_owned() };
    let tokens = [
        token("z", 1, wallboard.clone()),
        token("a", 2, Holder::User("bo".to_owned())),
        token("m", 3, wallboard),
    ];
    let changes = [
        AccountChange::User(user("bo", "viewer")),
        AccountChange::User(user("an", "admin")),
        AccountChange::User(user("dirk", "agent")),
        AccountChange::User(user("bo", "operator")),
        AccountChange::NoUser("dirk".to_owned()),
    ];
    let more = tokens.iter().cloned().map(AccountChange::Token);
    let changes = changes.into_iter().chain(more).chain([AccountChange::NoToken("z".to_owned())]);
    keep(&store, changes.map(|change| Change::Account(Box::new(change))).collect());
    drop(store);

    let store = open(ground);
    assert_eq!(store.users().unwrap(), [user("an", "admin"), user("bo", "operator")]);
    assert_eq!(store.tokens().unwrap(), tokens[1..], "in the order in which they were made");
}
