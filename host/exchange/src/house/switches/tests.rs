//! The board, turn by turn, and at random.

use super::board::{Board, Furnished, NotTurned, TurnSwitch};
use proptest::prelude::*;
use strowger_model::{
    Timestamp,
    switch::{MOST_BY, MOST_REASON, Means, SwitchState, SwitchTurn, Turned, Until},
};
use strowger_site::Switch;

const POSITIONS: [&str; 4] = ["Open", "Gesloten", "Waarneming", "Calamiteit"];

fn switch(name: &str, positions: &[&str]) -> Switch {
    Switch {
        name: name.to_owned(),
        was: None,
        label: name.to_owned(),
        positions: positions.iter().map(|&position| position.to_owned()).collect(),
        code: None,
        turned_by: Vec::new(),
    }
}

fn board() -> Board {
    let mut board = Board::default();
    assert_eq!(board.furnish([&switch("hap", &POSITIONS)], Timestamp(0)), Furnished::default());
    board
}

fn turn(position: &str, until: Option<u64>) -> TurnSwitch {
    let until = until.map(Timestamp);
    TurnSwitch { until, ..TurnSwitch::to("hap", position, Means::Command) }
}

fn turned(board: &mut Board, at: u64, position: &str, until: Option<u64>) -> Turned {
    board.turn(turn(position, until), Timestamp(at)).unwrap()
}

fn until(at: u64, back_to: &str) -> Option<Until> {
    Some(Until { at: Timestamp(at), back_to: back_to.to_owned() })
}

#[test]
fn r1_a_switch_stands_in_its_normal_position_until_it_is_turned() {
    let mut board = board();
    assert_eq!((board.position("hap"), board.state("hap")), (Some("Open"), None));
    assert_eq!(board.position("other"), None);
    let Turned { state, turn } = turned(&mut board, 5, "Gesloten", None);
    assert_eq!(
        (state.position.as_str(), state.since, state.until),
        ("Gesloten", Timestamp(5), None)
    );
    assert_eq!((turn.from.as_str(), turn.to.as_str()), ("Open", "Gesloten"));
    assert_eq!(board.position("hap"), Some("Gesloten"));
}

#[test]
fn r2_what_cannot_be_is_refused_and_changes_nothing() {
    let mut board = board();
    let no_switch = TurnSwitch::to("huh", "Open", Means::Api);
    assert_eq!(board.turn(no_switch, Timestamp(1)), Err(NotTurned::NoSwitch("huh".into())));
    let error = board.turn(turn("Dicht", None), Timestamp(1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "switch hap has no position \"Dicht\"; it has Open, Gesloten, Waarneming, Calamiteit"
    );
    assert_eq!(board.turn(turn("Gesloten", Some(1)), Timestamp(1)), Err(NotTurned::IsOver));
    let text = |length| Some("é".repeat(length));
    let by = TurnSwitch { by: text(MOST_BY + 1), ..turn("Gesloten", None) };
    let error = board.turn(by, Timestamp(1)).unwrap_err();
    assert_eq!(error.to_string(), "`by` has 101 characters, and may have 100");
    let reason = TurnSwitch { reason: text(MOST_REASON + 1), ..turn("Gesloten", None) };
    let error = board.turn(reason, Timestamp(1)).unwrap_err();
    assert_eq!(error.to_string(), "`reason` has 501 characters, and may have 500");
    assert_eq!(board.state("hap"), None);
    let (by, reason) = (text(MOST_BY), text(MOST_REASON));
    assert!(board.turn(TurnSwitch { by, reason, ..turn("Gesloten", None) }, Timestamp(1)).is_ok());
}

#[test]
fn a_turn_for_some_time_goes_back_to_the_last_position_that_was_for_good() {
    let mut board = board();
    turned(&mut board, 1, "Waarneming", None);
    assert_eq!(turned(&mut board, 2, "Gesloten", Some(9)).state.until, until(9, "Waarneming"));
    // Somebody else's turn ends that. Where it is for some time too, nobody goes back to a position
    // that was itself one for some time.
    assert_eq!(turned(&mut board, 3, "Calamiteit", Some(7)).state.until, until(7, "Waarneming"));
    assert_eq!((board.due(), board.go_back(Timestamp(6))), (Some(Timestamp(7)), Vec::new()));
    let back = board.go_back(Timestamp(8));
    let [Turned { turn: SwitchTurn { at, from, to, means, .. }, state }] = &back[..] else {
        panic!("{back:?}")
    };
    assert_eq!(
        (at.0, from.as_str(), to.as_str(), *means),
        (8, "Calamiteit", "Waarneming", Means::Time)
    );
    assert_eq!((&state.until, board.due()), (&None, None));
    assert_eq!(board.go_back(Timestamp(9)), [], "the first time is forgotten");
}

#[test]
fn a_turn_by_somebody_else_ends_the_time_of_a_switch() {
    let mut board = board();
    turned(&mut board, 1, "Gesloten", Some(9));
    turned(&mut board, 2, "Calamiteit", None);
    assert_eq!((board.due(), board.go_back(Timestamp(10))), (None, Vec::new()));
    assert_eq!(board.position("hap"), Some("Calamiteit"));
}

#[test]
fn the_same_position_again_is_longer_or_for_good() {
    let mut board = board();
    turned(&mut board, 1, "Gesloten", Some(9));
    let longer = turned(&mut board, 2, "Gesloten", Some(20));
    assert_eq!((longer.state.since, longer.state.until), (Timestamp(1), until(20, "Open")));
    assert_eq!((longer.turn.from, longer.turn.to), ("Gesloten".to_owned(), "Gesloten".to_owned()));
    turned(&mut board, 3, "Gesloten", None);
    assert_eq!(board.due(), None, "for good");
    let to_where = board.turn(turn("Gesloten", Some(9)), Timestamp(4)).unwrap_err();
    assert!(matches!(to_where, NotTurned::ForGood { .. }), "{to_where}");
    let too_far = turn("Open", Some(400 * 24 * 60 * 60 * 1000));
    assert_eq!(board.turn(too_far, Timestamp(4)), Err(NotTurned::TooFar));
    assert_eq!(board.position("hap"), Some("Gesloten"));
}

#[test]
fn a_position_that_the_site_file_has_no_more_falls_back_to_the_normal_one() {
    let mut board = board();
    turned(&mut board, 1, "Calamiteit", Some(9));
    let fallen = board.furnish([&switch("hap", &["Dag", "Nacht"])], Timestamp(2)).fallen;
    let [Turned { turn, .. }] = &fallen[..] else { panic!("{fallen:?}") };
    assert_eq!(
        (turn.from.as_str(), turn.to.as_str(), turn.means),
        ("Calamiteit", "Dag", Means::SiteFile)
    );
    assert_eq!((board.position("hap"), board.due()), (Some("Dag"), None));
    // One that it would go back to and that is gone: to the normal one.
    board.furnish([&switch("hap", &POSITIONS)], Timestamp(3));
    turned(&mut board, 3, "Waarneming", None);
    turned(&mut board, 4, "Calamiteit", Some(9));
    let furnished = board.furnish([&switch("hap", &["Open", "Calamiteit"])], Timestamp(5));
    assert_eq!(furnished, Furnished::default());
    assert_eq!(board.go_back(Timestamp(9))[0].turn.to, "Open");
}

#[test]
fn a_switch_that_is_gone_is_seen_by_nobody_and_stands_where_it_stood_when_it_is_back() {
    let mut board = board();
    turned(&mut board, 1, "Calamiteit", Some(9));
    board.furnish([], Timestamp(2));
    assert_eq!((board.position("hap"), board.due()), (None, None));
    assert_eq!(board.go_back(Timestamp(10)), []);
    board.furnish([&switch("hap", &POSITIONS)], Timestamp(11));
    assert_eq!(board.position("hap"), Some("Calamiteit"));
    assert_eq!(board.go_back(Timestamp(11))[0].turn.to, "Open", "its time has come meanwhile");
}

fn renamed(name: &str, was: &str) -> Switch {
    Switch { was: Some(was.to_owned()), ..switch(name, &POSITIONS) }
}

#[test]
fn r1_a_switch_that_has_another_name_stands_where_it_stood_also_for_who_knows_the_old_one() {
    let mut board = board();
    turned(&mut board, 1, "Calamiteit", Some(9));
    let changes = |was: &str, name: &str| vec![(was.to_owned(), name.to_owned())];
    let furnished = board.furnish([&renamed("post", "hap")], Timestamp(2));
    assert_eq!((furnished.renamed, furnished.fallen), (changes("hap", "post"), Vec::new()));
    assert_eq!((board.position("post"), board.due()), (Some("Calamiteit"), Some(Timestamp(9))));
    assert_eq!((board.position("hap"), board.now_called("hap")), (Some("Calamiteit"), "post"));
    assert_eq!(board.dropped().count(), 0);
    // The same file again, and a third name without the second: both are known.
    let again = board.furnish([&renamed("post", "hap")], Timestamp(3));
    assert_eq!(again, Furnished::default());
    assert_eq!(
        board.furnish([&renamed("spoed", "post")], Timestamp(4)).renamed,
        changes("post", "spoed")
    );
    assert_eq!(board.position("hap"), Some("Calamiteit"));
    // Another switch gets the first name.
    board.furnish([&renamed("spoed", "post"), &switch("hap", &POSITIONS)], Timestamp(5));
    assert_eq!(
        (board.position("hap"), board.position("spoed")),
        (Some("Open"), Some("Calamiteit"))
    );
}

#[test]
fn a_switch_that_was_renamed_while_there_was_no_host_goes_on_and_one_with_a_state_is_no_other() {
    let turned = turned(&mut board(), 1, "Calamiteit", None).state;
    let own = SwitchState { name: "post".into(), position: "Gesloten".into(), ..turned.clone() };
    let mut board = Board::of(vec![turned.clone()], Vec::new());
    board.furnish([&renamed("post", "hap")], Timestamp(2));
    assert_eq!(board.position("post"), Some("Calamiteit"));
    let mut board = Board::of(vec![turned, own], Vec::new());
    assert_eq!(board.furnish([&renamed("post", "hap")], Timestamp(2)).renamed, []);
    assert_eq!(board.position("post"), Some("Gesloten"));
}

#[test]
fn a_turned_switch_that_the_site_file_has_no_more_is_named_also_by_the_next_host() {
    let dropped = |board: &Board| board.dropped().map(|it| it.name.clone()).collect::<Vec<_>>();
    let mut board = board();
    let there = turned(&mut board, 1, "Calamiteit", None);
    board.furnish([], Timestamp(2));
    assert_eq!(dropped(&board), ["hap"]);
    board.furnish([&switch("hap", &POSITIONS)], Timestamp(3));
    assert_eq!(dropped(&board), [""; 0]);
    let back = turned(&mut board, 4, "Open", None);
    board.furnish([], Timestamp(5));
    assert_eq!(dropped(&board), [""; 0], "it was in its normal position");
    for (last, turns, named) in [
        (&there, vec![there.turn.clone()], 1),
        (&back, vec![back.turn.clone(), there.turn.clone()], 0),
    ] {
        let mut board = Board::of(vec![last.state.clone()], turns);
        board.furnish([], Timestamp(6));
        assert_eq!(board.dropped().count(), named, "{last:?}");
    }
}

#[test]
fn the_next_host_goes_on_where_the_journal_says() {
    let mut before = board();
    let state = turned(&mut before, 1, "Calamiteit", Some(9)).state;
    let mut board = Board::of(vec![state], Vec::new());
    assert_eq!(board.position("hap"), None, "there is no site file yet");
    board.furnish([&switch("hap", &POSITIONS)], Timestamp(8));
    assert_eq!((board.position("hap"), board.due()), (Some("Calamiteit"), Some(Timestamp(9))));
}

#[derive(Clone, Debug)]
enum Act {
    Turn(usize, Option<u64>),
    Pass(u64),
    Restart,
    Site(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..4usize, prop::option::of(1..20u64)).prop_map(|(to, after)| Act::Turn(to, after)),
        4 => (0..20u64).prop_map(Act::Pass),
        1 => Just(Act::Restart),
        1 => (2..=4usize).prop_map(Act::Site),
    ]
}

proptest! {
    /// Turns follow each other without a gap, each is of a position that there is, and nothing is
    /// overdue once the time was looked at.
    #[test]
    fn each_turn_begins_where_the_last_one_ended(acts in prop::collection::vec(act(), 0..60)) {
        let (mut board, mut now, mut site) = (board(), 0, 4);
        let mut last = "Open".to_owned();
        for act in acts {
            let turns = match act {
                Act::Turn(to, after) => {
                    let turn = turn(POSITIONS[to], after.map(|after| now + after));
                    board.turn(turn, Timestamp(now)).into_iter().collect()
                }
                Act::Pass(time) => {
                    now += time;
                    board.go_back(Timestamp(now))
                }
                Act::Restart => {
                    board = Board::of(board.state("hap").cloned().into_iter().collect(), Vec::new());
                    board.furnish([&switch("hap", &POSITIONS[..site])], Timestamp(now)).fallen
                }
                Act::Site(positions) => {
                    site = positions;
                    board.furnish([&switch("hap", &POSITIONS[..site])], Timestamp(now)).fallen
                }
            };
            for Turned { state, turn } in turns {
                prop_assert_eq!(&turn.from, &last);
                prop_assert_eq!(&turn.to, &state.position);
                last = turn.to;
            }
            prop_assert_eq!(board.position("hap"), Some(last.as_str()));
            prop_assert!(POSITIONS[..site].contains(&last.as_str()));
            let back_to = board.state("hap").and_then(|state| state.until.clone());
            if let Some(Until { back_to, .. }) = back_to {
                prop_assert!(POSITIONS[..site].contains(&back_to.as_str()) && back_to != last);
            }
            board.go_back(Timestamp(now)).into_iter().for_each(|turned| last = turned.turn.to);
            prop_assert!(board.due().is_none_or(|due| due.0 > now));
        }
    }
}
