//! Campaigns on a real Asterisk, by the times of SIP: how long the telephones of contacts ring (O1),
//! and that no voice mail gets a message.

use std::{collections::BTreeSet, time::Duration};
use strowger_model::{
    campaign::{ContactNow, NewCampaign, Person},
    command::Field,
    read::CampaignEnd,
};
use strowger_test_support::workspace;
use strowger_testbed::{
    Phone,
    sipp::{Answer, Message},
};
use strowger_tests::{Bed, Folder, PATIENCE, helpdesk_site};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// From the first 180 to the end of the eighth ring.
const BELGIUM: Duration = secs(29);
const NETHERLANDS: Duration = secs(36);
/// `set_up` and `confirm.within` of the flow.
const SET_UP: Duration = secs(20);
const CONFIRM: Duration = secs(8);
/// Of the host, of Asterisk and of the machine.
const INEXACT: Duration = Duration::from_millis(500);

const RINGS: &str = "+32470000001";
const LATE_TO_RING: &str = "+32470000002";
const DUTCH: &str = "+31612345678";
const PROGRESS: &str = "+32470000003";
const SILENT: &str = "+32470000004";
const BUSY: &str = "+32470000005";
const DECLINES: &str = "+32470000006";
const RINGS_AND_DECLINES: &str = "+32470000007";
const UNKNOWN: &str = "+32470000008";
const VOICE_MAIL: &str = "+32470000009";
const SHORT_VOICE_MAIL: &str = "+32470000010";
const VOICE_MAIL_AT_THE_LIMIT: &str = "+32470000011";
const VOICE_MAIL_AFTER_IT: &str = "+32470000012";
const ACCEPTS: &str = "+32470000013";
const CANNOT_NOW: &str = "+32470000014";
const NEVER_AGAIN: &str = "+32470000015";

/// Who is called, how each telephone behaves, and what comes of it, with the reason.
fn town() -> Vec<(&'static str, Answer, &'static str, &'static str)> {
    let voice_mail = |after| Answer::after(after);
    vec![
        (RINGS, Answer::never(), "not-reached", "no-answer"),
        (LATE_TO_RING, Answer::never().set_up(secs(9)), "not-reached", "no-answer"),
        (DUTCH, Answer::never(), "not-reached", "no-answer"),
        (PROGRESS, Answer::never_but_early_media(), "not-reached", "no-answer"),
        (SILENT, Answer::trying(), "not-reached", "unreachable"),
        (BUSY, Answer::busy(), "busy", "busy"),
        (DECLINES, Answer::decline(), "not-reached", "declined"),
        (RINGS_AND_DECLINES, Answer::decline_after(secs(6)), "not-reached", "declined"),
        (UNKNOWN, Answer::unknown(), "not-reached", "unreachable"),
        (VOICE_MAIL, voice_mail(secs(7)), "not-reached", "no-answer"),
        (SHORT_VOICE_MAIL, voice_mail(secs(7)).hang_up_after(secs(3)), "not-reached", "no-answer"),
        (VOICE_MAIL_AT_THE_LIMIT, voice_mail(BELGIUM), "not-reached", "no-answer"),
        (VOICE_MAIL_AFTER_IT, voice_mail(BELGIUM + secs(1)), "not-reached", "no-answer"),
        (ACCEPTS, Answer::after(secs(2)), "accepted", ""),
        (CANNOT_NOW, Answer::after(secs(5)), "cannot-now", ""),
        (NEVER_AGAIN, Answer::after(secs(8)), "refused", ""),
    ]
}

/// The reserve list as it comes with Strowger, with the menu.
fn folder() -> Folder {
    let site = helpdesk_site(1, true, true, true)
        + "\n[campaigns.reservelijst]\nflow = \"reserve-list\"\nat_once = 100\n";
    let flow = std::fs::read_to_string(workspace().join("flows/reserve-list/flow.toml")).unwrap();
    assert!(flow.contains("rings = 8") && flow.contains("set_up = 20"), "{flow}");
    let flow = flow.replace("who_talks = \"agent\"", "who_talks = \"menu\"");
    Folder::new(&site).unwrap().plugin("offer").unwrap().flow("reserve-list", &flow).unwrap()
}

/// The SIP messages of the call to a number.
fn of(network: &Phone, number: &str) -> Vec<Message> {
    let messages = network.messages();
    let invite =
        messages.iter().find(|it| it.line().starts_with("INVITE ") && it.line().contains(number));
    let call = invite.and_then(|it| it.header("Call-ID")).map(str::to_owned);
    messages.into_iter().filter(|it| it.header("Call-ID") == call.as_deref()).collect()
}

fn first(messages: &[Message], line: &str) -> Option<Duration> {
    messages.iter().find(|it| it.line().contains(line)).map(|it| it.at)
}

/// The answer to the INVITE.
fn answered(messages: &[Message]) -> Option<Duration> {
    let answer = |it: &&Message| {
        it.line().ends_with("200 OK") && it.header("CSeq").is_some_and(|it| it.ends_with("INVITE"))
    };
    messages.iter().find(answer).map(|it| it.at)
}

async fn until(what: &str, within: Duration, happened: impl Fn() -> bool) {
    let waits = async {
        while !happened() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(within, waits).await.unwrap_or_else(|_| panic!("{what}: not in its time"));
}

/// Answers, and keys the key that shows that it is no voice mail, and then what is meant.
async fn keys(network: &Phone, number: &str, key: &str) {
    until(number, PATIENCE, || first(&of(network, number), "ACK").is_some()).await;
    // People hear first what they are asked.
    tokio::time::sleep(secs(1)).await;
    network.key(number, "1").unwrap();
    tokio::time::sleep(secs(1)).await;
    network.key(number, key).unwrap();
}

#[track_caller]
fn about(number: &str, what: &str, wanted: Duration, messages: &[Message], from: &str, to: &str) {
    let (from, to) = (first(messages, from), first(messages, to));
    let took = from.zip(to).map(|(from, to)| to.saturating_sub(from));
    let exact = took.is_some_and(|took| took.abs_diff(wanted) <= INEXACT);
    assert!(exact, "{number}: {what} after {took:?}, not {wanted:?}: {messages:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn o1_the_eighth_ring_ends_in_its_time_and_no_message_is_ever_left() {
    let bed = Bed::start(folder()).await.unwrap();
    let town = town();
    let phones: Vec<_> =
        town.iter().map(|(number, answer, ..)| (*number, answer.clone())).collect();
    let network = Phone::network(&bed.pbx, &phones).unwrap();
    let exchange = bed.host().exchange.clone();
    let person = |(number, ..): &(&str, Answer, &str, &str)| Person {
        id: (*number).to_owned(),
        number: number.parse().ok(),
        name: "An".to_owned(),
        language: None,
        tags: Vec::new(),
        fields: Vec::new(),
        wave: 0,
    };
    let new = NewCampaign {
        template: "reservelijst".into(),
        name: "c".into(),
        goal: 100,
        until: None,
        fields: vec![Field { key: "slot".into(), value: "14 uur".into() }],
        people: Some(town.iter().map(person).collect()),
        by: None,
    };
    exchange.open_campaign(new).unwrap();
    // In the order in which they answer.
    for (number, key) in [(ACCEPTS, "1"), (CANNOT_NOW, "2"), (NEVER_AGAIN, "3")] {
        keys(&network, number, key).await;
    }
    let over = || {
        let now = exchange.campaign_now("c").unwrap();
        now.end.is_some() && now.calls == 0
    };
    until("the campaign", secs(70), over).await;

    let now = exchange.campaign_now("c").unwrap();
    assert_eq!((now.end, now.reached), (Some(CampaignEnd::ListOver), 1));
    let outcome = |contact: &ContactNow| {
        let disposed = contact.disposed.clone().unwrap();
        (
            contact.person.id.clone(),
            disposed.outcome,
            disposed.reason.unwrap_or_default(),
            contact.attempts,
        )
    };
    let outcomes: Vec<_> = exchange.campaign_contacts("c").unwrap().iter().map(outcome).collect();
    let wanted = town.iter().map(|(number, _, outcome, why)| {
        ((*number).to_owned(), (*outcome).to_owned(), (*why).to_owned(), 1)
    });
    assert_eq!(outcomes, wanted.collect::<Vec<_>>());
    let never = exchange.never_called();
    let numbers: Vec<_> =
        never.iter().filter_map(|it| it.number.as_ref()).map(|it| it.as_str()).collect();
    assert_eq!(numbers, [NEVER_AGAIN]);

    ringing_ends_in_its_time(&network);
    nobody_is_left_a_message(&network);
    let offered = |line: &String| line.contains("Er is een plaats vrijgekomen");
    let lines = bed.host().log.lines();
    let calls = lines.iter().filter(|line| offered(line)).filter_map(|line| line.split(' ').nth(2));
    assert_eq!(
        calls.collect::<BTreeSet<_>>().len(),
        3,
        "only those hear the offer who pressed the key"
    );
}

/// O1 "Laat maximaal 8 keer bellen."
fn ringing_ends_in_its_time(network: &Phone) {
    for (number, sign, rings) in [
        (RINGS, "180 ", BELGIUM),
        (LATE_TO_RING, "180 ", BELGIUM),
        (DUTCH, "180 ", NETHERLANDS),
        // Early media is all the sign of ringing that mobile networks give.
        (PROGRESS, "183 ", BELGIUM),
        (VOICE_MAIL_AFTER_IT, "180 ", BELGIUM),
        (SILENT, "INVITE ", SET_UP),
    ] {
        let messages = of(network, number);
        about(number, "it stops ringing", rings, &messages, sign, "CANCEL ");
        assert_eq!(answered(&messages), None, "{number}");
    }
    let late = of(network, LATE_TO_RING);
    about(LATE_TO_RING, "it rings", secs(9), &late, "INVITE ", "180 ");
}

/// O1 "Spreek geen bericht in op voice mail": whoever does not press the key is gone before a greeting
/// is over.
fn nobody_is_left_a_message(network: &Phone) {
    for number in [VOICE_MAIL, VOICE_MAIL_AT_THE_LIMIT] {
        let messages = of(network, number);
        let Some(since) = answered(&messages) else {
            assert_eq!(number, VOICE_MAIL_AT_THE_LIMIT, "it answers while it rings");
            assert!(first(&messages, "CANCEL ").is_some(), "{messages:#?}");
            continue;
        };
        let until = first(&messages, "BYE ").unwrap_or_else(|| panic!("{number}: {messages:#?}"));
        let heard = until.saturating_sub(since);
        assert!(heard <= CONFIRM + INEXACT, "{number} was on for {heard:?}");
    }
    let refused = [BUSY, DECLINES, RINGS_AND_DECLINES, UNKNOWN];
    let answers = refused.map(|number| answered(&of(network, number)));
    assert_eq!(answers, [None; 4]);
}
