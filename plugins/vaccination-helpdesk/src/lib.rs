//! The local vaccination helpdesk of a town: requirements V1 to V5 and O3, from the Flemish "Draaiboek
//! lokale helpdesk vaccinatie" of 10 March 2021, section 1.2. The Dutch is that document's.

mod coaching;
mod settings;

pub use coaching::Coaching;
pub use settings::{Central, ReachedBy, ReserveList, Settings, Texts};

use strowger_sdk::prelude::*;

/// The flow.
pub struct Helpdesk;

impl Script for Helpdesk {
    type Settings = Settings;

    const FIELDS: Option<&'static [&'static str]> = Some(&["municipality", "number"]);

    fn check(settings: &Settings) -> Result<(), String> {
        if settings.repeat_every.0 == 0 {
            return Err(
                "repeat_every: 0 would say the waiting message only once; give at least 1 second"
                    .into(),
            );
        }
        settings.in_call.as_ref().map_or(Ok(()), InCall::check)
    }

    async fn run(call: Call, settings: &'static Settings) -> Result<Ending, Failure> {
        helpdesk(&call, settings).await
    }
}

async fn helpdesk(call: &Call, s: &'static Settings) -> Result<Ending, Failure> {
    call.answer().await?;
    if let Some(coaching) = s.coaching.as_ref().filter(|coaching| coaching.is_coach(call)) {
        return coaching::coach(call, coaching).await;
    }

    if let Some(list) = &s.reserve_list {
        missed_call(call, list).await;
    }

    // V4 "Voorzie tijdens de sluitingstijd automatische routing naar het centrale helpdesknummer.
    // Zorg dan
    //     dat deze routing ook gebeurt wanneer geen enkele telefoonagent is aangemeld."
    if !call.is_open(&s.opening_hours) {
        return elsewhere(call, s, "closed", &s.texts.closed).await;
    }
    let logged_in = call.queue(&s.queue).map_or(0, |queue| queue.logged_in);
    // V5 "Voorzie de nodige agenten om steeds minstens 2 personen aangelogd te hebben."
    if logged_in < s.warn_below_agents {
        call.alarm(format!("{} agents are logged in to `{}`", logged_in, s.queue));
    }
    if logged_in == 0 {
        return elsewhere(call, s, "nobody-logged-in", &s.texts.closed).await;
    }

    // V1 "Welkomstboodschap, met vermelding naam gemeente."
    call.play(s.texts.welcome.replace("{municipality}", &s.municipality)).await;

    let began = call.now().instant;
    let mut since = match &s.call_back {
        Some(_) => call.place_kept(&s.queue).await,
        None => None,
    };
    loop {
        let served = match wait(call, s, since).await {
            Waited::Served(served) => served,
            Waited::Central(central) => return put_through(call, central, "waited").await,
        };
        match served {
            Ok(agent) => {
                call.note("agent", &agent.name);
                match talk(call, s, &agent).await? {
                    Some(ending) => return Ok(ending),
                    None => since = since.or(Some(began)),
                }
            }
            // V5 "Voorzie minstens 3 tot 5x zoveel parallele lijnen als er telefoonagenten zijn."
            Err(NotServed::Full) => return elsewhere(call, s, "full", &s.texts.full).await,
            Err(NotServed::CallerGone) => return Ok("abandoned".into()),
            Err(gone) if gone.caller_is_gone() => return Ok(gone.word().into()),
            Err(nobody) => return elsewhere(call, s, nobody.word(), &s.texts.closed).await,
        }
    }
}

/// O3 "Hou er rekening mee dat mensen die een gemiste oproep zien van jullie (bvb. omdat ze op een
/// reservelijst stonden) ook zullen inbellen." While a place is left, the flow that called has the
/// caller, at any hour; this goes on with who is to be served like everybody.
async fn missed_call(call: &Call, list: &'static ReserveList) {
    let Some(who) = call.returns_our_call(&list.flow, list.days) else { return };
    call.note("returns-call-of", &who.campaign);
    if call.campaign(&who.campaign).is_some_and(|campaign| campaign.places_left() > 0) {
        if let Err(why) = call.continue_with_contact(&list.flow, &who).await {
            call.alarm(format!("flow {} cannot have who calls back: {why}", list.flow));
        }
    } else {
        call.play(&list.filled).await;
    }
}

/// What became of one who waited.
enum Waited {
    /// The queue has ended, one way or the other.
    Served(Result<Agent, NotServed>),
    /// The central helpdesk answered first.
    Central(Answered),
}

/// The caller waits; `since` then, if the place is an old one.
async fn wait(call: &Call, s: &'static Settings, since: Option<u64>) -> Waited {
    // V2 "Voorzie een wachtrij voor wanneer alle aangelogde telefoonagenten in gesprek zijn, met
    //     wachtboodschap, met wachtmuziek, met om de 60 seconden herhaling van de wachtboodschap."
    let all_busy = call.queue(&s.queue).is_none_or(|queue| queue.free == 0);
    let first = if all_busy { Seconds(0) } else { s.repeat_every };
    let mut waiting = call
        .wait_in(&s.queue)
        .entering(|entry| entry.waited(since))
        .music(&s.music)
        .say_from(&s.texts.waiting, first, s.repeat_every)
        .call_back(s.call_back.as_ref(), None);

    // V3 "Na 180 seconden wachttijd automatische doorroutering van wachtenden naar het centrale
    // back-up
    //     helpdesknummer."
    match call.within(s.overflow_after, &mut waiting).await {
        Some(served) => Waited::Served(served),
        None if waiting.keeps_place() => Waited::Served(waiting.await),
        None => overflow(call, s, &mut waiting).await,
    }
}

/// The caller has an agent, who can consult a colleague, hand the caller over, or send the caller
/// on (R4). None: the caller is alone, and waits again.
async fn talk(call: &Call, s: &'static Settings, agent: &Agent) -> Result<Option<Ending>, Failure> {
    let Some(keys) = &s.in_call else { return Ok(Some("answered".into())) };
    call.after_hang_up(|| async { "answered".into() });
    match call.conversation(agent, keys).await {
        Over::AgentGone => {}
        Over::HandedOver(to) => call.note("handed-over", to),
        Over::SentOn(to) => call.note("sent-on", to),
        Over::CallerAlone => match keys.alone {
            Alone::Queue => return Ok(None),
            Alone::OwnRoute => call.transfer(CALLER, None).await?,
            Alone::Elsewhere => {
                return elsewhere(call, s, "alone", &s.texts.closed).await.map(Some);
            }
        },
    }
    Ok(Some("answered".into()))
}

/// V3: the caller has waited long. On to the central helpdesk, if it is open; the place in line is
/// kept, and an agent who answers first wins. If it cannot be reached the caller goes on waiting,
/// and is told so.
async fn overflow(call: &Call, s: &'static Settings, waiting: &mut Waiting) -> Waited {
    if !call.is_open(&s.central.opening_hours) {
        waiting.now_say(&s.texts.stay, s.repeat_every);
    } else if s.central.reached_by == ReachedBy::Message {
        // "Lukt doorrouteren technisch niet? Je kan dan opteren het nummer 02 713 87 00 te
        // vermelden."
        waiting.now_say(&s.texts.central_number, s.repeat_every);
    } else {
        waiting.now_only_music();
        let central = dial_central(call, s).keep_place(waiting);
        strowger_sdk::race! {
            served = &mut *waiting => return Waited::Served(served),
            reached = central => match reached {
                Ok(central) if !waiting.keeps_place() => return Waited::Central(central),
                // Who was about to be put through has asked to be called back.
                Ok(_) => {}
                // An agent was faster: that outcome is on its way.
                Err(NotReached::Cancelled) => {}
                Err(why) => {
                    call.note("central", why.word());
                    waiting.now_say(&s.texts.stay, s.repeat_every);
                }
            },
        }
    }
    Waited::Served(waiting.await)
}

/// The local helpdesk cannot help: to the central one if that is open and answers; else the words
/// of this case, and good-bye.
async fn elsewhere(
    call: &Call,
    s: &'static Settings,
    why: &'static str,
    words: &str,
) -> Result<Ending, Failure> {
    if call.is_open(&s.central.opening_hours) {
        match s.central.reached_by {
            ReachedBy::Routing => {
                let music = call.music(&s.music);
                match dial_central(call, s).await {
                    Ok(central) => {
                        drop(music);
                        return put_through(call, central, why).await;
                    }
                    Err(why) => call.note("central", why.word()),
                }
            }
            ReachedBy::Message => {
                call.play_to(CALLER, vec![words.into(), (&s.texts.central_number).into()]).await;
                call.hang_up_all();
                return Ok(why.into());
            }
        }
    }
    call.play(words).await;
    call.hang_up_all();
    Ok(why.into())
}

fn dial_central(
    call: &Call,
    s: &Settings,
) -> strowger_sdk::script::Ordered<strowger_sdk::script::kind::Dial> {
    call.dial(&s.central.number).leg("central").ring_time(s.central.ring_time)
}

/// The central helpdesk has answered: the two talk, and the flow is over.
async fn put_through(call: &Call, central: Answered, why: &str) -> Result<Ending, Failure> {
    call.note("overflow", why);
    call.connect(&central.leg).await?;
    Ok("overflow".into())
}

strowger_sdk::export!(Helpdesk, schema = "../settings.schema.json");

#[cfg(test)]
mod tests;
