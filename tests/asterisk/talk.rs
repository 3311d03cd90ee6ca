//! In a conversation, on a real Asterisk 22 (R4, R5, V9): who hears whom is told by tones in the
//! media, each party playing one of its own.

use std::time::Duration;
use strowger_testbed::{Caller, Phone, sipp::Answer, voice::MUSIC};
use strowger_tests::{Bed, Folder, HELPDESK, IN_CALL, PATIENCE, helpdesk_site};

const CALLER: u32 = 500;
const AGENT: u32 = 700;
const OTHER: u32 = 900;
const URGENT: u32 = 1100;
const COACH: u32 = 1300;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn helpdesk() -> Folder {
    let flow = format!("{HELPDESK}{IN_CALL}");
    let site = helpdesk_site(1, true, true, true).replace("ring_time = 3", "ring_time = 20");
    Folder::helpdesk(&site, &flow).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_consult_return_and_complete() {
    let bed = Bed::start(helpdesk()).await.unwrap();
    let agent = Phone::start(
        &bed.pbx,
        1,
        &Answer::after(Duration::ZERO).speaking(AGENT).hang_up_after(secs(32)),
    )
    .unwrap();
    let other = Phone::central(&bed.pbx, &Answer::after(secs(1)).speaking(OTHER)).unwrap();
    let caller =
        Caller::to(&bed.pbx, "0900").speaking(CALLER).hang_up_after(secs(70)).call().unwrap();
    caller.voice().until_hears(&[AGENT], PATIENCE).unwrap();
    agent.voice().until_hears(&[CALLER], PATIENCE).unwrap();

    agent.voice().key("*4027138700#").unwrap();
    agent.voice().until_hears(&[OTHER], PATIENCE).unwrap();
    other.voice().until_hears(&[AGENT], PATIENCE).unwrap();
    caller.voice().until_hears(&[MUSIC], PATIENCE).unwrap();

    agent.voice().key("*#").unwrap();
    other.expect("BYE").unwrap();
    caller.voice().until_hears(&[AGENT], PATIENCE).unwrap();
    agent.voice().until_hears(&[CALLER], PATIENCE).unwrap();

    agent.voice().key("*4027138700#").unwrap();
    other.voice().until_hears(&[AGENT], PATIENCE).unwrap();
    // The agent hangs up: the two are connected.
    caller.voice().until_hears(&[OTHER], secs(60)).unwrap();
    other.voice().until_hears(&[CALLER], PATIENCE).unwrap();
    caller.finished(secs(60)).unwrap();
    let record = bed.host().records(1, PATIENCE).await.unwrap().remove(0);
    assert_eq!(record.outcome, "answered");
    assert!(record.notes.iter().any(|note| note.key == "handed-over"), "{:?}", record.notes);
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_an_urgent_call_is_taken_while_another_is_held() {
    let site = helpdesk_site(1, true, true, true).replace("ring_time = 3", "ring_time = 20")
        + "\n[queues.spoed]\nagents = [\"a1\"]\nring_time = 20\ninterrupts = true\n";
    let flow = format!(
        r#"
plugin = "gp-post"
numbers = ["0902"]
permissions = {{ queues = ["helpdesk", "spoed"], dial = ["+3227138700"] }}

[settings]
queue = "helpdesk"
music = "wachtmuziek"
welcome = "Druk 1."
key_within = 4
waiting = "Wacht."
repeat_every = 60
nobody = "Niemand."
urgent = {{ key = "1", queue = "spoed", display = "SPOED", announcement = "Spoed.", overflow_after = 60, otherwise = "+3227138700" }}
{IN_CALL}"#
    );
    let folder =
        Folder::new(&site).unwrap().plugin("gp-post").unwrap().flow("gp-post", &flow).unwrap();
    let bed = Bed::start(folder).await.unwrap();
    let agent = Phone::start(&bed.pbx, 1, &Answer::after(secs(1)).speaking(AGENT)).unwrap();
    let caller =
        Caller::to(&bed.pbx, "0902").speaking(CALLER).hang_up_after(secs(60)).call().unwrap();
    caller.voice().until_hears(&[AGENT], PATIENCE).unwrap();
    agent.voice().until_hears(&[CALLER], PATIENCE).unwrap();

    let urgent = Caller::to(&bed.pbx, "0902")
        .number(1)
        .speaking(URGENT)
        .hang_up_after(secs(20))
        .call()
        .unwrap();
    urgent.expect("200 OK").unwrap();
    urgent.voice().key("1").unwrap();
    urgent.voice().until_hears(&[AGENT], PATIENCE).unwrap();
    agent.voice().until_hears(&[URGENT], PATIENCE).unwrap();
    caller.voice().until_hears(&[MUSIC], PATIENCE).unwrap();

    urgent.finished(secs(40)).unwrap();
    caller.voice().until_hears(&[AGENT], PATIENCE).unwrap();
    agent.voice().until_hears(&[CALLER], PATIENCE).unwrap();
    caller.finished(secs(60)).unwrap();
    let records = bed.host().records(2, PATIENCE).await.unwrap();
    assert!(
        records.iter().all(|record| record.outcome == "answered"
            && record.agent.as_ref().unwrap().as_str() == "a1"),
        "{records:?}"
    );
}

/// A coach's call to one of these numbers listens to the agent, silently, whispering or joining in.
const COACHING: [(&str, &str); 3] = [("0904", ""), ("0903", "whisper"), ("0906", "join")];

#[tokio::test(flavor = "multi_thread")]
async fn v9_who_hears_a_coach_depends_on_the_mode() {
    let rules = |(number, mode): (&str, &str)| {
        format!(
            "plugin = \"plugboard\"\nnumbers = [\"{number}\"]\npermissions = {{ listen = [\"helpdesk\"] }}\n[settings.on]\narrived = [\"1 answer\"]\n\
             \"1 answered\" = [\"2 listen caller a1 {mode}\"]\n\"2 listening-ended\" = [\"hang-up\", \"finish over\"]\n\"hung-up caller\" = [\"cancel 2\", \"finish gone\"]\n"
        )
    };
    let folder =
        COACHING.into_iter().fold(helpdesk().plugin("plugboard").unwrap(), |folder, coaching| {
            folder.flow(&format!("coaching-{}", coaching.0), &rules(coaching)).unwrap()
        });
    let bed = Bed::start(folder).await.unwrap();
    let agent = Phone::start(&bed.pbx, 1, &Answer::after(Duration::ZERO).speaking(AGENT)).unwrap();
    let caller =
        Caller::to(&bed.pbx, "0900").speaking(CALLER).hang_up_after(secs(45)).call().unwrap();
    caller.voice().until_hears(&[AGENT], PATIENCE).unwrap();

    let silent = Caller::to(&bed.pbx, "0904")
        .number(1)
        .speaking(COACH)
        .hang_up_after(secs(8))
        .call()
        .unwrap();
    silent.voice().until_hears(&[CALLER, AGENT], PATIENCE).unwrap();
    agent.voice().until_hears(&[CALLER], PATIENCE).unwrap();
    caller.voice().until_hears(&[AGENT], PATIENCE).unwrap();
    silent.finished(PATIENCE).unwrap();

    let joining = Caller::to(&bed.pbx, "0906")
        .number(2)
        .speaking(COACH)
        .hang_up_after(secs(8))
        .call()
        .unwrap();
    joining.voice().until_hears(&[CALLER, AGENT], PATIENCE).unwrap();
    agent.voice().until_hears(&[CALLER, COACH], PATIENCE).unwrap();
    caller.voice().until_hears(&[AGENT, COACH], PATIENCE).unwrap();
    joining.finished(PATIENCE).unwrap();
    // Nothing of it stays behind.
    agent.voice().until_hears(&[CALLER], PATIENCE).unwrap();
    caller.voice().until_hears(&[AGENT], PATIENCE).unwrap();

    let whispering = Caller::to(&bed.pbx, "0903").number(3).speaking(COACH).call().unwrap();
    agent.voice().until_hears(&[CALLER, COACH], PATIENCE).unwrap();
    whispering.voice().until_hears(&[CALLER, AGENT], PATIENCE).unwrap();
    caller.voice().until_hears(&[AGENT], PATIENCE).unwrap();
    // The conversation is over, and so is listening in.
    caller.finished(secs(60)).unwrap();
    whispering.finished(PATIENCE).unwrap();
}

/// An outside phone that goes to voice mail never takes a caller: it is connected only after its
/// owner pressed a key.
#[tokio::test(flavor = "multi_thread")]
async fn a_voice_mail_never_takes_a_caller() {
    let rules = "plugin = \"plugboard\"\nnumbers = [\"0905\"]\npermissions = { dial = [\"+3227138700\"] }\n[settings.on]\narrived = [\"1 answer\"]\n\
         \"1 answered\" = [\"2 dial bob +3227138700 confirm 1 5\"]\n\"2 leg-answered\" = [\"3 connect caller bob\"]\n\
         \"2 unanswered\" = [\"4 dial bob +3227138700 confirm 1 15\"]\n\"4 leg-answered\" = [\"5 connect caller bob\"]\n\
         \"hung-up caller\" = [\"hang-up\", \"finish gone\"]\n";
    let folder = helpdesk().plugin("plugboard").unwrap().flow("confirmed", rules).unwrap();
    let bed = Bed::start(folder).await.unwrap();
    let mobile = Phone::central(&bed.pbx, &Answer::after(Duration::ZERO).speaking(OTHER)).unwrap();
    let caller =
        Caller::to(&bed.pbx, "0905").speaking(CALLER).hang_up_after(secs(30)).call().unwrap();
    // Nobody presses the key: the voice mail is hung up on, and the caller has heard nothing of it.
    mobile.expect("ACK").unwrap();
    while !mobile.messages().iter().any(|message| message.line().starts_with("BYE")) {
        assert!(!caller.voice().hears().contains(&OTHER), "the voice mail has the caller");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The second time its owner answers and presses it.
    mobile.expect("INVITE").unwrap();
    mobile.expect("ACK").unwrap();
    mobile.voice().key("1").unwrap();
    caller.voice().until_hears(&[OTHER], PATIENCE).unwrap();
    mobile.voice().until_hears(&[CALLER], PATIENCE).unwrap();
}

/// The caller hears no code that the agent keys, not even as telephone events; other keys go to the
/// far end, both ways.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_a_code_stay_here_and_others_go_to_the_far_end() {
    let bed = Bed::start(helpdesk()).await.unwrap();
    let answer = Answer::after(Duration::ZERO).speaking(AGENT);
    let agent = Phone::start(&bed.pbx, 1, &answer).unwrap();
    let other = Phone::central(&bed.pbx, &Answer::after(secs(1)).speaking(OTHER)).unwrap();
    let caller =
        Caller::to(&bed.pbx, "0900").speaking(CALLER).hang_up_after(secs(50)).call().unwrap();
    caller.voice().until_hears(&[AGENT], PATIENCE).unwrap();
    agent.voice().until_hears(&[CALLER], PATIENCE).unwrap();

    agent.voice().key("*4027138700#").unwrap();
    other.voice().until_hears(&[AGENT], PATIENCE).unwrap();
    agent.voice().key("*#").unwrap();
    caller.voice().until_hears(&[AGENT], PATIENCE).unwrap();
    assert_eq!((caller.voice().keys(), other.voice().keys()), (String::new(), String::new()));

    agent.voice().key("5*1").unwrap();
    caller.voice().until_keyed("5*1", PATIENCE).unwrap();
    caller.voice().key("90").unwrap();
    agent.voice().until_keyed("90", PATIENCE).unwrap();
    caller.finished(secs(60)).unwrap();
}

/// V2: an agent who answers and hangs up at once does not cost the caller the call.
#[tokio::test(flavor = "multi_thread")]
async fn v2_a_caller_whose_agent_hangs_up_at_once_hears_music_again_and_gets_another() {
    let site = helpdesk_site(2, true, true, true)
        .replace("ring_time = 3", "ring_time = 20")
        .replace("too_short = 0", "too_short = 5");
    let flow = HELPDESK.replace("overflow_after = 6", "overflow_after = 600");
    let folder = Folder::helpdesk(&site, &flow).unwrap();
    let bed = Bed::start(folder).await.unwrap();
    let hasty = Answer::after(Duration::ZERO).speaking(AGENT).hang_up_after(secs(3));
    let hasty = Phone::start(&bed.pbx, 1, &hasty).unwrap();
    let other = Phone::start(&bed.pbx, 2, &Answer::after(secs(4)).speaking(OTHER)).unwrap();
    let caller =
        Caller::to(&bed.pbx, "0900").speaking(CALLER).hang_up_after(secs(30)).call().unwrap();
    caller.voice().until_hears(&[AGENT], PATIENCE).unwrap();
    hasty.voice().until_hears(&[CALLER], PATIENCE).unwrap();
    caller.voice().until_hears(&[MUSIC], PATIENCE).unwrap();
    caller.voice().until_hears(&[OTHER], PATIENCE).unwrap();
    other.voice().until_hears(&[CALLER], PATIENCE).unwrap();
    bed.host().seen("Connected", PATIENCE).await.unwrap();
    caller.finished(secs(60)).unwrap();
    let record = bed.host().records(1, PATIENCE).await.unwrap().remove(0);
    let agent = record.agent.as_ref().unwrap().as_str();
    assert_eq!((record.outcome.as_str(), agent, record.fumbled), ("answered", "a2", 1));
}
