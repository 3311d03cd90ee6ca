//! How switches stand, and who turned them (R2).

use crate::{Ground, keep, open};
use strowger_journal::{Change, Erase, Retention, TurnQuery, erase};
use strowger_model::{
    Timestamp,
    switch::{Means, SwitchState, SwitchTurn, Turned, Until},
};

fn turned(name: &str, at: u64, to: &str, until: Option<Until>) -> Turned {
    let turn = SwitchTurn {
        name: name.to_owned(),
        at: Timestamp(at),
        by: Some("an".to_owned()),
        means: Means::Telephone,
        endpoint: Some("PJSIP/an".to_owned()),
        from: "Open".to_owned(),
        to: to.to_owned(),
        until: until.as_ref().map(|until| until.at),
        reason: Some("brand".to_owned()),
    };
    let SwitchTurn { name, by, reason, .. } = turn.clone();
    let position = to.to_owned();
    Turned { state: SwitchState { name, position, since: turn.at, until, by, reason }, turn }
}

pub fn of_a_switch_the_last_state_and_every_turn_is_kept(ground: &dyn Ground) {
    let store = open(ground);
    assert_eq!(store.switches().unwrap(), []);
    let until = Until { at: Timestamp(9), back_to: "Open".to_owned() };
    let turns = [
        turned("vcare", 1, "Gesloten", None),
        turned("meldtekst", 2, "Calamiteit", None),
        turned("vcare", 3, "Calamiteit", Some(until)),
    ];
    keep(&store, turns.iter().map(|turn| Change::Switch(Box::new(turn.clone()))).collect());
    drop(store);
    let store = open(ground);
    assert_eq!(store.switches().unwrap(), [turns[1].state.clone(), turns[2].state.clone()]);
    let read = |name: Option<&str>, limit| {
        store.switch_turns(&TurnQuery { name: name.map(str::to_owned), limit }).unwrap()
    };
    let [first, second, third] = turns.map(|turned| turned.turn);
    assert_eq!(read(None, None), [third.clone(), second, first.clone()], "the newest first");
    assert_eq!(read(Some("vcare"), None), [third.clone(), first.clone()]);
    assert_eq!(read(Some("vcare"), Some(1)).first(), Some(&third));

    // Another name: the state and the turns are that one's, also where one of that name was once.
    let name = || "hap".to_owned();
    let once = turned("hap", 4, "Gesloten", None);
    keep(
        &store,
        vec![
            Change::Switch(Box::new(once.clone())),
            Change::SwitchRenamed { was: "vcare".to_owned(), name: name() },
        ],
    );
    let renamed = |turn: &SwitchTurn| SwitchTurn { name: name(), ..turn.clone() };
    let (third, first) = (renamed(&third), renamed(&first));
    assert_eq!(read(Some("hap"), None), [once.turn, third.clone(), first]);
    let states = store.switches().unwrap();
    let stands: Vec<_> = states.iter().map(|it| (&*it.name, &*it.position)).collect();
    assert_eq!(stands, [("hap", "Calamiteit"), ("meldtekst", "Calamiteit")]);

    // Who turned what is kept for good.
    let years = Timestamp(100 * 366 * 86_400_000);
    store.retain(&Retention::default(), years).unwrap();
    erase(ground.backend(), &Erase::Before(years)).unwrap();
    assert_eq!((read(None, None).len(), store.switches().unwrap().len()), (4, 2));
}
