//! Carousel: says the same again and again until the caller hangs up. A script with a history as
//! long as one likes, to measure and test what that costs.

use strowger_sdk::prelude::*;

/// None.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {}

/// The flow.
pub struct Carousel;

impl Script for Carousel {
    type Settings = Settings;

    async fn run(call: Call, _: &'static Settings) -> Result<Ending, Failure> {
        call.answer().await?;
        loop {
            call.play("Een ogenblik geduld.").await;
        }
    }
}

strowger_sdk::export!(Carousel);
