//! Whether a flow says of every position of a switch what happens in it (R7).
//!
//! A setting that says it is a table with the positions as keys. Its schema has the word
//! `x-positions-of`: the name of the setting beside it that names the switch.

use serde_json::{Map, Value};

use strowger_site::{
    Problem, Site, Switch,
    source::{Source, child},
};

/// The word of the schema.
const WORD: &str = "x-positions-of";

/// Schemas within schemas, at most: one may mean itself.
const DEEPEST: usize = 32;

/// What is wrong with the positions that settings handle.
pub(crate) fn check(
    schema: &Value,
    settings: &Value,
    site: &Site,
    source: &Source,
) -> Vec<Problem> {
    let mut walk = Walk { root: schema, site, source, problems: Vec::new() };
    walk.look(schema, settings, "/settings", DEEPEST);
    walk.problems
}

struct Walk<'a> {
    root: &'a Value,
    site: &'a Site,
    source: &'a Source,
    problems: Vec<Problem>,
}

impl<'a> Walk<'a> {
    fn look(&mut self, schema: &'a Value, value: &Value, at: &str, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let meant = reference.strip_prefix('#').and_then(|path| self.root.pointer(path));
            meant.into_iter().for_each(|schema| self.look(schema, value, at, depth));
        }
        for option in ["anyOf", "oneOf", "allOf"].iter().filter_map(|key| schema.get(key)) {
            let options = option.as_array().into_iter().flatten();
            options.for_each(|schema| self.look(schema, value, at, depth));
        }
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let item_schema = schema.get("items").unwrap_or(&Value::Null);
                    self.look(item_schema, item, &format!("{at}/{index}"), depth);
                }
            }
            Value::Object(map) => self.table(schema, map, at, depth),
            _ => {}
        }
    }

    fn table(&mut self, schema: &'a Value, map: &Map<String, Value>, at: &str, depth: usize) {
        let others = schema.get("additionalProperties");
        for (key, value) in map {
            let own = schema.get("properties").and_then(|properties| properties.get(key));
            let Some(schema) = own.or(others) else { continue };
            let at = child(at, key);
            let of = schema.get(WORD).and_then(Value::as_str);
            let switch = of.and_then(|of| self.site.switches.get(map.get(of)?.as_str()?));
            if let (Some(switch), Some(handled)) = (switch, value.as_object()) {
                self.positions(switch, handled, &at);
            }
            self.look(schema, value, &at, depth);
        }
    }

    /// Every position of the switch is there, and no other.
    fn positions(&mut self, switch: &Switch, handled: &Map<String, Value>, at: &str) {
        let name = &switch.name;
        for position in handled.keys().filter(|position| !switch.positions.contains(position)) {
            let message = format!("switch `{name}` has no position `{position}`");
            let problem = self.source.at_key(&child(at, position), message);
            let known = switch.positions.iter().map(String::as_str);
            self.problems.push(problem.suggest(position, known));
        }
        for position in switch.positions.iter().filter(|position| !handled.contains_key(*position))
        {
            let message = format!("nothing is said of position `{position}` of switch `{name}`");
            let help = "say what happens to callers in each position that the site file gives the \
                        switch";
            self.problems.push(self.source.at_key(at, message).help(help));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::path::Path;
    use strowger_site::read_site::{People, site};

    const SITE: &str = r#"
        time_zone = "Europe/Brussels"
        language = "nl-BE"
        [switches.hap]
        positions = ["Open", "Gesloten", "Externe doorschakeling"]
    "#;

    fn wrong(settings: &str) -> Vec<String> {
        let site = Source::parse(Path::new("site.toml"), SITE).unwrap();
        let site = site_of(&site);
        let schema = json!({
            "properties": { "front": { "$ref": "#/$defs/Front" } },
            "$defs": { "Front": { "properties": {
                "switch": { "type": "string", "format": "switch" },
                "positions": { "type": "object", "x-positions-of": "switch" },
                "more": { "type": "array", "items": { "$ref": "#/$defs/Front" } },
            } } },
        });
        let source = Source::parse(Path::new("flow.toml"), settings).unwrap();
        let problems = check(&schema, &source.value["settings"], &site, &source);
        let said = |problem: Problem| {
            let place = problem.place.unwrap();
            let help = problem.help.unwrap();
            format!("{}:{} {}; {help}", place.line, place.column, problem.message)
        };
        problems.into_iter().map(said).collect()
    }

    fn site_of(source: &Source) -> Site {
        site(source, People::Files).unwrap()
    }

    #[test]
    fn r7_every_position_is_handled() {
        let all = "[settings.front]\nswitch = \"hap\"\n[settings.front.positions]\nOpen = 1\n\
                   Gesloten = 2\n\"Externe doorschakeling\" = 3\n";
        assert_eq!(wrong(all), [""; 0]);
        let lacks = "[settings.front]\nswitch = \"hap\"\n[settings.front.positions]\nOpen = 1\n\
                     Geslotn = 2\n\"Externe doorschakeling\" = 3\n";
        assert_eq!(
            wrong(lacks),
            [
                "5:1 switch `hap` has no position `Geslotn`; did you mean `Gesloten`?",
                "3:17 nothing is said of position `Gesloten` of switch `hap`; say what happens to \
                 callers in each position that the site file gives the switch",
            ]
        );
        let nested = "[settings.front]\n[[settings.front.more]]\nswitch = \"hap\"\n\
                      positions = { Open = 1, Gesloten = 2 }\n";
        assert!(wrong(nested)[0].contains("`Externe doorschakeling`"), "{:?}", wrong(nested));
        let unknown = "[settings.front]\nswitch = \"huh\"\npositions = { Open = 1 }\n";
        assert_eq!(wrong(unknown), [""; 0], "the format says that there is no such switch");
    }
}
