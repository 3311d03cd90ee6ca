//! What every adapter must tell, told by the real Asterisk: the scenarios that the sim is held to.

use crate::ground::Bed;
use strowger_conformance::{run, scenarios};

/// One test for each scenario, by its name, so that they run beside each other and fail by name.
macro_rules! scenarios {
    ($($test:ident)*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            play(&stringify!($test).replace('_', "-")).await;
        })*

        #[test]
        fn none_is_left_out() {
            let tested = [$(stringify!($test).replace('_', "-")),*];
            let all: Vec<_> = scenarios().iter().map(|scenario| scenario.name.to_owned()).collect();
            assert_eq!(tested.as_slice(), all);
        }
    };
}

scenarios! {
    dialled_answers_and_is_hung_up
    dialled_answers_and_hangs_up
    dialled_rings_and_is_cancelled
    dialled_is_busy
    dialled_declines
    dialled_rings_and_declines
    dialled_early_media
    dialled_nothing_listens
    dialled_is_unknown
    dialled_and_withheld
    dialled_and_rings_on_for_another
    dialled_twice_is_one_leg
    unknown_leg_is_hung_up
    caller_cancels
    caller_is_turned_away
    caller_hears_and_keys
    caller_goes_on_in_the_pbx
    plays_queue_up
    plays_are_stopped
    play_after_one_that_was_stopped
    missing_recording
    hang_up_ends_plays_first
    two_talk_and_the_phone_hangs_up
    two_talk_and_the_caller_hangs_up
    two_talk_and_part
    two_talk_and_key
    a_leg_listens_to_another
    watched_in_a_call_of_its_own
    phone_asks_for_a_transfer
    connection_is_cut
    connection_is_cut_and_all_is_listed
    connection_is_cut_and_nothing_lost
}

async fn play(name: &str) {
    let scenario = scenarios().into_iter().find(|scenario| scenario.name == name).unwrap();
    let mut bed = Bed::new().await;
    if let Err(error) = run(&scenario, &mut bed).await {
        panic!("{error}");
    }
}
