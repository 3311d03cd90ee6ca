//! The out-of-hours GP post ("huisartsenpost"): requirement R5. Who presses the urgent key
//! ("spoed") goes ahead of everyone. With no operator free, one who talks is rung (the site's queue
//! says so: `interrupts`), takes the call, passes the caller to a doctor after announcing, and
//! takes the first call back.

use schemars::JsonSchema;
use serde::Deserialize;
use strowger_sdk::prelude::*;

/// The `[settings]` of a GP post's flow file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the operators are.
    #[schemars(extend("format" = "queue"))]
    pub queue: String,
    /// What those who wait hear.
    #[schemars(extend("format" = "music"))]
    pub music: String,
    /// Said to every caller, with the key for urgent calls.
    pub welcome: String,
    /// How long that key is awaited after the welcome, in seconds.
    pub key_within: Seconds,
    /// Said to those who wait, again and again.
    pub waiting: String,
    /// From one time to the next, in seconds.
    pub repeat_every: Seconds,
    /// Said when nobody can take the call.
    pub nobody: String,
    /// Urgent calls.
    pub urgent: Urgent,
    /// What an operator can key while talking.
    pub in_call: InCall,
}

/// Urgent calls.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Urgent {
    /// What the caller presses.
    #[schemars(regex(pattern = "^[0-9]$"))]
    pub key: String,
    /// A queue of the site with `interrupts = true`.
    #[schemars(extend("format" = "queue"))]
    pub queue: String,
    /// Shown on the operator's phone.
    pub display: String,
    /// Said to the operator who takes the call, before the caller is heard.
    pub announcement: String,
    /// After so many seconds without an operator the caller is put through to `otherwise`; at once
    /// if none is logged in.
    pub overflow_after: Seconds,
    /// The number that takes urgent calls when no operator does.
    #[schemars(extend("format" = "dialled-number"))]
    pub otherwise: String,
}

/// The flow.
pub struct GpPost;

impl Script for GpPost {
    type Settings = Settings;

    const FIELDS: Option<&'static [&'static str]> = Some(&[]);

    fn check(settings: &Settings) -> Result<(), String> {
        settings.in_call.check()
    }

    async fn run(call: Call, s: &'static Settings) -> Result<Ending, Failure> {
        call.answer().await?;
        let pressed = call.gather(&s.welcome).digits(1).first_within(s.key_within).await?;
        if pressed.digits == s.urgent.key { urgent(&call, s).await } else { usual(&call, s).await }
    }
}

async fn usual(call: &Call, s: &'static Settings) -> Result<Ending, Failure> {
    let began = call.now().instant;
    let mut back = false;
    loop {
        let waiting = call.wait_in(&s.queue).music(&s.music);
        let waiting = waiting.say_from(&s.waiting, s.repeat_every, s.repeat_every);
        let waiting = match back {
            true => waiting.entering(|entry| entry.waited_since(began)),
            false => waiting,
        };
        match waiting.await {
            Ok(operator) => match talk(call, s, &operator).await? {
                Some(ending) => return Ok(ending),
                None => back = true,
            },
            Err(NotServed::CallerGone) => return Ok("abandoned".into()),
            Err(why) => return nobody(call, s, why.word()).await,
        }
    }
}

/// R5: ahead of everyone, with the announcement "spoed" to the operator; the number behind the
/// operators when none takes it.
async fn urgent(call: &Call, s: &'static Settings) -> Result<Ending, Failure> {
    call.tag("urgent");
    let u = &s.urgent;
    let began = call.now().instant;
    loop {
        let waiting = call.wait_in(&u.queue).music(&s.music);
        let waiting = waiting.say_from(&s.waiting, s.repeat_every, s.repeat_every);
        let waiting = waiting.entering(|entry| {
            let entry = entry.priority(u8::MAX).waited_since(began);
            entry.display(&u.display).whisper(vec![(&u.announcement).into()])
        });
        match call.within(u.overflow_after, waiting).await {
            Some(Ok(operator)) => {
                if let Some(ending) = talk(call, s, &operator).await? {
                    return Ok(ending);
                }
            }
            Some(Err(NotServed::CallerGone)) => return Ok("abandoned".into()),
            Some(Err(_)) | None => return otherwise(call, s).await,
        }
    }
}

/// None: the caller is alone, and waits again.
async fn talk(
    call: &Call,
    s: &'static Settings,
    operator: &Agent,
) -> Result<Option<Ending>, Failure> {
    call.note("agent", &operator.name);
    call.after_hang_up(|| async { "answered".into() });
    match call.conversation(operator, &s.in_call).await {
        Over::AgentGone => {}
        Over::HandedOver(to) | Over::SentOn(to) => call.note("passed-to", to),
        Over::CallerAlone => match s.in_call.alone {
            Alone::Queue => return Ok(None),
            Alone::OwnRoute => call.transfer(CALLER, None).await?,
            Alone::Elsewhere => return otherwise(call, s).await.map(Some),
        },
    }
    Ok(Some("answered".into()))
}

async fn otherwise(call: &Call, s: &'static Settings) -> Result<Ending, Failure> {
    let music = call.music(&s.music);
    match call.dial(&s.urgent.otherwise).leg("otherwise").await {
        Ok(answered) => {
            drop(music);
            call.connect(&answered.leg).await?;
            Ok("overflow".into())
        }
        Err(why) => nobody(call, s, why.word()).await,
    }
}

async fn nobody(call: &Call, s: &'static Settings, why: &'static str) -> Result<Ending, Failure> {
    call.play(&s.nobody).await;
    call.hang_up_all();
    Ok(why.into())
}

strowger_sdk::export!(GpPost, schema = "../settings.schema.json");

#[cfg(test)]
mod tests;
