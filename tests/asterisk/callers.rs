//! Who calls: numbers that are withheld, in the ways in which trunks say so, and the header that a
//! line believes.

use strowger_exchange::CallRecord;
use strowger_testbed::{Caller, Phone, sipp::Answer};
use strowger_tests::{Bed, Folder, HELPDESK, PATIENCE, helpdesk_site};

/// The header `From`, and others, of callers who are not to be known.
const WITHHELD: [(&str, &[&str]); 19] = [
    ("\"Anonymous\" <sip:anonymous@anonymous.invalid>", &[]),
    ("<sip:anonymous@[local_ip]>", &[]),
    ("\"Anonymous\" <sip:+32470123456@[local_ip]>", &[]),
    ("<sip:c8oqz84zk7z@anonymous.invalid>", &[]),
    ("<sip:unavailable@[local_ip]>", &[]),
    ("\"Restricted\" <sip:restricted@[local_ip]>", &[]),
    ("<sip:Private@[local_ip]>", &[]),
    ("<sip:unknown@[local_ip]>", &[]),
    ("<sip:withheld@[local_ip]>", &[]),
    ("<sip:0000000000@[local_ip]>", &[]),
    ("<sip:+0@[local_ip]>", &[]),
    ("<sip:[local_ip]>", &[]),
    ("<sip:geheim-gehouden@[local_ip]>", &[]),
    (NUMBER, &["Privacy: id"]),
    (NUMBER, &["Privacy: id;critical"]),
    (NUMBER, &["Privacy: user;header"]),
    (NUMBER, &["Remote-Party-ID: <sip:+3291111111@[local_ip]>;party=calling;privacy=full"]),
    (
        "\"Anonymous\" <sip:anonymous@anonymous.invalid>",
        &["P-Asserted-Identity: <sip:+3291111111@[local_ip]>", "Privacy: id"],
    ),
    ("<sip:+32470123456@[local_ip]>", &["Privacy: none, id"]),
];

const NUMBER: &str = "\"Jan Peeters\" <sip:+32470123456@[local_ip]>";

/// Closed: a caller hears so, and is hung up.
async fn bed(more: &str) -> Bed {
    let site = helpdesk_site(1, true, false, false) + more;
    Bed::start(Folder::helpdesk(&site, HELPDESK).unwrap()).await.unwrap()
}

async fn who(bed: &Bed, callers: &[(&str, &[&str])]) -> Vec<CallRecord> {
    let mut calls = Vec::new();
    for (number, (from, headers)) in (0..).zip(callers) {
        let caller = Caller::to(&bed.pbx, "0900").number(number).from(from);
        let caller = headers.iter().fold(caller, |caller, header| caller.header(header));
        calls.push(caller.call().unwrap());
    }
    bed.host().records(callers.len(), PATIENCE).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn k3_a_number_that_is_withheld_is_no_number() {
    let bed = bed("\n[lines.provincial]\nwithheld = [\"Geheim gehouden\"]\n").await;
    let records = who(&bed, &WITHHELD).await;
    let known = |record: &&CallRecord| record.caller.is_some();
    let known: Vec<_> = records.iter().filter(known).map(|record| &record.caller).collect();
    assert!(known.is_empty(), "{known:?}");
    let log = bed.host().log.lines().join("\n");
    for said in ["+32470123456", "+3291111111", "Jan Peeters"] {
        assert!(!log.contains(said), "a flow was told {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_believes_the_header_that_the_site_says() {
    let bed = bed("\n[lines.provincial]\ncaller = \"p-asserted-identity\"\n").await;
    let asserted: &[&str] = &["P-Asserted-Identity: \"Els\" <tel:+3291111111>", "Privacy: none"];
    let records = who(&bed, &[(NUMBER, asserted), (NUMBER, &[])]).await;
    let mut callers: Vec<_> = records.iter().map(|record| record.caller.as_deref()).collect();
    callers.sort();
    assert_eq!(callers, [None, Some("+3291111111")], "without the header nobody knows");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_shown_nothing_of_a_caller_who_asks_for_privacy() {
    let site = helpdesk_site(1, true, true, true);
    let bed = Bed::start(Folder::helpdesk(&site, HELPDESK).unwrap()).await.unwrap();
    let agent = Phone::start(&bed.pbx, 1, &Answer::busy()).unwrap();
    let _call = Caller::to(&bed.pbx, "0900").from(NUMBER).header("Privacy: id").call().unwrap();
    let invite = agent.expect("INVITE").unwrap();
    assert!(!invite.text.contains("470123456") && !invite.text.contains("Jan"), "{}", invite.text);
}
