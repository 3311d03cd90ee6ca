//! Phones ring for the line, on a real Asterisk: each phone is rung once, and shows the caller whom
//! it takes.

use std::time::Duration;
use strowger_testbed::{Caller, Phone, sipp::Answer};
use strowger_tests::{Bed, Folder, HELPDESK, PATIENCE, helpdesk_site};

#[tokio::test(flavor = "multi_thread")]
async fn four_callers_and_four_phones_and_no_phone_is_rung_twice() {
    let site = helpdesk_site(4, true, true, true)
        .replace("\"linear\"", "\"ring-all\"")
        .replace("ring_time = 3", "ring_time = 30")
        // Phones that Asterisk tells who calls.
        .replace("PJSIP/a", "PJSIP/a2")
        .replace("PJSIP/a21", "PJSIP/a26")
        .replace("PJSIP/a22", "PJSIP/a27")
        .replace("PJSIP/a23", "PJSIP/a28")
        .replace("PJSIP/a24", "PJSIP/a29");
    let bed = Bed::start(Folder::helpdesk(&site, HELPDESK).unwrap()).await.unwrap();
    // They answer while all of them ring, one soon after another.
    let answers = |number: u64| {
        Answer::after(Duration::from_millis(2000 + 300 * number))
            .hang_up_after(Duration::from_secs(2))
    };
    let phones: Vec<Phone> = (1..=4u8)
        .map(|number| Phone::start(&bed.pbx, 25 + number, &answers(number.into())).unwrap())
        .collect();
    let callers: Vec<_> = (1..=4usize)
        .map(|number| {
            let from = format!("<sip:+324700000{number:02}@[local_ip]>");
            let caller = Caller::to(&bed.pbx, "0900").number(number as u8).from(&from);
            caller.call().unwrap()
        })
        .collect();
    for caller in &callers {
        caller.expect("BYE").unwrap();
    }
    let records = bed.host().records(4, PATIENCE).await.unwrap();
    for (number, phone) in (1..).zip(&phones) {
        let messages = phone.messages();
        let count = |line| messages.iter().filter(|it| it.line().starts_with(line)).count();
        assert_eq!((count("INVITE"), count("CANCEL")), (1, 0), "a{number} is rung once");
        let agent = format!("a{number}");
        let record =
            records.iter().find(|it| it.agent.as_ref().is_some_and(|it| it.as_str() == agent));
        let caller = record.unwrap().caller.clone().unwrap();
        // While it rings: Asterisk itself tells the phone once more when it is with the caller.
        let shown: Vec<&str> = messages
            .iter()
            .take_while(|it| !it.line().starts_with("ACK"))
            .filter_map(|it| match it.line().split(' ').next()? {
                "INVITE" => it.header("From"),
                "UPDATE" => it.header("P-Asserted-Identity"),
                _ => None,
            })
            .collect();
        assert!(shown.last().unwrap().contains(&caller), "a{number}: {shown:?}, not {caller}");
        assert_eq!(shown.len(), number, "a{number} rang for so many: {shown:?}");
    }
}
