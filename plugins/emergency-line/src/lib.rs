//! The line of last resort: requirement R6, "SOS noodscenario: geen herroutering mogelijk". "Patiënt
//! hoort meldtekst 'technische storing'." The emergency mobiles "werken als een gewone mobiele
//! telefoon, dus u moet niet inloggen en niet aanmelden op wachtrijen. Oproepen worden in volgorde van
//! binnenkomst aangeboden."

use schemars::JsonSchema;
use serde::Deserialize;
use strowger_sdk::prelude::*;

/// The `[settings]` of a flow file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the emergency mobiles are: agents who are always logged in.
    #[schemars(extend("format" = "queue"))]
    pub queue: String,
    /// Said to every caller first.
    pub announcement: Words,
    /// What those who wait hear.
    #[schemars(extend("format" = "music"))]
    pub music: String,
    /// Said to those who wait, again and again.
    pub waiting: Words,
    /// From one time to the next, in seconds.
    pub repeat_every: Seconds,
    /// Said if no mobile can be reached; then the call ends.
    pub nobody: Words,
}

/// The flow.
pub struct EmergencyLine;

impl Script for EmergencyLine {
    type Settings = Settings;

    const FIELDS: Option<&'static [&'static str]> = Some(&[]);

    async fn run(call: Call, s: &'static Settings) -> Result<Ending, Failure> {
        // The order of arrival is that of the calls, not that of the end of the announcement.
        let arrived = call.now().instant;
        call.answer().await?;
        call.play(&s.announcement).await;
        let waiting = call.wait_in(&s.queue).music(&s.music);
        let waiting = waiting.say_from(&s.waiting, s.repeat_every, s.repeat_every);
        match waiting.entering(move |entry| entry.waited_since(arrived)).await {
            Ok(mobile) => {
                call.note("agent", &mobile.name);
                Ok("answered".into())
            }
            Err(NotServed::CallerGone) => Ok("abandoned".into()),
            Err(why) => {
                call.play(&s.nobody).await;
                call.hang_up_all();
                Ok(why.word().into())
            }
        }
    }
}

strowger_sdk::export!(EmergencyLine, schema = "../settings.schema.json");

#[cfg(test)]
mod tests {
    use super::*;
    use strowger_sdk::{
        testing::{Site, TestCall},
        types::{Command, Left},
    };

    fn call() -> TestCall<EmergencyLine> {
        let settings = toml::from_str(include_str!("../settings.example.toml")).unwrap();
        let mut call = TestCall::new(settings, Site::default());
        call.arrives().settles();
        call
    }

    #[test]
    fn the_schema_in_the_file_is_that_of_the_settings() {
        strowger_sdk::testing::settings_schema::<EmergencyLine>("settings.schema.json");
    }

    #[test]
    fn r6_everybody_hears_of_the_fault_and_waits_in_the_order_of_arrival() {
        let mut call = call();
        let enters = call.orders().iter().find_map(|order| match &order.command {
            Command::EnterQueue(entry) => Some((entry.priority, entry.waited_since.is_some())),
            _ => None,
        });
        assert_eq!(enters, Some((0, true)), "{}", call.timeline());
        call.agent_answers("nood-1");
        assert_eq!((call.ending(), call.noted("agent")), (Some("answered"), Some("nood-1")));
    }

    #[test]
    fn r6_who_reaches_nobody_is_told() {
        let mut call = call();
        call.queue_leaves(Left::NobodyReachable).settles();
        assert_eq!(call.ending(), Some("nobody-reachable"));
    }
}
