#![allow(clippy::unwrap_used, reason = "tests")]

mod faults;
mod fuzz;
mod transfers;

use super::*;
use crate::rest::Snapshot;
use std::{collections::BTreeMap, time::Duration};
use strowger_pbx::port::{Address, AliveLeg, LegState};
use tokio::sync::oneshot;

/// A desk, and what came out of it as text.
struct Told {
    desk: Desk,
    serials: HashMap<String, (u64, Job)>,
}

impl Told {
    fn new() -> Self {
        let mut config = AsteriskConfig::new("http://127.0.0.1:8088", "u", "p");
        config.number_endpoint = Some("PJSIP/{number}@trunk".into());
        Self { desk: Desk::new(config.into()), serials: HashMap::new() }
    }

    fn input(&mut self, input: Input) -> Vec<String> {
        self.desk.handle(input);
        let mut told = Vec::new();
        for output in std::mem::take(&mut self.desk.out) {
            told.push(match output {
                Output::Emit(event) => format!("{event:?}"),
                Output::Run { channel, serial, job } => {
                    let text = format!("run {channel} {job:?}");
                    self.serials.insert(channel.to_string(), (serial, job));
                    text
                }
                Output::Again { channel, serial, job, .. } => {
                    let text = format!("again {channel} {job:?}");
                    self.serials.insert(channel.to_string(), (serial, job));
                    text
                }
                Output::Watch { channel, to, within } => format!("watch {channel} {to} {within:?}"),
                Output::Chore(chore) => format!("chore {chore:?}"),
                Output::Settle(device, after) => format!("settle {device} {after:?}"),
                Output::Arm(play, after) => format!("arm {play:?} {after:?}"),
            });
        }
        told
    }

    fn command(&mut self, command: PbxCommand) -> Vec<String> {
        self.input(Input::Command(command))
    }

    fn event(&mut self, json: &str) -> Vec<String> {
        self.input(Input::Event(serde_json::from_str(json).unwrap()))
    }

    /// The job under way of a channel is done.
    fn done(&mut self, channel: &str, result: Result<u64, Option<u16>>) -> Vec<String> {
        let (serial, job) = self.serials.remove(channel).unwrap();
        let result = result.map(Duration::from_millis).map_err(Failure::of);
        self.input(Input::Done { channel: channel.into(), serial, job, result })
    }

    fn dial(&mut self, leg: &str) -> Vec<String> {
        let to = Address::Endpoint("PJSIP/a1".into());
        self.command(PbxCommand::Dial {
            leg: leg.into(),
            to,
            caller_id: Some("+32".into()),
            display_name: None,
        })
    }

    /// A call comes in on a channel. What is told of it.
    fn arrives(&mut self, channel: &str) -> String {
        let asked = self.event(&channel_event("StasisStart", channel, "Ring", ""));
        assert_eq!(asked, [format!("run {channel} Identify {{ name: \"PJSIP/x-1\" }}")]);
        let told = self.identified(channel).concat();
        assert!(told.starts_with("Arrived"), "{told}");
        assert!(self.done(channel, Ok(0)).is_empty());
        told
    }

    fn identified(&mut self, channel: &str) -> Vec<String> {
        self.input(Input::Identified { channel: channel.into(), signalled: Signalled::default() })
    }

    /// A leg that arrived and was answered.
    fn answered(&mut self, leg: &str) {
        self.arrives(leg);
        self.command(PbxCommand::Answer { leg: leg.into() });
        self.done(leg, Ok(0));
        let entered = entered(leg, leg);
        assert_eq!(self.event(&entered), [format!("Answered {{ leg: {leg} }}")]);
    }

    fn play(&mut self, play: &str, leg: &str) -> Vec<String> {
        self.command(PbxCommand::Play {
            play: PlayId(play.into()),
            conversation: leg.into(),
            prompts: [].into(),
        })
    }
}

fn channel(id: &str, state: &str) -> String {
    format!(
        r#"{{"id": "{id}", "name": "PJSIP/x-1", "state": "{state}", "dialplan": {{"exten": "100", "app_name": "Stasis", "app_data": "strowger"}}}}"#
    )
}

fn channel_event(kind: &str, id: &str, state: &str, more: &str) -> String {
    format!(r#"{{"type": "{kind}", {more} "channel": {}}}"#, channel(id, state))
}

fn entered(id: &str, conversation: &str) -> String {
    let bridge =
        format!(r#""bridge": {{"id": "conversation-{conversation}", "channels": ["{id}"]}},"#);
    channel_event("ChannelEnteredBridge", id, "Up", &bridge)
}

fn hang_up(leg: &str) -> PbxCommand {
    PbxCommand::hang_up(leg.into(), Cause::Normal)
}

#[test]
fn who_calls_now_is_shown_behind_the_dial_and_once() {
    let mut told = Told::new();
    told.dial("a");
    let show = |number: Option<&str>| PbxCommand::Show {
        leg: "a".into(),
        caller_id: number.map(Into::into),
        display_name: Some("Els".into()),
    };
    assert!(told.command(show(Some("+3212"))).is_empty(), "the dial is under way");
    let shows = r#"run a Show { caller_id: "\"Els\" <+3212>", withheld: false }"#;
    assert_eq!(told.done("a", Ok(0)), [shows]);
    assert!(told.done("a", Err(Some(500))).is_empty(), "the leg goes on");
    let withheld = r#"run a Show { caller_id: "\"Els\" <>", withheld: true }"#;
    assert_eq!(told.command(show(None)), [withheld]);
    assert!(
        told.command(PbxCommand::Show { leg: "b".into(), caller_id: None, display_name: None })
            .is_empty()
    );
}

#[test]
fn hanging_up_waits_for_the_dial_and_drops_the_rest() {
    let mut told = Told::new();
    assert_eq!(told.dial("d").len(), 1);
    assert!(
        told.command(PbxCommand::SendDigits { leg: "d".into(), digits: "1".into() }).is_empty()
    );
    assert!(told.command(hang_up("d")).is_empty());
    assert_eq!(
        told.done("d", Ok(0)),
        ["run d HangUp { cause: Normal, elsewhere: false, transferred: None }"]
    );
    assert!(told.done("d", Ok(0)).is_empty());
    let destroyed = channel_event("ChannelDestroyed", "d", "Ringing", r#""cause": 16,"#);
    assert_eq!(told.event(&destroyed), ["Ended(Ended { leg: d, cause: Normal, left: false })"]);
    // Nothing more, whatever comes.
    assert!(
        told.event(&destroyed).is_empty()
            && told.command(hang_up("d")).is_empty()
            && told.dial("d").is_empty()
    );
}

#[test]
fn a_dial_that_nobody_replied_to_is_hung_up_for_safety() {
    let mut told = Told::new();
    told.dial("d");
    assert_eq!(
        told.done("d", Err(None)),
        ["chore HangUp(\"d\")", "Ended(Ended { leg: d, cause: Failed, left: false })"]
    );
    told.dial("e");
    assert!(told.done("e", Err(Some(409))).is_empty(), "the same leg");
    told.dial("f");
    assert_eq!(
        told.done("f", Err(Some(500))),
        ["Ended(Ended { leg: f, cause: Unreachable, left: false })"]
    );
    // Answered after it was given up.
    let late = channel_event("StasisStart", "d", "Up", r#""args": ["strowger-dialled"],"#);
    assert_eq!(told.event(&late), ["chore HangUp(\"d\")"]);
}

#[test]
fn a_play_that_asterisk_forgets_is_failed_by_its_deadline() {
    let mut told = Told::new();
    told.answered("c");
    told.play("p1", "c");
    assert_eq!(told.done("c", Ok(1000)), ["arm p1 6s"]);
    told.play("p2", "c");
    assert!(told.done("c", Ok(1000)).is_empty(), "its turn has not come");
    let over = told.input(Input::Overdue(PlayId("p1".into())));
    assert_eq!(
        over,
        ["chore StopPlay(p1)", "Played { leg: c, play: p1, end: Failed }", "arm p2 6s"]
    );
    assert!(told.input(Input::Overdue(PlayId("p1".into()))).is_empty());
    let finished = r#"{"type": "PlaybackFinished", "playback": {"id": "p2", "state": "done"}}"#;
    assert_eq!(told.event(finished), ["Played { leg: c, play: p2, end: Whole }"]);
}

#[test]
fn music_stops_for_plays_and_comes_back_after_the_last() {
    let mut told = Told::new();
    told.answered("c");
    told.command(PbxCommand::Music { leg: "c".into(), class: Some("default".into()) });
    told.done("c", Ok(0));
    assert!(told.play("p1", "c").concat().contains("hush: true"));
    told.play("p2", "c");
    assert!(told.done("c", Ok(100)).concat().contains("hush: false"));
    told.done("c", Ok(100));
    let finished = |play: &str| {
        format!(
            r#"{{"type": "PlaybackFinished", "playback": {{"id": "{play}", "state": "done"}}}}"#
        )
    };
    assert!(!told.event(&finished("p1")).concat().contains("Music"));
    assert!(
        told.event(&finished("p2"))
            .concat()
            .contains("run c Music { bridge: c, class: Some(\"default\") }")
    );
}

#[test]
fn a_leg_that_ends_ends_its_plays_first_and_its_bridge_last() {
    let mut told = Told::new();
    told.answered("c");
    told.play("p1", "c");
    assert!(told.play("p2", "c").is_empty(), "waits for the first");
    told.event(&channel_event("ChannelHangupRequest", "c", "Up", ""));
    let ended = told.event(&channel_event("StasisEnd", "c", "Up", ""));
    let expected = [
        "chore DestroyBridge(c)",
        "Played { leg: c, play: p1, end: Stopped }",
        "Played { leg: c, play: p2, end: Stopped }",
        "Ended(Ended { leg: c, cause: Normal, left: false })",
    ];
    assert_eq!(ended, expected);
    assert!(told.play("p3", "c").is_empty(), "its leg has ended");
    assert_eq!(told.play("p4", "nobody"), ["Played { leg: nobody, play: p4, end: Failed }"]);
}

#[test]
fn a_channel_that_comes_back_is_another_leg() {
    let mut told = Told::new();
    told.answered("c");
    assert!(told.event(&channel_event("StasisEnd", "c", "Up", "")).concat().contains("left: true"));
    let again = told.arrives("c");
    let id = again.split("leg: ").nth(1).unwrap().split(',').next().unwrap().to_owned();
    assert!(id.starts_with("c~"), "{id}");
    assert!(told.command(hang_up("c")).is_empty(), "the visit that is over");
    assert_eq!(told.command(PbxCommand::Answer { leg: id.as_str().into() }).len(), 1);
}

#[test]
fn what_the_pbx_shows_is_so() {
    let mut told = Told::new();
    told.answered("gone");
    told.answered("stays");
    told.play("p", "stays");
    told.done("stays", Ok(60_000));
    told.dial("under-way");
    assert!(told.input(Input::Lost("cut".into())).concat().starts_with("Lost"));
    assert!(told.input(Input::Lost("cut".into())).is_empty(), "it was said");
    let why = told.input(Input::Lost("another cause".into()));
    assert_eq!(why, ["Lost { why: \"another cause\" }"]);
    told.input(Input::Connected);
    assert!(told.event(&channel_event("StasisStart", "new", "Ring", "")).is_empty(), "waits");
    let snapshot = Snapshot {
        started: "once".into(),
        version: String::new(),
        channels: ["stays", "new", "missed"]
            .map(|id| serde_json::from_str(&channel(id, "Up")).unwrap())
            .into(),
        bridges: BTreeMap::from([("stays".into(), "conversation-stays".into())]),
        signalled: BTreeMap::new(),
    };
    told.desk.handle(Input::Synced(snapshot));
    let out = std::mem::take(&mut told.desk.out);
    let Some(Output::Emit(PbxEvent::Synced { alive })) =
        out.iter().find(|output| matches!(output, Output::Emit(_)))
    else {
        panic!("{out:?}")
    };
    let mut alive: Vec<_> =
        alive.iter().map(|leg| (leg.leg.0.to_string(), leg.state, leg.arrived.is_some())).collect();
    alive.sort_by(|one, other| one.0.cmp(&other.0));
    let up = |id: &str, arrived| (id.to_owned(), LegState::Up, arrived);
    let down = ("under-way".to_owned(), LegState::Down, false);
    assert_eq!(alive, [up("missed", true), up("new", true), up("stays", true), down]);
    // The play may be over, and the event that waited tells nothing new.
    assert!(
        out.iter()
            .any(|output| matches!(output, Output::Chore(Chore::Check(play)) if &*play.0 == "p"))
    );
    assert!(!out.iter().any(|output| matches!(output, Output::Emit(PbxEvent::Arrived(_)))));
}

/// A dial that leaves after the list was asked for is not judged by that list.
#[test]
fn a_leg_that_is_dialled_while_the_list_is_written_is_alive() {
    let nothing = || Snapshot { channels: Vec::new(), ..listed_twice() };
    let down = |leg: &str| {
        format!(
            "Synced {{ alive: [AliveLeg {{ leg: {leg}, state: Down, conversation: None, arrived: None, age: 0ns }}] }}"
        )
    };
    let mut told = Told::new();
    told.input(Input::Synced(nothing()));
    told.dial("before");
    told.done("before", Ok(0));
    told.input(Input::Lost("cut".into()));
    told.input(Input::Connected);
    told.dial("d");
    told.done("d", Ok(0));
    let destroyed = channel_event("ChannelDestroyed", "d", "Ringing", r#""cause": 17,"#);
    assert!(told.event(&destroyed).is_empty(), "waits for the list");
    // What was dialled before has gone meanwhile; what is too new for the list has an end of its own.
    assert_eq!(
        told.input(Input::Synced(nothing())),
        [down("d"), "Ended(Ended { leg: d, cause: Busy, left: false })".to_owned()]
    );
}

/// Asterisk lists a channel twice that changes while the list is written: as it was, and as it is.
fn listed_twice() -> Snapshot {
    Snapshot {
        started: "once".into(),
        version: String::new(),
        channels: [("c", "Ring"), ("other", "Up"), ("c", "Up")]
            .map(|(id, state)| serde_json::from_str(&channel(id, state)).unwrap())
            .into(),
        bridges: BTreeMap::from([("c".into(), "conversation-c".into())]),
        signalled: BTreeMap::new(),
    }
}

fn states(alive: &[AliveLeg]) -> Vec<(&str, LegState)> {
    let mut states: Vec<_> = alive.iter().map(|leg| (&*leg.leg.0, leg.state)).collect();
    states.sort_by_key(|(leg, _)| leg.to_owned());
    states
}

#[test]
fn a_channel_that_is_listed_twice_is_one_leg() {
    let mut told = Told::new();
    told.answered("c");
    let (reply, mut alive) = oneshot::channel();
    told.input(Input::Alive(listed_twice(), reply));
    let up = [("c", LegState::Up), ("other", LegState::Up)];
    assert_eq!(states(&alive.try_recv().unwrap()), up);

    told.input(Input::Lost("cut".into()));
    told.input(Input::Connected);
    told.desk.handle(Input::Synced(listed_twice()));
    let alive: Vec<AliveLeg> = std::mem::take(&mut told.desk.out)
        .into_iter()
        .find_map(|output| match output {
            Output::Emit(PbxEvent::Synced { alive }) => Some(alive),
            _ => None,
        })
        .unwrap();
    assert_eq!(states(&alive), up);
}

#[test]
fn while_another_host_serves_the_application_nothing_is_done() {
    let mut told = Told::new();
    told.answered("c");
    told.answered("other");
    assert!(told.input(Input::StoodDown("taken".into())).concat().starts_with("Lost"));
    assert!(told.play("p", "other").is_empty());
    assert!(told.command(hang_up("c")).is_empty());
    assert!(told.dial("d").is_empty());
    // The application is free again: what waited is done to those who are still there.
    told.input(Input::Connected);
    let out = told.input(Input::Synced(listed_twice())).concat();
    for done in
        ["run c HangUp { cause: Normal, elsewhere: false, transferred: None }", "run other Play"]
    {
        assert!(out.contains(done), "{out}");
    }
    assert!(!out.contains("Originate"), "{out}");
}

#[test]
fn legs_that_asterisk_lost_by_starting_anew_have_failed() {
    let again = |started: &str| {
        let mut told = Told::new();
        told.input(Input::Synced(Snapshot { channels: Vec::new(), ..listed_twice() }));
        told.answered("c");
        told.input(Input::Lost("cut".into()));
        told.input(Input::Connected);
        let started = started.into();
        told.input(Input::Synced(Snapshot { started, channels: Vec::new(), ..listed_twice() }))
    };
    let out = again("later");
    assert_eq!(
        out[1..],
        ["Ended(Ended { leg: c, cause: Failed, left: false })", "Synced { alive: [] }"]
    );
    // Else nobody knows why: the caller may have hung up.
    assert_eq!(again("once"), ["chore DestroyBridge(c)", "Synced { alive: [] }"]);
}

#[test]
fn a_call_is_told_when_it_is_known_who_calls() {
    let mut told = Told::new();
    let start = channel_event("StasisStart", "c", "Ring", "");
    let destroyed = channel_event("StasisEnd", "c", "Ring", "");
    assert_eq!(told.event(&start).len(), 1);
    assert!(told.event(&destroyed).is_empty(), "it was not told yet");
    assert!(told.identified("c").is_empty() && told.done("c", Ok(0)).is_empty());

    // The list says it before the answer comes.
    let mut told = Told::new();
    told.event(&start);
    told.input(Input::Connected);
    let privacy = Signalled { privacy: Some("id".to_owned()), ..Signalled::default() };
    let signalled = BTreeMap::from([("c".to_owned(), privacy)]);
    let listed = told.input(Input::Synced(Snapshot { signalled, ..listed_twice() })).concat();
    assert!(listed.contains("privacy: Some(\"id\")"), "{listed}");
    assert!(told.identified("c").is_empty(), "the host knows it");

    // Asterisk cannot say it.
    let mut told = Told::new();
    told.event(&start);
    assert!(told.done("c", Err(Some(500))).concat().starts_with("Arrived"));
}
