//! The care line of a home nursing service, behind the on-call lines of all provinces: requirements
//! P2, P5, P6 and P9, from the "Procedure permanentie" of a Flemish one, section 4.1. The Dutch is
//! that document's.

mod settings;

pub use settings::{Settings, Texts};

use strowger_sdk::{prelude::*, types::Moment};

/// The flow.
pub struct Zorglijn;

impl Script for Zorglijn {
    type Settings = Settings;

    const FIELDS: Option<&'static [&'static str]> = Some(&[]);

    fn check(settings: &Settings) -> Result<(), String> {
        if settings.call_back_after.0 <= 2 * settings.answer_within.0 {
            return Err("call_back_after: the second assistant would never be asked; give more than twice `answer_within`".into());
        }
        Ok(())
    }

    async fn run(call: Call, settings: &'static Settings) -> Result<Ending, Failure> {
        care_line(&call, settings).await
    }
}

/// P5, the "patiënt- en doorverwijzerflow".
async fn care_line(call: &Call, s: &'static Settings) -> Result<Ending, Failure> {
    let arrived = call.now();
    let Handover { office_hours, since } = handover(call, s, &arrived);
    call.answer().await?;
    let language = call.language(&[]).await;
    let language = language.as_deref();

    // "Wanneer een patiënt of doorverwijzer tijdens de kantooruren belt naar één van de provinciale
    // nummers, wordt de oproep automatisch aangeboden aan de zorglijnoperator."
    let mut waiting = call
        .wait_in(&s.operators)
        .entering(|queue| queue.waited_since(since))
        .music(&s.music)
        // P6 "Tijdens het wachten wordt de beller begeleid door een standaard wachtrijboodschap met
        // achtergrondmuziek."
        .say(s.texts.waiting.in_language(language), s.repeat_every);
    if office_hours {
        waiting = waiting
            // "Indien de zorglijnoperator de oproep niet binnen 15 seconden kan beantwoorden, wordt
            // deze automatisch bijkomend aangeboden aan operationeel assistent 1 (wachtrij
            // ZLO+OA1)."
            .also(&s.assistant_1, s.answer_within)
            // "Indien ook deze de oproep niet binnen 15 seconden kunnen beantwoorden, wordt de
            // oproep verder doorgeschakeld naar operationeel assistent 2 (wachtrij ZLO+OA+OA)."
            .also(&s.assistant_2, secs(2 * s.answer_within.0));
    }
    // "Indien deze groep de oproep niet kan beantwoorden, wordt na 4 minuten automatisch een
    // callback-email gegenereerd zodat de oproep alsnog kan worden opgevolgd en de beller kan
    // worden terug gecontacteerd."
    let served = call.within(s.call_back_after, &mut waiting).await;
    // P9 "doorschakelingen tussen wachtrijen".
    call.note("care-line-widened", waiting.widened());
    drop(waiting);
    let nobody = match served {
        Some(Ok(agent)) => {
            call.note("answered-by", agent.name);
            return Ok("answered".into());
        }
        Some(Err(nobody)) => nobody.word(),
        None => "waited",
    };
    call.note("call-back", nobody);
    call.tag("call-back");
    // P9: whether it is followed up in time can be seen: the site file says until when, and the flow
    // file whom the mail goes to.
    call.case(&s.case, call_back(call, s, &arrived, since));
    // P6 "Als de wachttijd vier minuten overschrijdt, volgt een bijkomende informatieboodschap."
    call.play(s.texts.noted.in_language(language)).await;
    call.hang_up_all();
    Ok("call-back".into())
}

/// What is known of a call that a province's flow hands over: `office-hours 1795345200000` is the
/// shift in which it arrived, and since when the caller waits. A call to the care line's own number
/// brings nothing.
struct Handover {
    office_hours: bool,
    since: u64,
}

fn handover(call: &Call, s: &Settings, arrived: &Moment) -> Handover {
    let data = call.arrival().map_or("", |arrival| &arrival.data);
    let handed_over = data
        .split_once(' ')
        .and_then(|(shift, since)| Some((shift == "office-hours", since.parse().ok()?)));
    let (office_hours, since) =
        handed_over.unwrap_or_else(|| (call.is_open(&s.office_hours), arrived.instant));
    Handover { office_hours, since }
}

/// What whoever calls back has to know: who, at which number, which number was called, when, and
/// how long the wait was.
fn call_back(call: &Call, s: &Settings, arrived: &Moment, since: u64) -> Vec<Field> {
    let waited = call.now().instant.saturating_sub(since) / 1000;
    let Moment { year, month, day, hour, minute, .. } = arrived;
    let contact = call.caller().and_then(|number| call.contact(number)).map(|contact| contact.name);
    let claimed = call.arrival().and_then(|arrival| arrival.caller_name.clone());
    [
        ("caller", contact.or(claimed).unwrap_or_else(|| s.texts.unknown.clone())),
        ("number", call.caller().unwrap_or(&s.texts.withheld).to_owned()),
        ("dialled", call.dialled().to_owned()),
        ("time", format!("{day:02}/{month:02}/{year} {hour:02}:{minute:02}")),
        ("wait", format!("{} min {} s", waited / 60, waited % 60)),
    ]
    .map(|(key, value)| Field { key: key.into(), value })
    .into()
}

strowger_sdk::export!(Zorglijn, schema = "../settings.schema.json");

#[cfg(test)]
mod tests;
