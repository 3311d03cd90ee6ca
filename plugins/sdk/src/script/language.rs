//! In which language somebody is spoken to.

use super::Call;
use crate::types::{Prompt, Spoken};
use schemars::JsonSchema;
use serde::Deserialize;

/// A language that a caller may choose with a key: a setting.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// The key.
    pub key: char,
    /// The language, such as `nl` or `fr-BE`.
    pub language: String,
    /// What is asked, in that language, such as "Voor Nederlands, druk 1."
    pub ask: String,
}

impl Call {
    /// The language of the contact who calls; of others, the one that they choose with a key. None:
    /// neither is known, or nothing is offered. The caller has to be answered. See
    /// [`Words`](crate::Words).
    pub async fn language(&self, offered: &[Language]) -> Option<String> {
        let known = self
            .caller()
            .and_then(|number| self.contact(number))
            .and_then(|contact| contact.language);
        if known.is_some() || offered.is_empty() {
            return known;
        }
        let ask = |offer: &Language| {
            Prompt::Text(Spoken { text: offer.ask.clone(), language: Some(offer.language.clone()) })
        };
        let keyed = self
            .gather_from(super::CALLER, offered.iter().map(ask).collect())
            .digits(1)
            .await
            .ok()?;
        offered
            .iter()
            .find(|offer| keyed.digits.starts_with(offer.key))
            .map(|offer| offer.language.clone())
    }
}
