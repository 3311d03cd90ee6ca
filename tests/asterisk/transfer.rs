//! The transfer key of an agent's phone (R4), on a real Asterisk 22: REFER, without a word and with
//! a second call. The caller keeps somebody to talk with whatever comes of it, and nobody is reached
//! whom the flow may not dial. Who hears whom is told by tones.

use std::time::Duration;
use strowger_model::read::AgentStatus;
use strowger_testbed::{Call, Caller, Phone, sipp::Answer, voice::MUSIC};
use strowger_tests::{Bed, Folder, HELPDESK, IN_CALL, PATIENCE, helpdesk_site};

const CALLER: u32 = 500;
const AGENT: u32 = 700;
const OTHER: u32 = 900;
const SECOND: u32 = 1100;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// One agent in the helpdesk. The flow may dial the extension of the phone `a2`, the number 882
/// under which Asterisk rings it by itself, and the central.
fn folder() -> Folder {
    let site = helpdesk_site(1, true, true, true).replace("ring_time = 3", "ring_time = 20");
    Folder::helpdesk(&site, &may_dial(HELPDESK)).unwrap()
}

fn may_dial(flow: &str) -> String {
    flow.replace("dial = [\"+3227138700\"]", "dial = [\"+3227138700\", \"2\", \"882\"]")
}

fn phone(bed: &Bed, number: u8, hertz: u32) -> Phone {
    Phone::start(&bed.pbx, number, &Answer::after(Duration::ZERO).speaking(hertz)).unwrap()
}

/// The caller and the agent hear each other.
async fn talking(folder: Folder) -> (Bed, Phone, Call) {
    let bed = Bed::start(folder).await.unwrap();
    let agent = phone(&bed, 1, AGENT);
    let caller =
        Caller::to(&bed.pbx, "0900").speaking(CALLER).hang_up_after(secs(60)).call().unwrap();
    together(&caller, &agent, AGENT);
    (bed, agent, caller)
}

/// The caller and somebody else hear each other, and nobody else.
fn together(caller: &Call, phone: &Phone, hertz: u32) {
    caller.voice().until_hears(&[hertz], PATIENCE).unwrap();
    phone.voice().until_hears(&[CALLER], PATIENCE).unwrap();
}

async fn until_free(bed: &Bed) {
    let free = || bed.host().exchange.agents()[0].status == AgentStatus::Free;
    tokio::time::timeout(PATIENCE, async {
        while !free() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_a_caller_is_transferred_without_a_word() {
    let (bed, agent, caller) = talking(folder()).await;
    let leaves = Answer::after(Duration::ZERO).speaking(OTHER).hang_up_after(secs(10));
    let other = Phone::start(&bed.pbx, 2, &leaves).unwrap();
    agent.transfer("2").unwrap();
    let invite = other.expect("INVITE").unwrap();
    assert!(invite.header("From").unwrap().contains("+32470123456"), "{}", invite.text);
    together(&caller, &other, OTHER);
    agent.expect("BYE").unwrap();
    assert_eq!(agent.transfers(), ["200 OK"]);
    until_free(&bed).await;
    // The one who was reached is now whom the flow has for its agent, and hangs up on the caller.
    caller.expect("BYE").unwrap();
    let record = bed.host().records(1, PATIENCE).await.unwrap().remove(0);
    assert_eq!(record.outcome, "answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_a_number_that_the_flow_may_not_dial_is_not_reached() {
    let (bed, agent, caller) = talking(folder()).await;
    let third = Phone::start(&bed.pbx, 3, &Answer::after(Duration::ZERO)).unwrap();
    let central = Phone::central(&bed.pbx, &Answer::after(Duration::ZERO)).unwrap();
    for (nth, number) in ["3", "+3290011111", "own-route", "0900", "%2A49"].iter().enumerate() {
        agent.transfer(number).unwrap();
        while agent.transfers().len() <= nth {
            agent.expect("NOTIFY").unwrap();
        }
        together(&caller, &agent, AGENT);
    }
    assert_eq!(agent.transfers(), ["603 Decline"; 5]);
    let invited = |phone: &Phone| phone.messages().iter().any(|it| it.line().starts_with("INVITE"));
    assert!(!invited(&third) && !invited(&central));
    // The phone cannot bring the caller to somebody whom it has called without the host, either.
    let second = Caller::to(&bed.pbx, "883").by_phone(1).speaking(SECOND).call().unwrap();
    second.expect("200 OK").unwrap();
    agent.transfer_to(&second).unwrap();
    while agent.transfers().len() < 6 {
        agent.expect("NOTIFY").unwrap();
    }
    assert_eq!(agent.transfers()[5], "603 Decline");
    together(&caller, &agent, AGENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_whom_nobody_answers_stays_with_the_agent() {
    let (bed, agent, caller) = talking(folder()).await;
    let other = Phone::start(&bed.pbx, 2, &Answer::decline_after(secs(1))).unwrap();
    agent.hold().unwrap();
    caller.voice().until_hears(&[MUSIC], PATIENCE).unwrap();
    agent.transfer("2").unwrap();
    other.expect("INVITE").unwrap();
    agent.expect("NOTIFY").unwrap();
    while agent.transfers().is_empty() {
        agent.expect("NOTIFY").unwrap();
    }
    assert_eq!(agent.transfers(), ["603 Decline"]);
    agent.unhold().unwrap();
    together(&caller, &agent, AGENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_a_caller_who_is_held_is_transferred() {
    let (bed, agent, caller) = talking(folder()).await;
    let other = Phone::start(&bed.pbx, 2, &Answer::after(secs(2)).speaking(OTHER)).unwrap();
    agent.hold().unwrap();
    caller.voice().until_hears(&[MUSIC], PATIENCE).unwrap();
    agent.transfer("2").unwrap();
    other.expect("INVITE").unwrap();
    assert!(caller.voice().hears().contains(&MUSIC));
    together(&caller, &other, OTHER);
    agent.expect("BYE").unwrap();
}

/// Many phones hang up as soon as the PBX has taken their REFER.
#[tokio::test(flavor = "multi_thread")]
async fn r4_a_phone_that_hangs_up_at_once_leaves_the_caller_with_music() {
    let bed = Bed::start(folder()).await.unwrap();
    let agent = Phone::start(
        &bed.pbx,
        1,
        &Answer::after(Duration::ZERO).speaking(AGENT).hang_up_after(secs(6)),
    )
    .unwrap();
    let other = Phone::start(&bed.pbx, 2, &Answer::after(secs(10)).speaking(OTHER)).unwrap();
    let caller =
        Caller::to(&bed.pbx, "0900").speaking(CALLER).hang_up_after(secs(60)).call().unwrap();
    together(&caller, &agent, AGENT);
    agent.transfer("2").unwrap();
    agent.expect("BYE").unwrap();
    caller.voice().until_hears(&[MUSIC], PATIENCE).unwrap();
    until_free(&bed).await;
    together(&caller, &other, OTHER);
}

/// With the second call of the phone: it goes through Asterisk alone.
#[tokio::test(flavor = "multi_thread")]
async fn r4_a_caller_is_announced_to_somebody_whom_the_phone_has_called() {
    let (bed, agent, caller) = talking(folder()).await;
    let other = phone(&bed, 2, OTHER);
    agent.hold().unwrap();
    let second = Caller::to(&bed.pbx, "882").by_phone(1).speaking(SECOND).call().unwrap();
    second.voice().until_hears(&[OTHER], PATIENCE).unwrap();
    caller.voice().until_hears(&[MUSIC], PATIENCE).unwrap();
    agent.transfer_to(&second).unwrap();
    together(&caller, &other, OTHER);
    agent.expect("BYE").unwrap();
    second.finished(PATIENCE).unwrap();
    assert_eq!(agent.transfers(), ["200 OK"]);
    until_free(&bed).await;
}

/// The flow says what a number means that is keyed as at home.
#[tokio::test(flavor = "multi_thread")]
async fn r4_the_flow_has_its_say() {
    let flow = format!("{}{IN_CALL}", may_dial(HELPDESK));
    let (bed, agent, caller) = talking(folder().flow("vaccination-helpdesk", &flow).unwrap()).await;
    let central = Phone::central(&bed.pbx, &Answer::after(Duration::ZERO).speaking(OTHER)).unwrap();
    agent.transfer("027138700").unwrap();
    assert!(central.expect("INVITE").unwrap().line().contains("+3227138700"));
    together(&caller, &central, OTHER);
    agent.expect("BYE").unwrap();
    caller.finished(secs(70)).unwrap();
    let record = bed.host().records(1, PATIENCE).await.unwrap().remove(0);
    assert!(record.notes.iter().any(|note| note.key == "handed-over"), "{:?}", record.notes);
}

/// Whom the agent consults transfers the agent; the caller goes on waiting.
#[tokio::test(flavor = "multi_thread")]
async fn r4_one_who_is_consulted_transfers_the_agent() {
    let flow = may_dial(&format!("{HELPDESK}{IN_CALL}")).replace("\"2\",", "\"2\", \"4\",");
    let (bed, agent, caller) = talking(folder().flow("vaccination-helpdesk", &flow).unwrap()).await;
    let consulted = phone(&bed, 2, SECOND);
    let other = phone(&bed, 4, OTHER);
    agent.voice().key("*42#").unwrap();
    agent.voice().until_hears(&[SECOND], PATIENCE).unwrap();
    consulted.transfer("4").unwrap();
    consulted.expect("BYE").unwrap();
    agent.voice().until_hears(&[OTHER], PATIENCE).unwrap();
    other.voice().until_hears(&[AGENT], PATIENCE).unwrap();
    caller.voice().until_hears(&[MUSIC], PATIENCE).unwrap();
    agent.voice().key("*#").unwrap();
    together(&caller, &agent, AGENT);
    other.expect("BYE").unwrap();
}

/// The trunk's endpoint says `allow_transfer = no`: toll fraud begins where the far end of a trunk may
/// say where calls go.
#[tokio::test(flavor = "multi_thread")]
async fn r4_nobody_behind_a_trunk_transfers_anybody() {
    let flow = may_dial(&format!("{HELPDESK}{IN_CALL}"));
    let (bed, agent, _caller) =
        talking(folder().flow("vaccination-helpdesk", &flow).unwrap()).await;
    let central = Phone::central(&bed.pbx, &Answer::after(Duration::ZERO).speaking(OTHER)).unwrap();
    agent.voice().key("*4027138700#").unwrap();
    agent.voice().until_hears(&[OTHER], PATIENCE).unwrap();
    let refused = central.transfer("2").unwrap_err().to_string();
    assert!(refused.contains("603"), "{refused}");
    agent.voice().until_hears(&[OTHER], PATIENCE).unwrap();
}

const SECOND_QUEUE: &str = r#"
    plugin = "plugboard"
    numbers = ["0907"]
    permissions = { queues = ["second"] }
    [settings.on]
    arrived = ["1 answer"]
    "1 answered" = ["2 keep-waiting caller wachtmuziek", "3 enter-queue agent second"]
    "hung-up caller" = ["hang-up", "finish gone"]
    "hung-up agent" = ["hang-up", "finish done"]
"#;

/// A second queue, with the phone `a2`, behind the number 0907.
fn second_queue() -> Folder {
    let site = helpdesk_site(2, true, true, true)
        .replace("ring_time = 3", "ring_time = 20")
        .replace("agents = [\"a1\", \"a2\"]", "agents = [\"a1\"]")
        + "\n[queues.second]\nagents = [\"a2\"]\nring_time = 60\n";
    let folder = folder();
    folder.write("site.toml", &site).unwrap();
    folder.plugin("plugboard").unwrap().flow("second", SECOND_QUEUE).unwrap()
}

/// A flow that knows nothing of transfers is over when its agent is gone. The phone hangs up after it
/// was told that its transfer is refused: the caller is not hung up.
#[tokio::test(flavor = "multi_thread")]
async fn r4_a_phone_that_goes_all_the_same_leaves_the_caller_to_the_own_route() {
    let rules = SECOND_QUEUE.replace("\"hang-up\", \"finish done\"", "\"finish done\"");
    let folder = second_queue().flow("second", &rules).unwrap();
    let bed = Bed::start(folder).await.unwrap();
    let agent = phone(&bed, 2, AGENT);
    let central = Phone::central(&bed.pbx, &Answer::after(Duration::ZERO).speaking(OTHER)).unwrap();
    let caller =
        Caller::to(&bed.pbx, "0907").speaking(CALLER).hang_up_after(secs(60)).call().unwrap();
    together(&caller, &agent, AGENT);
    // It is a conversation by now: else the caller would wait for the next agent.
    bed.host().seen("Connected", PATIENCE).await.unwrap();
    agent.transfer("3").unwrap();
    while agent.transfers().is_empty() {
        agent.expect("NOTIFY").unwrap();
    }
    assert_eq!(agent.transfers(), ["603 Decline"]);
    agent.hang_up().unwrap();
    assert!(central.expect("INVITE").unwrap().line().contains("own-route"));
    together(&caller, &central, OTHER);
}

/// The customer takes the agent's place in line.
#[tokio::test(flavor = "multi_thread")]
async fn r4_a_caller_is_announced_into_a_queue() {
    let (bed, agent, caller) = talking(second_queue()).await;
    let ringing = Phone::start(&bed.pbx, 2, &Answer::after(secs(8)).speaking(OTHER)).unwrap();
    agent.hold().unwrap();
    let second = Caller::to(&bed.pbx, "0907").by_phone(1).speaking(SECOND).call().unwrap();
    second.voice().until_hears(&[MUSIC], PATIENCE).unwrap();
    ringing.expect("INVITE").unwrap();
    agent.transfer_to(&second).unwrap();
    agent.expect("BYE").unwrap();
    second.finished(PATIENCE).unwrap();
    caller.voice().until_hears(&[MUSIC], PATIENCE).unwrap();
    together(&caller, &ringing, OTHER);
    let invites = ringing.messages();
    let invites = invites.iter().filter(|it| it.line().starts_with("INVITE")).count();
    assert_eq!(invites, 1, "it went on ringing");
    caller.finished(secs(70)).unwrap();
    let records = bed.host().records(2, PATIENCE).await.unwrap();
    let of_second = records.iter().find(|record| record.flow.as_str() == "second").unwrap();
    assert_eq!(of_second.caller.as_deref(), Some("+32470123456"));
    assert_eq!(of_second.agent.as_ref().unwrap().as_str(), "a2");
}

/// The customer takes the agent's place in the conversation.
#[tokio::test(flavor = "multi_thread")]
async fn r4_a_caller_is_announced_to_an_agent_of_another_queue() {
    let (bed, agent, caller) = talking(second_queue()).await;
    let other = phone(&bed, 2, OTHER);
    agent.hold().unwrap();
    let second = Caller::to(&bed.pbx, "0907").by_phone(1).speaking(SECOND).call().unwrap();
    second.voice().until_hears(&[OTHER], PATIENCE).unwrap();
    agent.transfer_to(&second).unwrap();
    together(&caller, &other, OTHER);
    agent.expect("BYE").unwrap();
    second.finished(PATIENCE).unwrap();
    assert_eq!(agent.transfers(), ["200 OK"]);
    // Their conversation ends as any other.
    caller.finished(secs(70)).unwrap();
    other.expect("BYE").unwrap();
    bed.host().records(2, PATIENCE).await.unwrap();
}

/// The agent hangs up, and whom the agent asked for does not want the call: the caller waits in the
/// old place.
#[tokio::test(flavor = "multi_thread")]
async fn r4_a_caller_whom_nobody_takes_waits_again() {
    let site = helpdesk_site(1, true, true, true).replace("ring_time = 3", "ring_time = 20");
    let flow = may_dial(HELPDESK) + IN_CALL;
    let bed = Bed::start(Folder::helpdesk(&site, &flow).unwrap()).await.unwrap();
    let other = Phone::start(&bed.pbx, 2, &Answer::decline_after(secs(5))).unwrap();
    let leaves = Answer::after(Duration::ZERO).speaking(AGENT).hang_up_after(secs(4));
    let agent = Phone::start(&bed.pbx, 1, &leaves).unwrap();
    let caller =
        Caller::to(&bed.pbx, "0900").speaking(CALLER).hang_up_after(secs(60)).call().unwrap();
    together(&caller, &agent, AGENT);
    agent.transfer("2").unwrap();
    other.expect("INVITE").unwrap();
    agent.expect("BYE").unwrap();
    caller.voice().until_hears(&[MUSIC], PATIENCE).unwrap();
    // Declined: in the queue, and with the agent again.
    together(&caller, &agent, AGENT);
    let lines = bed.host().log.lines();
    assert_eq!(lines.iter().filter(|line| line.contains("EnterQueue")).count(), 2);
}
