//! The on-call line of a home nursing service in one province: requirements P1 to P4 and P6 to P9,
//! from the "Procedure permanentie" of a Flemish one, section 4. The Dutch is that document's. The
//! care line of all provinces (P5) is the flow `zorglijn`.

mod settings;

pub use settings::{CareGivers, Degree, Menu, Night, Settings, Texts};

use std::collections::{BTreeSet, VecDeque};
use strowger_sdk::{prelude::*, reads::AgentStatus, types::Confirm};

/// The flow.
pub struct Permanentie;

impl Script for Permanentie {
    type Settings = Settings;

    const FIELDS: Option<&'static [&'static str]> = Some(&[]);

    fn check(settings: &Settings) -> Result<(), String> {
        let night = &settings.night;
        let keys: BTreeSet<char> = night.triage.iter().map(|degree| degree.key).collect();
        if keys.len() < night.triage.len() {
            return Err("night.triage: two degrees have the same key; give each its own".into());
        }
        let care_givers = &settings.care_givers;
        if care_givers.care_line_after.0 <= 2 * care_givers.answer_within.0 {
            return Err(
                "care_givers.care_line_after: the care coordinator would never be asked; give more than twice `answer_within`".into()
            );
        }
        Ok(())
    }

    async fn run(call: Call, settings: &'static Settings) -> Result<Ending, Failure> {
        permanentie(&call, settings).await
    }
}

/// P1: the parts of a day. A call keeps the one in which it arrived.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shift {
    /// "Kantooruren (09.00–17.00)".
    OfficeHours,
    /// "Randuren (06.00–09.00 en van 17.00–22.00)".
    Edges,
    /// "Nachtpermanentie (22.00–06.00)".
    Night,
}

async fn permanentie(call: &Call, s: &'static Settings) -> Result<Ending, Failure> {
    let shift = match (call.is_open(&s.day), call.is_open(&s.office_hours)) {
        (false, _) => Shift::Night,
        (true, true) => Shift::OfficeHours,
        (true, false) => Shift::Edges,
    };
    // P9 "De werking van de telefonische permanentie wordt periodiek geëvalueerd."
    call.note("province", &s.province);
    call.note("shift", shift.word());
    call.answer().await?;
    match shift {
        Shift::Night => night(call, s).await,
        // P2 "Tijdens de randuren van de dagpermanentie zijn de zorglijnoperatoren (ZLO)
        // verantwoordelijk voor de
        //     telefonische permanentie."
        Shift::Edges => care_line(call, s, shift, call.now().instant).await,
        // P3 "Tijdens de kantooruren wordt er een onderscheid gemaakt tussen inkomende oproepen van
        // zorgverleners en
        //     inkomende oproepen van patiënten, familie, mantelzorgers of doorverwijzers."
        Shift::OfficeHours => match caller(call, s).await? {
            Caller::CareGiver { responsible } => care_giver(call, s, responsible).await,
            Caller::Patient => care_line(call, s, shift, call.now().instant).await,
        },
    }
}

/// P3: who calls.
enum Caller {
    /// "Zorgverleners worden rechtstreeks doorgeschakeld naar de verantwoordelijke regiocoördinator
    /// (zorgverlenersflow)".
    CareGiver { responsible: Option<String> },
    /// "Patiënten, familie, mantelzorgers en doorverwijzers worden automatisch verbonden met de
    /// zorglijnoperator (patiënt-doorverwijzerflow)".
    Patient,
}

async fn caller(call: &Call, s: &Settings) -> Result<Caller, Failure> {
    let (kind, who) = match call.caller().and_then(|number| call.contact(number)) {
        Some(contact) => {
            let responsible = contact.responsible.into_iter().find(|agent| works(call, agent));
            let care_giver = s.care_givers.kinds.contains(&contact.kind);
            (
                contact.kind,
                if care_giver { Caller::CareGiver { responsible } } else { Caller::Patient },
            )
        }
        None => match says_care_giver(call, s).await? {
            true => ("zorgverlener".into(), Caller::CareGiver { responsible: None }),
            false => ("onbekend".into(), Caller::Patient),
        },
    };
    call.note("kind", kind);
    Ok(who)
}

fn works(call: &Call, agent: &str) -> bool {
    call.agent(agent).is_some_and(|status| status != AgentStatus::LoggedOut)
}

/// P3: a caller who is no contact may be asked; without the question such a caller is a patient.
async fn says_care_giver(call: &Call, s: &Settings) -> Result<bool, Failure> {
    let Some(menu) = &s.care_givers.menu else { return Ok(false) };
    let keyed = call.gather(&menu.ask).digits(1).first_within(menu.within).await?;
    Ok(keyed.digits.starts_with(menu.key))
}

/// P4, the "zorgverlenersflow": ever more people are asked, and those who are asked already go on
/// being asked.
async fn care_giver(
    call: &Call,
    s: &'static Settings,
    responsible: Option<String>,
) -> Result<Ending, Failure> {
    let ladder = &s.care_givers;
    let since = call.now().instant;
    let mut tiers: VecDeque<String> = [
        // "Wanneer een zorgverlener tijdens de kantooruren belt naar het provinciaal nummer wordt
        // de oproep onmiddellijk doorgeschakeld naar de verantwoordelijke regiocoördinator."
        responsible.map(|agent| format!("agent:{agent}")),
        // "Wanneer de Regiocoördinator de oproep niet binnen 15 seconden kan beantwoorden wordt de
        // oproep automatisch bijkomend aangeboden aan alle collega-regiocoördinatoren binnen
        // dezelfde Servicedesk (wachtrij SD Provincie-Q2)."
        Some(ladder.desk.clone()),
        // "Indien ook zij de oproep niet binnen 15 seconden beantwoorden wordt de oproep bijkomend
        // aangeboden aan de Coördinator Zorg (wachtrij SD Provincie-Q3)."
        Some(ladder.coordinator.clone()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut patience = call.sleep(ladder.care_line_after);
    let mut widened = 0;
    while let Some(first) = tiers.pop_front() {
        let mut waiting = call
            .wait_in(&first)
            .entering(|queue| queue.waited_since(since))
            .music(&s.music)
            // P6 "Tijdens het wachten wordt de beller begeleid door een standaard wachtrijboodschap
            // met achtergrondmuziek."
            .say(&s.texts.waiting, ladder.repeat_every);
        for (tier, queue) in (1..).zip(&tiers) {
            waiting = waiting.also(queue, secs(tier * ladder.answer_within.0));
        }
        let served = strowger_sdk::race! {
            served = &mut waiting => Some(served),
            // "Indien deze oproep vervolgens niet beantwoord kan worden (4 minuten), wordt deze
            // automatisch doorgeleid naar de zorglijnoperator."
            () = &mut patience => None,
        };
        // P9 "doorschakelingen tussen wachtrijen".
        widened += waiting.widened();
        call.note("widened", widened);
        match served {
            Some(Ok(agent)) => {
                call.note("answered-by", agent.name);
                return Ok("answered".into());
            }
            // Whoever was asked cannot answer at all, so the next ones need not wait for their
            // turn.
            Some(Err(nobody)) => call.note("service-desk", nobody.word()),
            None => break,
        }
        widened += 1;
    }
    call.tag("handed-over");
    care_line(call, s, Shift::OfficeHours, since).await
}

/// On to the care line, which is told the shift and since when the caller waits. If it cannot be
/// had, the PBX's own route is next.
async fn care_line(call: &Call, s: &Settings, shift: Shift, since: u64) -> Result<Ending, Failure> {
    if let Err(failure) =
        call.continue_with(&s.care_line, format!("{} {since}", shift.word())).await
    {
        call.alarm(format!("the care line `{}` does not take a call: {failure}", s.care_line));
        call.transfer(CALLER, None).await?;
    }
    Ok("fallback".into())
}

/// P7, P8: the night watch.
async fn night(call: &Call, s: &'static Settings) -> Result<Ending, Failure> {
    let music = call.music(&s.music);
    // P7 "Tijdens de nachturen (22.00–06.00) worden alle inkomende oproepen naar de provinciale
    // telefoonnummers automatisch
    //     doorgeschakeld naar de verpleegkundige van de nachtwacht. Inkomende oproepen vanuit West-Vlaanderen worden hierbij via
    //     een doorschakeling behandeld binnen de werking van Oost-Vlaanderen."
    let on_duty = call.on_duty(&s.night.roster);
    if on_duty.is_empty() {
        call.alarm(format!("nobody is on the roster `{}`", s.night.roster));
    }
    let watch = on_duty.len();
    for (nth, target) in
        on_duty.into_iter().chain([Target::Number(s.night.otherwise.clone())]).enumerate()
    {
        if nth == watch && watch > 0 {
            call.alarm(format!("nobody on the roster `{}` answers", s.night.roster));
        }
        let Some(nurse) = nurse(call, s, target).await else { continue };
        drop(music);
        nurse.connect(call).await?;
        call.note("night", if nth < watch { "roster" } else { "otherwise" });
        // P8 "Deze verpleegkundige staat in voor zowel de telefonische triage als het uitrijden bij
        // dringende zorgvragen."
        let degrees = s.night.triage.iter().map(|degree| (degree.key, &degree.urgency));
        let triage = Coding::new("triage", degrees, &s.texts.triage).within(s.night.triage_within);
        return Ok(call.talk_and_code(NURSE, triage, "answered").await);
    }
    drop(music);
    call.note("night", "nobody");
    call.play(&s.texts.unanswered).await;
    Ok("unanswered".into())
}

/// The leg of whoever has the watch.
const NURSE: &str = "nurse";

/// P7 "waarbij deze rol kan worden ingevuld door een backofficemedewerker en/of een
/// verpleegkundige": somebody who answered.
enum Nurse {
    /// At a telephone that was dialled.
    Outside(Answered),
    /// At the telephone of an agent, who talks with the caller already.
    Inside,
}

impl Nurse {
    async fn connect(self, call: &Call) -> Result<(), Failure> {
        match self {
            Self::Outside(answered) => call.connect(&answered.leg).await,
            Self::Inside => Ok(()),
        }
    }
}

async fn nurse(call: &Call, s: &Settings, target: Target) -> Option<Nurse> {
    if let Target::Agent(agent) = target {
        let asked = call
            .wait_in(format!("agent:{agent}"))
            .entering(|queue| queue.agent_leg(NURSE))
            .music(&s.music);
        return call.within(s.night.ring_time, asked).await?.ok().map(|_| Nurse::Inside);
    }
    let accept = Confirm {
        prompts: vec![(&s.texts.accept).into()],
        key: s.night.accept,
        within: s.night.accept_within.0 * 1000,
    };
    let answered =
        call.dial_to(target).leg(NURSE).ring_time(s.night.ring_time).confirmed_by(accept).await;
    answered.ok().map(Nurse::Outside)
}

impl Shift {
    /// For the record and the care line.
    fn word(self) -> &'static str {
        match self {
            Self::OfficeHours => "office-hours",
            Self::Edges => "edges",
            Self::Night => "night",
        }
    }
}

strowger_sdk::export!(Permanentie, schema = "../settings.schema.json");

#[cfg(test)]
mod tests;
