//! Events of ARI that are spoilt.

use super::*;
use strowger_test_support::fuzz_text;

/// A call that comes in, talks with a phone that is dialled, and keys.
fn events() -> Vec<String> {
    let digit = |id: &str| channel_event("ChannelDtmfReceived", id, "Up", r#""digit": "5","#);
    let gone = r#""cause": 16, "tech_cause": 200,"#;
    vec![
        channel_event("StasisStart", "c", "Ring", r#""args": [],"#),
        entered("c", "c"),
        digit("c"),
        channel_event("ChannelStateChange", "d", "Ringing", ""),
        format!(
            r#"{{"type": "Dial", "peer": {}, "dialstatus": "PROGRESS"}}"#,
            channel("d", "Down")
        ),
        channel_event("StasisStart", "d", "Up", r#""args": ["dialled"],"#),
        entered("d", "c"),
        digit("d"),
        r#"{"type": "PlaybackFinished", "playback": {"id": "p1", "state": "done"}}"#.to_owned(),
        channel_event("ChannelHangupRequest", "d", "Up", r#""cause": 16, "soft": true,"#),
        channel_event("StasisEnd", "d", "Up", ""),
        channel_event("ChannelDestroyed", "d", "Up", gone),
        channel_event("ChannelDestroyed", "c", "Up", gone),
    ]
}

#[test]
fn what_asterisk_says() {
    fuzz_text(&[&events().join("\n")], |text| {
        let mut told = Told::new();
        told.dial("d");
        for line in text.lines() {
            if let Ok(event) = serde_json::from_str(line) {
                told.input(Input::Event(event));
            }
            told.command(PbxCommand::Answer { leg: "c".into() });
            told.play("p1", "c");
        }
        told.command(hang_up("c"));
        told.command(hang_up("d"));
    });
}
