//! How much work a JSON Schema of a plugin can make. A schema of some lines can double with each
//! reference that it follows, and would take all time and memory of the host.

use serde_json::{Map, Value};
use std::collections::HashMap;

/// Schemas that are looked at, one within another, each as often as it is reached.
const MOST: u64 = 100_000;

/// Schemas within one another, when references are followed.
const DEEPEST: usize = 256;

/// Keywords whose schemas are about the same value.
const SAME: [&str; 10] = [
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "dependencies",
    "$ref",
];
/// Keywords whose schemas are about what is in the value.
const WITHIN: [&str; 12] = [
    "properties",
    "patternProperties",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "items",
    "prefixItems",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "$defs",
    "definitions",
];

/// Refuses a schema that would take too long for settings so many levels deep.
///
/// # Errors
/// Why, for the author of the plugin.
pub(crate) fn weigh(root: &Value, depth: usize) -> Result<(), String> {
    let whole = Scales { root, found: HashMap::new(), level: 0, whole: true }.weight(root, 0)?;
    let of_settings =
        Scales { root, found: HashMap::new(), level: 0, whole: false }.weight(root, depth)?;
    match whole.max(of_settings) > MOST {
        true => Err(format!(
            "the settings schema is too large: it comes to more than {MOST} schemas when its references are followed"
        )),
        false => Ok(()),
    }
}

/// How deep a value is.
pub(crate) fn depth(value: &Value) -> usize {
    let within: &mut dyn Iterator<Item = &Value> = match value {
        Value::Array(list) => &mut list.iter(),
        Value::Object(map) => &mut map.values(),
        _ => return 0,
    };
    1 + within.map(depth).max().unwrap_or(0)
}

struct Scales<'a> {
    root: &'a Value,
    /// What was found for a schema and a depth; none: it is being weighed.
    found: HashMap<(*const Value, usize), Option<u64>>,
    /// References and keywords that were followed to get here.
    level: usize,
    /// As it is read: everything that is in it, and a schema within itself once. Else as it is
    /// held against a value.
    whole: bool,
}

impl Scales<'_> {
    /// The schemas that are reached from one, for a value so deep.
    fn weight(&mut self, schema: &Value, depth: usize) -> Result<u64, String> {
        let Value::Object(keywords) = schema else { return Ok(1) };
        match self.found.get(&(std::ptr::from_ref(schema), depth)) {
            Some(Some(found)) => return Ok(*found),
            Some(None) if self.whole => return Ok(1),
            Some(None) => return Err("the settings schema refers to itself without end".to_owned()),
            None => {}
        }
        if self.level == DEEPEST {
            return Err(format!("the settings schema is more than {DEEPEST} levels deep"));
        }
        self.level += 1;
        self.found.insert((schema, depth), None);
        let mut weight = 1u64;
        for keyword in SAME {
            weight = weight.saturating_add(self.of_keyword(keywords, keyword, depth)?);
        }
        for keyword in WITHIN {
            let definitions = matches!(keyword, "$defs" | "definitions");
            let more = match (self.whole, depth.checked_sub(1)) {
                (true, _) => self.of_keyword(keywords, keyword, depth)?,
                (false, Some(depth)) if !definitions => {
                    self.of_keyword(keywords, keyword, depth)?
                }
                _ => 0,
            };
            weight = weight.saturating_add(more);
        }
        self.level -= 1;
        self.found.insert((schema, depth), Some(weight));
        Ok(weight)
    }

    fn of_keyword(
        &mut self,
        keywords: &Map<String, Value>,
        keyword: &str,
        depth: usize,
    ) -> Result<u64, String> {
        let Some(value) = keywords.get(keyword) else { return Ok(0) };
        match value {
            Value::String(to) if keyword == "$ref" => {
                let target = to.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
                target.map_or(Ok(1), |target| self.weight(target, depth))
            }
            Value::Array(list) => self.sum(list.iter(), depth),
            Value::Object(map) if !is_one(keyword) => self.sum(map.values(), depth),
            one => self.weight(one, depth),
        }
    }

    fn sum<'v>(
        &mut self,
        schemas: impl Iterator<Item = &'v Value>,
        depth: usize,
    ) -> Result<u64, String> {
        let mut sum = 0u64;
        for schema in schemas {
            sum = sum.saturating_add(self.weight(schema, depth)?);
        }
        Ok(sum)
    }
}

/// Whether what stands there is one schema and not one for each name.
fn is_one(keyword: &str) -> bool {
    !matches!(
        keyword,
        "properties"
            | "patternProperties"
            | "dependentSchemas"
            | "dependencies"
            | "$defs"
            | "definitions"
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Each definition is twice the next.
    fn doubling(levels: usize, how: &str) -> Value {
        let twice = |next: usize| {
            let to = json!({ "$ref": format!("#/$defs/d{next}") });
            json!({ how: [to, to] })
        };
        let mut definitions: Map<String, Value> =
            (0..levels).map(|level| (format!("d{level}"), twice(level + 1))).collect();
        definitions.insert(format!("d{levels}"), json!({ "type": "object" }));
        json!({ "$ref": "#/$defs/d0", "$defs": definitions })
    }

    #[test]
    fn a_schema_that_doubles_at_each_reference_is_refused() {
        for how in ["allOf", "anyOf"] {
            let why = weigh(&doubling(32, how), 1).unwrap_err();
            assert!(why.contains("too large"), "{why}");
            assert_eq!(weigh(&doubling(8, how), 1), Ok(()));
        }
    }

    #[test]
    fn one_that_is_within_itself_is_as_large_as_the_settings_are_deep() {
        let tree = json!({
            "properties": { "left": { "$ref": "#" }, "right": { "$ref": "#" } }
        });
        assert_eq!(weigh(&tree, 3), Ok(()));
        assert!(weigh(&tree, 30).unwrap_err().contains("too large"));
        let list = json!({ "items": { "$ref": "#" } });
        assert_eq!(weigh(&list, 100), Ok(()));
    }

    #[test]
    fn one_that_is_itself_is_refused() {
        let why = weigh(&json!({ "allOf": [{ "$ref": "#" }] }), 1).unwrap_err();
        assert!(why.contains("refers to itself"), "{why}");
    }

    #[test]
    fn depth_is_that_of_tables_and_lists() {
        assert_eq!(depth(&json!(1)), 0);
        assert_eq!(depth(&json!({ "a": [1], "b": { "c": { "d": [] } } })), 4);
    }
}
