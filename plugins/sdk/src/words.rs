//! Words in the languages of those who call.

use crate::{
    reads,
    types::{Prompt, Spoken},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use std::{borrow::Cow, collections::BTreeMap, fmt};

/// A setting that is said: a text in the flow's language, or a table of texts by language.
///
/// ```toml
/// waiting = "U wordt zo spoedig mogelijk geholpen."
/// noted = { nl = "Wij nemen contact met u op.", fr = "Nous vous contacterons." }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(Said);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Text(String),
    Languages(BTreeMap<String, String>),
}

impl Words {
    /// In this language, such as that of a known contact (BCP 47: `fr` or `fr-BE`). Where there is
    /// no text in it, or none is asked for: in the flow's language, else in English, else in the
    /// first of the table. A text that stands alone is in the flow's language, whichever is asked
    /// for.
    ///
    /// The host is asked for the flow's language, so this belongs in a step.
    pub fn in_language(&self, language: Option<&str>) -> Prompt {
        let (text, language) = match &self.0 {
            Said::Text(text) => (text, None),
            Said::Languages(texts) => {
                let in_it = |wanted: &str| {
                    texts.iter().find(|(language, _)| primary(language) == primary(wanted))
                };
                let of_flow = reads::language();
                let wanted = language.into_iter().chain([of_flow.as_str(), "en"]);
                match wanted.into_iter().find_map(in_it).or_else(|| texts.iter().next()) {
                    Some((language, text)) => (text, Some(language.clone())),
                    // A table without a text is refused when it is read.
                    None => return Prompt::Silence(0),
                }
            }
        };
        Prompt::Text(Spoken { text: text.clone(), language })
    }

    /// With something done to each text, such as a name put in.
    pub fn map(&self, edit: impl Fn(&str) -> String) -> Self {
        Self(match &self.0 {
            Said::Text(text) => Said::Text(edit(text)),
            Said::Languages(texts) => Said::Languages(
                texts.iter().map(|(language, text)| (language.clone(), edit(text))).collect(),
            ),
        })
    }
}

/// `nl` of `nl-BE`.
fn primary(language: &str) -> String {
    language.split('-').next().unwrap_or_default().to_lowercase()
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self(Said::Text(text.into()))
    }
}

impl From<&Words> for Prompt {
    /// In the flow's language.
    fn from(words: &Words) -> Self {
        words.in_language(None)
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Words;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text, or a table of texts by language")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Words, E> {
                Ok(Words(Said::Text(text.into())))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Words, A::Error> {
                let mut texts = BTreeMap::new();
                while let Some((language, text)) = map.next_entry()? {
                    texts.insert(language, text);
                }
                match texts.is_empty() {
                    true => Err(A::Error::custom(
                        "a table of texts by language needs one at least, such as { nl = \"Goedendag.\" }",
                    )),
                    false => Ok(Words(Said::Languages(texts))),
                }
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl JsonSchema for Words {
    fn schema_name() -> Cow<'static, str> {
        "Words".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A text in the flow's language, or a table of texts by language: { nl = \"Goedendag.\", fr = \"Bonjour.\" }.",
            "anyOf": [
                { "type": "string" },
                { "type": "object", "minProperties": 1, "additionalProperties": { "type": "string" } },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Site;
    use std::rc::Rc;

    /// Of a flow that speaks a language, for somebody who wants one.
    fn said(
        words: serde_json::Value,
        flow: &str,
        language: Option<&str>,
    ) -> (String, Option<String>) {
        let words: Words = serde_json::from_value(words).unwrap();
        let site = Rc::new(Site::default().language(flow));
        match reads::answer_with(site, || words.in_language(language)) {
            Prompt::Text(Spoken { text, language }) => (text, language),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_text_is_said_as_it_is() {
        let text = serde_json::json!("Goedendag.");
        assert_eq!(said(text.clone(), "nl", None), ("Goedendag.".into(), None));
        assert_eq!(said(text, "nl", Some("fr")), ("Goedendag.".into(), None));
    }

    #[test]
    fn a_table_is_said_in_the_language_of_who_listens_else_in_that_of_the_flow() {
        let table =
            serde_json::json!({ "fr": "Bonjour.", "nl": "Goedendag.", "de-BE": "Guten Tag." });
        for (flow, language, text, spoken) in [
            ("nl-BE", Some("fr-BE"), "Bonjour.", "fr"),
            ("nl-BE", Some("DE"), "Guten Tag.", "de-BE"),
            ("nl-BE", Some("en"), "Goedendag.", "nl"),
            ("nl-BE", None, "Goedendag.", "nl"),
            ("fr", None, "Bonjour.", "fr"),
            ("fr", Some("en"), "Bonjour.", "fr"),
        ] {
            assert_eq!(
                said(table.clone(), flow, language),
                (text.into(), Some(spoken.into())),
                "{flow}, {language:?}"
            );
        }
    }

    #[test]
    fn without_the_flows_language_a_table_is_said_in_english_else_in_the_first() {
        let table = serde_json::json!({ "de": "Guten Tag.", "en": "Hello.", "nl": "Goedendag." });
        assert_eq!(said(table, "fr", None).0, "Hello.");
        let table = serde_json::json!({ "de": "Guten Tag.", "nl": "Goedendag." });
        assert_eq!(said(table, "fr", None).0, "Guten Tag.");
        assert_eq!(said(serde_json::json!({ "fr": "Bonjour." }), "en", Some("nl")).0, "Bonjour.");
    }

    #[test]
    fn a_table_has_a_text() {
        assert!(
            serde_json::from_value::<Words>(serde_json::json!({}))
                .unwrap_err()
                .to_string()
                .contains("needs one at least")
        );
    }

    #[test]
    fn each_text_is_edited() {
        let table: Words = serde_json::from_value(
            serde_json::json!({ "nl": "Dag {naam}.", "fr": "Bonjour {naam}." }),
        )
        .unwrap();
        let edited = table.map(|text| text.replace("{naam}", "An"));
        let site = Rc::new(Site::default());
        assert_eq!(
            reads::answer_with(site, || edited.in_language(Some("fr"))),
            Prompt::Text(Spoken { text: "Bonjour An.".into(), language: Some("fr".into()) })
        );
    }
}
