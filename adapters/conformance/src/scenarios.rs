//! The scenarios. Beside each stands the transcript of Asterisk 22 that it was taken from, where
//! there is one.

use super::{
    Far, Near, Scenario,
    Step::{Alive, AnyOrder, Call, Cut, Dial, Expect, Hears, Interrupt, Quiet, Send},
};
use std::time::Duration;
use strowger_model::{Prompt, command::ListenMode, event::Cause};
use strowger_pbx::port::{LegId, PbxCommand, PlayId};

const NOW: Duration = Duration::ZERO;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn leg(name: &str) -> LegId {
    LegId::from(name)
}

fn answer(name: &str) -> PbxCommand {
    PbxCommand::Answer { leg: leg(name) }
}

fn indicate_ringing(name: &str) -> PbxCommand {
    PbxCommand::IndicateRinging { leg: leg(name) }
}

fn hang_up(name: &str) -> PbxCommand {
    hang_up_as(name, Cause::Normal)
}

fn hang_up_as(name: &str, cause: Cause) -> PbxCommand {
    PbxCommand::HangUp { leg: leg(name), cause }
}

fn listen(name: &str, to: &str, mode: ListenMode) -> PbxCommand {
    PbxCommand::Listen { leg: leg(name), to: leg(to), mode }
}

fn moved(name: &str, to: &str) -> PbxCommand {
    PbxCommand::Move { leg: leg(name), to: leg(to) }
}

fn music(name: &str, class: Option<&str>) -> PbxCommand {
    PbxCommand::Music { leg: leg(name), class: class.map(str::to_owned) }
}

fn play(name: &str, conversation: &str, prompts: &[Prompt]) -> PbxCommand {
    PbxCommand::Play {
        play: PlayId(name.into()),
        conversation: leg(conversation),
        prompts: prompts.into(),
    }
}

fn one_second(name: &str, conversation: &str) -> PbxCommand {
    play(name, conversation, &[Prompt::Silence(ms(1000))])
}

fn stop(name: &str) -> PbxCommand {
    PbxCommand::Stop { play: PlayId(name.into()) }
}

const STAYS: Near = Near { leaves: None, keys_after_answer: None };

/// All scenarios.
pub fn scenarios() -> Vec<Scenario> {
    let scenario = |name, steps| Scenario { name, steps };
    /// A caller who was answered.
    fn answered(near: Near, then: Vec<super::Step>) -> Vec<super::Step> {
        let mut steps = vec![
            Call(near),
            Expect(NOW, "arrived caller"),
            Send(answer("caller")),
            Expect(NOW, "answered caller"),
        ];
        steps.extend(then);
        steps
    }
    vec![
        // ast22-b1-baresip-agent
        scenario(
            "dialled-answers-and-is-hung-up",
            vec![
                Dial("a", Far::Answers { after: ms(500) }),
                Expect(NOW, "ringing a"),
                Expect(ms(500), "answered a"),
                Quiet(ms(500)),
                Alive(&["a Up in a"]),
                Send(hang_up("a")),
                Expect(NOW, "ended a Normal"),
                Quiet(ms(300)),
                Alive(&[]),
            ],
        ),
        // ast22-b1-baresip-agent: the phone's BYE has cause 0
        scenario(
            "dialled-answers-and-hangs-up",
            vec![
                Dial("a", Far::AnswersAndLeaves { after: ms(300), then: ms(1000) }),
                Expect(NOW, "ringing a"),
                Expect(ms(300), "answered a"),
                Expect(ms(1000), "ended a Normal"),
                Quiet(ms(300)),
            ],
        ),
        // ast22-s2-originate-noanswer, ast22-s2-originate-abandon-ringing
        scenario(
            "dialled-rings-and-is-cancelled",
            vec![
                Dial("a", Far::Rings),
                Expect(NOW, "ringing a"),
                Quiet(ms(3000)),
                Alive(&["a Ringing in none"]),
                Send(hang_up("a")),
                Expect(NOW, "ended a Normal"),
                Quiet(ms(500)),
            ],
        ),
        // ast22-s2-originate-busy
        scenario(
            "dialled-is-busy",
            vec![Dial("a", Far::Busy), Expect(NOW, "ended a Busy"), Quiet(ms(500)), Alive(&[])],
        ),
        // ast22-s2-originate-decline
        scenario(
            "dialled-declines",
            vec![Dial("a", Far::Declines), Expect(NOW, "ended a Declined"), Quiet(ms(500))],
        ),
        scenario(
            "dialled-rings-and-declines",
            vec![
                Dial("a", Far::DeclinesAfter { after: ms(700) }),
                Expect(NOW, "ringing a"),
                Expect(ms(700), "ended a Declined"),
                Quiet(ms(500)),
            ],
        ),
        // ast22-s2-originate-earlymedia: a 183 counts as ringing
        scenario(
            "dialled-early-media",
            vec![
                Dial("a", Far::EarlyMedia { after: ms(1000) }),
                Expect(NOW, "ringing a"),
                Expect(ms(1000), "answered a"),
                Send(hang_up("a")),
                Expect(NOW, "ended a Normal"),
            ],
        ),
        // ast22-s2-originate-noport: nothing at all until the host hangs up
        scenario(
            "dialled-nothing-listens",
            vec![
                Dial("a", Far::Silent),
                Quiet(ms(2000)),
                Alive(&["a Down in none"]),
                Send(hang_up("a")),
                Expect(NOW, "ended a Normal"),
                Quiet(ms(500)),
            ],
        ),
        // ast22-s2-originate-badendpoint: refused with 500
        scenario(
            "dialled-is-unknown",
            vec![
                Dial("a", Far::Unknown),
                Expect(NOW, "ended a Unreachable"),
                Quiet(ms(300)),
                Alive(&[]),
            ],
        ),
        scenario(
            "dialled-twice-is-one-leg",
            vec![
                Dial("a", Far::Rings),
                Expect(NOW, "ringing a"),
                Dial("a", Far::Rings),
                Quiet(ms(500)),
                Send(hang_up("a")),
                Expect(NOW, "ended a Normal"),
                Quiet(ms(500)),
            ],
        ),
        scenario(
            "unknown-leg-is-hung-up",
            vec![Send(hang_up("nobody")), Expect(NOW, "ended nobody Normal"), Quiet(ms(300))],
        ),
        // ast22-s2-inbound-cancel
        scenario(
            "caller-cancels",
            vec![
                Call(Near { leaves: Some(ms(2000)), ..STAYS }),
                Expect(NOW, "arrived caller"),
                Send(indicate_ringing("caller")),
                Alive(&["caller Down in none"]),
                Expect(ms(2000), "ended caller Normal"),
                Send(answer("caller")),
                Send(music("caller", Some("default"))),
                Quiet(ms(500)),
                Alive(&[]),
            ],
        ),
        scenario(
            "caller-is-turned-away",
            vec![
                Call(STAYS),
                Expect(NOW, "arrived caller"),
                Send(hang_up_as("caller", Cause::Busy)),
                Expect(NOW, "ended caller Busy"),
                Quiet(ms(300)),
            ],
        ),
        // ast22-s1-inbound-dtmf-moh-bridge
        scenario(
            "caller-hears-and-keys",
            answered(
                Near { keys_after_answer: Some(ms(1500)), leaves: None },
                vec![
                    Send(music("caller", Some("default"))),
                    Send(one_second("p1", "caller")),
                    Expect(ms(1000), "played caller p1 whole"),
                    Expect(ms(600), "digit caller 1"),
                    Expect(ms(200), "digit caller 2"),
                    Expect(ms(200), "digit caller #"),
                    Alive(&["caller Up in caller"]),
                    Send(hang_up("caller")),
                    Expect(NOW, "ended caller Normal"),
                ],
            ),
        ),
        // ast22-s3-reconnect: the second play starts when the first is over
        scenario(
            "plays-queue-up",
            answered(
                STAYS,
                vec![
                    Send(one_second("p1", "caller")),
                    Send(one_second("p2", "caller")),
                    Expect(ms(1000), "played caller p1 whole"),
                    Expect(ms(1000), "played caller p2 whole"),
                    Send(hang_up("caller")),
                    Expect(NOW, "ended caller Normal"),
                ],
            ),
        ),
        scenario(
            "plays-are-stopped",
            answered(
                STAYS,
                vec![
                    Send(one_second("p1", "caller")),
                    Send(one_second("p2", "caller")),
                    Send(one_second("p3", "caller")),
                    Quiet(ms(300)),
                    Send(stop("p2")),
                    Expect(NOW, "played caller p2 stopped"),
                    Send(stop("p1")),
                    Expect(NOW, "played caller p1 stopped"),
                    Expect(ms(1000), "played caller p3 whole"),
                    Send(stop("p3")),
                    Send(stop("nothing")),
                    Quiet(ms(300)),
                    Send(hang_up("caller")),
                    Expect(NOW, "ended caller Normal"),
                ],
            ),
        ),
        scenario(
            "missing-recording",
            answered(
                STAYS,
                vec![
                    Send(play("p1", "caller", &[Prompt::Recording("there-is-none".to_owned())])),
                    Expect(NOW, "played caller p1 failed"),
                    Send(hang_up("caller")),
                    Expect(NOW, "ended caller Normal"),
                ],
            ),
        ),
        scenario(
            "hang-up-ends-plays-first",
            answered(
                STAYS,
                vec![
                    Send(one_second("p1", "caller")),
                    Send(one_second("p2", "caller")),
                    Quiet(ms(300)),
                    Send(hang_up("caller")),
                    AnyOrder(&["played caller p1 stopped", "played caller p2 stopped"]),
                    Expect(NOW, "ended caller Normal"),
                    Quiet(ms(1500)),
                ],
            ),
        ),
        // ast22-s1-inbound-dtmf-moh-bridge
        scenario(
            "two-talk-and-the-phone-hangs-up",
            answered(
                STAYS,
                vec![
                    Send(music("caller", Some("default"))),
                    Dial("a", Far::AnswersAndLeaves { after: ms(300), then: ms(1000) }),
                    Expect(NOW, "ringing a"),
                    Expect(ms(300), "answered a"),
                    Send(music("caller", None)),
                    Send(moved("a", "caller")),
                    Expect(NOW, "moved a to caller"),
                    Alive(&["a Up in caller", "caller Up in caller"]),
                    Hears(&["a hears caller", "caller hears a"]),
                    Expect(ms(1000), "ended a Normal"),
                    Quiet(ms(500)),
                    Alive(&["caller Up in caller"]),
                    Send(hang_up("caller")),
                    Expect(NOW, "ended caller Normal"),
                ],
            ),
        ),
        scenario(
            "two-talk-and-the-caller-hangs-up",
            answered(
                Near { leaves: Some(ms(3000)), ..STAYS },
                vec![
                    Dial("a", Far::Answers { after: ms(300) }),
                    Expect(NOW, "ringing a"),
                    Expect(ms(300), "answered a"),
                    Send(moved("a", "caller")),
                    Expect(NOW, "moved a to caller"),
                    Expect(ms(2700), "ended caller Normal"),
                    Quiet(ms(500)),
                    Send(moved("a", "a")),
                    Expect(NOW, "moved a to a"),
                    Send(one_second("p1", "a")),
                    Expect(ms(1000), "played a p1 whole"),
                    Send(hang_up("a")),
                    Expect(NOW, "ended a Normal"),
                    Alive(&[]),
                ],
            ),
        ),
        scenario(
            "two-talk-and-part",
            answered(
                STAYS,
                vec![
                    Dial("a", Far::Answers { after: ms(300) }),
                    Expect(NOW, "ringing a"),
                    Expect(ms(300), "answered a"),
                    Send(moved("a", "caller")),
                    Expect(NOW, "moved a to caller"),
                    Send(one_second("p1", "caller")),
                    Expect(ms(1000), "played caller p1 whole"),
                    Send(moved("a", "a")),
                    Expect(NOW, "moved a to a"),
                    Alive(&["a Up in a", "caller Up in caller"]),
                    Hears(&["a hears", "caller hears"]),
                    Send(hang_up("a")),
                    Send(hang_up("caller")),
                    AnyOrder(&["ended a Normal", "ended caller Normal"]),
                ],
            ),
        ),
        // A coach (V9) hears both; the caller never hears a whisper.
        scenario(
            "a-leg-listens-to-another",
            answered(
                STAYS,
                vec![
                    Dial("a", Far::Answers { after: ms(300) }),
                    Expect(NOW, "ringing a"),
                    Expect(ms(300), "answered a"),
                    Send(moved("a", "caller")),
                    Expect(NOW, "moved a to caller"),
                    Dial("coach", Far::Answers { after: ms(300) }),
                    Expect(NOW, "ringing coach"),
                    Expect(ms(300), "answered coach"),
                    Send(listen("coach", "a", ListenMode::Silent)),
                    Expect(NOW, "listening coach"),
                    Hears(&["a hears caller", "caller hears a", "coach hears a caller"]),
                    Send(PbxCommand::StopListening { leg: leg("coach") }),
                    Expect(NOW, "listening-ended coach"),
                    Send(listen("coach", "a", ListenMode::Whisper)),
                    Expect(NOW, "listening coach"),
                    Hears(&["a hears caller coach", "caller hears a", "coach hears a caller"]),
                    Send(PbxCommand::StopListening { leg: leg("coach") }),
                    Expect(NOW, "listening-ended coach"),
                    Send(listen("coach", "a", ListenMode::Join)),
                    Expect(NOW, "listening coach"),
                    Hears(&[
                        "a hears caller coach",
                        "caller hears a coach",
                        "coach hears a caller",
                    ]),
                    // Wherever that one goes.
                    Send(moved("a", "a")),
                    Expect(NOW, "moved a to a"),
                    Hears(&["a hears coach", "caller hears", "coach hears a"]),
                    Alive(&["a Up in a", "caller Up in caller", "coach Up in coach"]),
                    Send(hang_up("a")),
                    AnyOrder(&["ended a Normal", "listening-ended coach"]),
                    Send(listen("coach", "a", ListenMode::Silent)),
                    Expect(NOW, "listening-ended coach"),
                    Send(listen("coach", "caller", ListenMode::Silent)),
                    Expect(NOW, "listening coach"),
                    Send(hang_up("coach")),
                    Expect(NOW, "ended coach Normal"),
                    Quiet(ms(300)),
                    Send(hang_up("caller")),
                    Expect(NOW, "ended caller Normal"),
                ],
            ),
        ),
        scenario(
            "caller-goes-on-in-the-pbx",
            answered(
                STAYS,
                vec![
                    Send(PbxCommand::Transfer { leg: leg("caller"), to: None }),
                    Expect(NOW, "ended caller Normal left"),
                    Quiet(ms(300)),
                    Alive(&[]),
                ],
            ),
        ),
        // ast22-s3-reconnect-abrupt: what happens meanwhile is not told later, but for plays, which
        // the adapter asks for
        scenario(
            "connection-is-cut",
            answered(
                STAYS,
                vec![
                    Dial("a", Far::AnswersAndLeaves { after: ms(300), then: ms(2000) }),
                    Expect(NOW, "ringing a"),
                    Expect(ms(300), "answered a"),
                    Send(one_second("p1", "caller")),
                    Quiet(ms(300)),
                    Cut(ms(4000)),
                    Expect(NOW, "lost"),
                    Expect(NOW, "synced caller"),
                    Expect(NOW, "played caller p1 whole"),
                    Send(one_second("p2", "caller")),
                    Expect(ms(1000), "played caller p2 whole"),
                    Send(hang_up("caller")),
                    Expect(NOW, "ended caller Normal"),
                ],
            ),
        ),
        // A remote adapter and its host keep what they have to say; commands are carried out late.
        scenario(
            "connection-is-cut-and-nothing-lost",
            answered(
                STAYS,
                vec![
                    Dial("a", Far::AnswersAndLeaves { after: ms(300), then: ms(2000) }),
                    Expect(NOW, "ringing a"),
                    Expect(ms(300), "answered a"),
                    Send(one_second("p1", "caller")),
                    Quiet(ms(300)),
                    Interrupt(ms(4000)),
                    Expect(NOW, "lost"),
                    Expect(NOW, "played caller p1 whole"),
                    Expect(NOW, "ended a Normal"),
                    Expect(NOW, "synced caller"),
                    Send(one_second("p2", "caller")),
                    Expect(ms(1000), "played caller p2 whole"),
                    Send(hang_up("caller")),
                    Expect(NOW, "ended caller Normal"),
                ],
            ),
        ),
    ]
}
