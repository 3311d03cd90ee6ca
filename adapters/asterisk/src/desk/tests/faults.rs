//! Requests that Asterisk does not carry out: an ARI that fails when the test says so.

use super::*;

impl Told {
    /// The job under way of a channel fails until it is not tried again; what comes of it then, and
    /// how often it was tried.
    fn fails(&mut self, channel: &str, status: Option<u16>) -> (Vec<String>, usize) {
        let mut tries = 1;
        loop {
            let out = self.done(channel, Err(status));
            if !out.first().is_some_and(|first| first.starts_with("again")) {
                return (out, tries);
            }
            self.retry(channel);
            tries += 1;
        }
    }

    /// The time has come to try again.
    fn retry(&mut self, channel: &str) -> Vec<String> {
        let (serial, job) = self.serials.remove(channel).unwrap();
        let out = self.input(Input::Retry { channel: channel.into(), serial, job });
        assert!(out.is_empty() || out[0].starts_with("run"), "{out:?}");
        out
    }
}

const FAILED: &str = "Ended(Ended { leg: c, cause: Failed, left: false })";

fn arrived(told: &mut Told) {
    told.arrives("c");
}

fn answer() -> PbxCommand {
    PbxCommand::Answer { leg: "c".into() }
}

fn enter(to: &str) -> PbxCommand {
    PbxCommand::Move { leg: "c".into(), to: to.into() }
}

/// The leg is hung up, and the host hears that it has failed.
fn ends(told: &mut Told, out: &[String]) {
    assert_eq!(out, ["run c HangUp { cause: Failed, elsewhere: false, transferred: None }"]);
    assert_eq!(told.done("c", Err(Some(404))), ["chore DestroyBridge(c)", FAILED]);
}

#[test]
fn an_answer_that_fails_is_tried_again() {
    for status in [Some(500), Some(409), None] {
        let mut told = Told::new();
        arrived(&mut told);
        told.command(answer());
        assert!(told.done("c", Err(status))[0].starts_with("again c Settle"));
        told.retry("c");
        told.done("c", Ok(0));
        assert_eq!(told.event(&entered("c", "c")), ["Answered { leg: c }"]);
    }
}

#[test]
fn a_caller_who_cannot_be_answered_is_not_left_in_silence() {
    let mut told = Told::new();
    arrived(&mut told);
    told.command(answer());
    let (out, tries) = told.fails("c", Some(500));
    assert_eq!(tries, 5);
    ends(&mut told, &out);
}

#[test]
fn a_move_that_fails_is_tried_again_and_else_ends_the_leg() {
    let mut told = Told::new();
    told.answered("c");
    told.command(enter("other"));
    assert!(told.done("c", Err(Some(500)))[0].starts_with("again c Enter"));
    told.retry("c");
    told.done("c", Ok(0));
    assert_eq!(told.event(&entered("c", "other")), ["Moved { leg: c, to: other }"]);
    told.command(enter("third"));
    let (out, _) = told.fails("c", Some(500));
    ends(&mut told, &out);
}

/// Asterisk says 204 to a move that it does not make.
#[test]
fn a_move_that_asterisk_only_says_to_have_made_is_made_again() {
    let mut told = Told::new();
    told.answered("c");
    told.command(enter("other"));
    let watched = || Input::Watched { channel: "c".into(), to: "other".into() };
    for _ in 0..2 {
        assert_eq!(told.done("c", Ok(0)), ["watch c other 5s"]);
        assert_eq!(told.input(watched()), ["run c Enter { bridge: other }"]);
    }
    told.done("c", Ok(0));
    let out = told.input(watched());
    ends(&mut told, &out);
    // One that is there, or was sent on meanwhile, is not watched any more.
    let mut told = Told::new();
    told.answered("c");
    told.command(enter("other"));
    told.done("c", Ok(0));
    told.command(enter("third"));
    assert_eq!(told.done("c", Ok(0)), ["watch c third 5s"]);
    assert!(told.input(watched()).is_empty());
    told.event(&entered("c", "third"));
    let third = Input::Watched { channel: "c".into(), to: "third".into() };
    assert!(told.input(third).is_empty());
}

#[test]
fn a_hang_up_that_fails_is_tried_again_and_the_host_hears_of_an_end() {
    let mut told = Told::new();
    told.answered("c");
    told.command(hang_up("c"));
    let (out, tries) = told.fails("c", Some(500));
    assert_eq!(tries, 5);
    assert_eq!(
        out,
        ["chore DestroyBridge(c)", "Ended(Ended { leg: c, cause: Normal, left: false })"]
    );
}

#[test]
fn whoever_cannot_be_transferred_goes_the_own_route_or_is_hung_up() {
    let mut told = Told::new();
    told.answered("c");
    let to = Some(Address::Endpoint("PJSIP/a1".to_owned()));
    told.command(PbxCommand::Transfer { leg: "c".into(), to });
    let (out, _) = told.fails("c", Some(500));
    assert_eq!(out, ["run c Leave { to: OwnRoute }"]);
    let (out, _) = told.fails("c", Some(500));
    ends(&mut told, &out);
}

#[test]
fn what_cannot_do_without_is_given_up_alone() {
    let mut told = Told::new();
    told.answered("c");
    let music = || PbxCommand::Music { leg: "c".into(), class: Some("default".into()) };
    told.command(music());
    assert!(told.fails("c", Some(500)).0.is_empty());
    assert_eq!(told.command(music()).len(), 1, "it does not sound yet");
    told.done("c", Ok(0));
    let digits = PbxCommand::SendDigits { leg: "c".into(), digits: "1".into() };
    told.command(digits.clone());
    assert_eq!(told.fails("c", Some(500)).1, 5);
    told.command(digits);
    assert_eq!(told.fails("c", None).1, 1, "they may have been heard");
    told.play("p", "c");
    assert_eq!(told.fails("c", None).0[0], "Played { leg: c, play: p, end: Failed }");
    told.dial("d");
    assert_eq!(told.fails("d", Some(500)).1, 1, "the host hears of it at once");
}

#[test]
fn hanging_up_does_not_wait_for_what_is_tried_again() {
    let mut told = Told::new();
    told.answered("c");
    told.command(enter("other"));
    told.done("c", Err(Some(500)));
    let (serial, job) = told.serials.remove("c").unwrap();
    assert!(told.command(hang_up("c"))[0].starts_with("run c HangUp"));
    assert!(told.input(Input::Retry { channel: "c".into(), serial, job }).is_empty());
}

#[test]
fn nothing_is_given_up_while_asterisk_cannot_be_reached() {
    let mut told = Told::new();
    told.answered("c");
    told.command(enter("other"));
    told.input(Input::Lost("cut".into()));
    assert!(told.done("c", Err(None)).is_empty());
    told.input(Input::Connected);
    let out = told.input(Input::Synced(listed_twice())).concat();
    assert!(out.contains("run c Enter { bridge: other }"), "{out}");
}
