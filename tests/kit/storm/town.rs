//! The town of a storm: the files of the host there, and how callers and phones behave.

use super::plan::{Coming, Desk, Plan, Who};
use crate::{Folder, HELPDESK, helpdesk_site};
use anyhow::Result;
use std::time::Duration;
use strowger_pbx::port::Address;
use strowger_sim::{Caller, Keys, Phone, Then};

/// Who hangs up sooner was gone at once, and the caller waits on.
const TOO_SHORT: Duration = Duration::from_millis(50);

/// What agents can key, and whom a coach can listen to.
const KEYS: &str = r#"
[settings.in_call]
consult = "*4N#"
back = "*#"
transfer = "*7N#"
ring_time = 1
country = "+32"
busy = "Bezet."
not_reached = "Niemand."
not_permitted = "Niet toegestaan."
cases = { complaint = { keys = "*9#", said = "Genoteerd." } }

[settings.coaching]
coaches = ["PJSIP/coach"]
agents = { 1 = "a1" }
whom = "Wie?"
keys = "Druk 1, 2 of 3."
not_talking = "Niemand praat."

[cases.complaint]
mail_to = ["desk@stad.be"]

[mails.complaint]
subject = "Klacht van {caller}"
text = "{number} {agent} {due} {case}"
"#;

/// The helpdesk as the storm knows it; an edition differs in what is said while waiting.
pub(super) fn helpdesk(plan: &Plan, edition: u32) -> String {
    let overflow = format!("overflow_after = {}", plan.overflow_after.as_secs());
    let number = if plan.front { "0901" } else { "0900" };
    let flow = HELPDESK
        .replace("0900", number)
        .replace("overflow_after = 6", &overflow)
        .replace("ring_time = 5", "ring_time = 1")
        .replace("warn_below_agents = 2", "warn_below_agents = 0")
        .replace("dial = [", "listen = [\"helpdesk\"]\ndial = [\"150\", ")
        .replace("[limits]", "[limits]\nstep_ms = 5000")
        .replace("Even wachten.", &format!("Even wachten, editie {edition}."));
    flow + KEYS
}

/// The one whom agents consult.
pub(super) fn colleague() -> Address {
    Address::Extension("150".to_owned())
}

pub(super) fn central() -> Address {
    Address::Number("+3227138700".to_owned())
}

/// In front of the helpdesk, by the switch `front`. Callers wait in its second position, and come by
/// another way to the same flow in its third.
const FRONT: &str = r#"
plugin = "redirect"
numbers = ["0900"]
[permissions]
flows = ["helpdesk"]
[limits]
step_ms = 5000
[settings]
switch = "front"
flow = "helpdesk"
[settings.positions]
Open = "normal"
Dicht = { wait = { say = "De lijn is dicht.", repeat_every = 1, music = "wachtmuziek" } }
Anders = { flow = "helpdesk" }
"#;

/// Dials the contact for a second; whoever answers and keys 1 within one has a place.
const OFFER: &str = r#"
plugin = "plugboard"
numbers = ["0988"]
caller_id = "+3292000300"
[permissions]
dial = ["+32*"]
[limits]
step_ms = 5000
[settings.on]
contact-due = ["1 dial them contact limit 1 confirm 1 1"]
"1 unanswered" = ["say not-reached", "finish not-reached"]
"1 unanswered declined" = ["say refused never", "finish refused"]
"1 unknown" = ["finish unknown"]
"1 leg-answered" = ["2 claim"]
"2 claimed won" = ["say accepted", "hang-up", "finish accepted"]
"2 claimed lost" = ["say too-late", "hang-up", "finish too-late"]
"goal 0" = ["hang-up", "finish filled"]
"hung-up them" = ["finish hung-up"]
"#;

/// The files of the host.
pub(super) fn folder(plan: &Plan) -> Result<Folder> {
    let site = helpdesk_site(plan.agents as u8, true, true, true);
    let failing = format!(
        "plugin = \"hostile\"\nnumbers = [\"0999\"]\n[limits]\nstep_ms = 5000\n[settings]\nmisbehave = \"panic\"\nafter = {}\n",
        plan.fails_after
    );
    let site = site.replace("ring_time = 3", "ring_time = 60");
    let site = site.replace("retry_after = 2", "retry_after = 1");
    let too_short = format!("too_short = {}", TOO_SHORT.as_secs_f64());
    let mut site = site.replace("too_short = 0", &too_short) + "\n[cases.complaint]\ndays = 45\n";
    if plan.front {
        site += "[switches.front]\npositions = [\"Open\", \"Dicht\", \"Anders\"]\n";
    }
    if let Some(drive) = &plan.drive {
        site += &format!(
            "[campaigns.storm]\nflow = \"offer\"\nattempts = {}\nat_once = {}\n[campaigns.again]\nflow = \"offer\"\nat_once = 20\n",
            drive.attempts, drive.at_once
        );
    }
    let mut folder = Folder::new(&site)?
        .plugin("vaccination-helpdesk")?
        .plugin("hostile")?
        .flow("helpdesk", &helpdesk(plan, 0))?
        .flow("failing", &failing)?;
    if plan.front {
        folder = folder.plugin("redirect")?.flow("front", FRONT)?;
    }
    if plan.drive.is_some() {
        folder = folder.plugin("plugboard")?.flow("offer", OFFER)?;
    }
    Ok(folder)
}

pub(super) fn caller(coming: Coming) -> Caller {
    let keyed = |after: u64, digits: &str| Keys {
        after: Duration::from_millis(after),
        digits: digits.to_owned(),
    };
    let caller = Caller {
        from: Some(coming.number),
        to: "0900".to_owned(),
        patience: coming.patience,
        ..Caller::default()
    };
    match coming.who {
        Who::Caller => caller,
        // Whoever calls the plugin that fails gives it something to do.
        Who::Failing => {
            Caller { to: "0999".to_owned(), keys: vec![keyed(300, "12345678")], ..caller }
        }
        Who::Coach(leaves) => Caller {
            endpoint: Some("PJSIP/coach".to_owned()),
            leaves: Some(leaves),
            keys: vec![keyed(200, "1#"), keyed(400, "2"), keyed(600, "3")],
            ..caller
        },
    }
}

pub(super) fn phone(desk: Desk) -> Phone {
    match desk {
        Desk::Answers(after, talks, keyed) => {
            let Some(keyed) = keyed else { return Phone::answers(after).talking(talks) };
            // The flow has to know first that the two talk.
            let keys = Keys { after: talks, digits: keyed.keys().to_owned() };
            Phone { keys: vec![keys], ..Phone::answers(after).talking(2 * talks) }
        }
        Desk::Busy => Phone::new(Then::Busy),
        Desk::GivesUp(after) => Phone::new(Then::GivesUp(after)),
        Desk::Declines(after) => Phone::new(Then::Declines(after)),
    }
}

pub(super) fn address(agent: u32) -> Address {
    Address::Endpoint(format!("PJSIP/a{agent}"))
}
