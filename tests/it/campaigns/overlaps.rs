//! What happens while a contact's call is under way or could not begin: the contact calls back, has a
//! call already, or may not be called any more; the host or the flow is full.

use super::*;

/// A contact whose call has ended without a dial is called again so much later, in seconds.
const LATER: u64 = 60;

/// Who calls the flow claims the place of the first contact.
fn calls_back() -> String {
    let own = "dial = [\"+32*\"]";
    let all = "dial = [\"+32*\"]\ncampaigns = [\"reserve\"]";
    let arrives = "arrived = [\"answer\", \"ask known history +32470000000 1\", \"7 claim c p0\"]\n\
         \"7 claimed won\" = [\"hang-up\", \"finish accepted-back\"]";
    OFFER.replace(own, all).replace("arrived = [\"answer\", \"3 timer 600\"]", arrives)
}

/// An agent first.
fn agent_first(flow: &str) -> String {
    let dial = "\"1 dial them contact limit 29 confirm 1 10\"";
    flow.replace("dial = [\"+32*\"]", "dial = [\"+32*\"]\nqueues = [\"helpdesk\"]").replace(
        &format!("contact-due = [{dial}]"),
        &format!(
            "contact-due = [\"5 enter-queue-alone an-agent helpdesk\"]\n\
                 \"5 connected\" = [{dial}]\n\
                 \"1 refused\" = [\"hang-up\", \"finish not-now\"]"
        ),
    )
}

async fn after(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

fn attempts(exchange: &Exchange) -> Vec<u32> {
    contacts(exchange).iter().map(|it| it.attempts).collect()
}

#[tokio::test(start_paused = true)]
async fn o3_who_accepts_in_another_call_while_the_own_telephone_rings_keeps_the_place() {
    let host = Host::start(&folder_with("attempts = 2", &calls_back()), monday()).unwrap();
    let (sim, seen) = town(&host);
    open(&host.exchange, 1, people(2));
    after(5).await;
    assert_eq!(rang(&seen), [number(0)]);
    sim.call(Caller { from: Some(number(0)), to: "0900".into(), ..Caller::default() });
    assert_eq!(ended(&host.exchange).await, CampaignEnd::Filled);
    after(300).await;
    assert_eq!(rang(&seen), [number(0)], "nobody else gets the place");
    let now = host.exchange.campaign_now("c").unwrap();
    assert_eq!((now.reached, host.exchange.call_count()), (1, 0), "the ringing was ended");
    let records = host.log.records();
    let outcomes: Vec<&str> = records.iter().map(|it| &*it.outcome).collect();
    assert!(outcomes.contains(&"accepted-back") && outcomes.contains(&"filled"), "{outcomes:?}");
    let back = records.iter().find(|it| it.outcome == "accepted-back").unwrap();
    let known = back.notes.iter().find(|field| field.key == "known").map(|field| &*field.value);
    assert_eq!(known, Some("offer:"), "the call under way is known");
}

#[tokio::test(start_paused = true)]
async fn o1_calls_for_which_there_is_no_room_count_for_nothing_and_follow_when_there_is() {
    let flow = format!("{OFFER}[limits]\ncalls = 1\n");
    let host = Host::start(&folder_with("at_once = 6\nattempts = 1", &flow), monday()).unwrap();
    let (_sim, seen) = town(&host);
    open(&host.exchange, 6, people(6));
    after(5).await;
    assert_eq!((rang(&seen).len(), attempts(&host.exchange)), (1, vec![1, 0, 0, 0, 0, 0]));
    let now = host.exchange.campaign_now("c").unwrap();
    assert_eq!(now.waits_for, Some(WaitsFor::Room));
    assert_eq!(ended(&host.exchange).await, CampaignEnd::ListOver);
    assert_eq!((rang(&seen), attempts(&host.exchange)), ((0..6).map(number).collect(), vec![1; 6]));
}

#[tokio::test(start_paused = true)]
async fn o4_what_has_changed_while_an_agent_was_looked_for_holds_the_dial_back() {
    for what in ["paused", "never", "stopped", "nothing"] {
        let host =
            Host::start(&folder_with("attempts = 1", &agent_first(OFFER)), monday()).unwrap();
        let (sim, seen) = town(&host);
        for agent in ["an", "bert"] {
            let phone = Phone::answers(Duration::from_secs(10)).talking(Duration::from_secs(300));
            sim.phone(Address::Endpoint(format!("SIM/{agent}")), phone);
        }
        open(&host.exchange, 1, people(1));
        after(5).await;
        match what {
            "paused" => drop(host.exchange.direct_campaign("c", Direct::Pause).unwrap()),
            "stopped" => drop(host.exchange.direct_campaign("c", Direct::Stop).unwrap()),
            "never" => {
                assert!(host.exchange.never_call(&number(0).parse().unwrap(), true, None));
            }
            _ => {}
        }
        after(30).await;
        let wanted = usize::from(what == "nothing");
        assert_eq!(
            (rang(&seen).len(), attempts(&host.exchange)[0]),
            (wanted, wanted as u32),
            "{what}"
        );
        if what == "paused" {
            host.exchange.direct_campaign("c", Direct::Resume).unwrap();
            after(LATER + 30).await;
            assert_eq!((rang(&seen).len(), attempts(&host.exchange)[0]), (1, 1));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn o4_a_call_that_finds_no_agent_is_no_attempt() {
    let flow = format!(
        "{}\"5 left nobody-logged-in\" = [\"say not-reached\", \"finish nobody\"]\n",
        agent_first(OFFER)
    );
    let folder = folder_with("attempts = 1", &flow);
    let nobody = site("attempts = 1").replace("logged_in = true", "logged_in = false");
    folder.write("site.toml", &nobody).unwrap();
    let host = Host::start(&folder, monday()).unwrap();
    let (_sim, seen) = town(&host);
    open(&host.exchange, 1, people(1));
    after(5 * LATER).await;
    assert_eq!((rang(&seen).len(), attempts(&host.exchange)), (0, vec![0]));
    let calls = host.log.records().len();
    assert!((4..=6).contains(&calls), "now and then an agent is looked for: {calls}");
    assert!(
        host.exchange.campaign_now("c").unwrap().end.is_none(),
        "the contact is still to be called"
    );
}

#[tokio::test(start_paused = true)]
async fn o5_whom_the_host_itself_has_dialled_is_not_called_meanwhile() {
    let arrives = "arrived = [\"answer\", \"8 dial other +32470000000 limit 100\"]\n\
                   \"hung-up caller\" = [\"hang-up\", \"finish gone\"]";
    let flow = OFFER.replace("arrived = [\"answer\", \"3 timer 600\"]", arrives);
    let host = Host::start(&folder_with("at_once = 2\nattempts = 1", &flow), monday()).unwrap();
    let (sim, seen) = town(&host);
    let leg = sim.call(Caller { to: "0900".into(), ..Caller::default() });
    after(2).await;
    open(&host.exchange, 2, people(2));
    after(60).await;
    assert_eq!(rang(&seen), [0, 1].map(number), "the first one by the call, not by the campaign");
    sim.hang_up(&leg);
    after(10).await;
    assert_eq!(rang(&seen), [0, 1, 0].map(number), "and by the campaign when that is over");
    assert_eq!(ended(&host.exchange).await, CampaignEnd::ListOver);
}

#[tokio::test(start_paused = true)]
async fn o3_a_campaign_whose_last_place_is_taken_by_a_call_back_is_filled() {
    let host = Host::start(&folder_with("attempts = 1", &calls_back()), monday()).unwrap();
    let (sim, _seen) = town(&host);
    open(&host.exchange, 1, people(1));
    assert_eq!(ended(&host.exchange).await, CampaignEnd::ListOver);
    sim.call(Caller { from: Some(number(0)), to: "0900".into(), ..Caller::default() });
    after(10).await;
    assert_eq!(ended(&host.exchange).await, CampaignEnd::Filled);
}
