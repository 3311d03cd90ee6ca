//! What a flow says of the positions of switches, and whether it says something of each (R7).
//!
//! A setting that says it is a table with the positions as keys. Its schema has the word
//! `x-positions-of`: the name of the setting beside it that names the switch.

use crate::LoadedFlow;
use serde_json::{Map, Value};
use strowger_model::FlowName;
use strowger_site::{
    Problem, Site, Switch,
    source::{Source, child},
};

/// The word of the schema.
const WORD: &str = "x-positions-of";

/// Schemas within schemas, at most: one may mean itself.
const DEEPEST: usize = 32;

/// Formats of whom and what a position may lead to.
const REACHED: [&str; 6] =
    ["flow", "queue", "agent", "queue-or-agent", "dialled-number", "phone-number"];

/// Characters of a text that people see.
const RECOGNISED: usize = 50;

/// A switch that a flow reads by its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchRead {
    /// Its name in the site file.
    pub switch: String,
    /// What the flow says of its positions; empty: the settings do not say what each leads to.
    pub ways: Vec<Way>,
}

/// What a position of a switch leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The position.
    pub position: String,
    /// For people, such as `flow noodlijn`, `to +32470000199` or `say "Wij zijn gesloten."`.
    pub shown: String,
    /// Flows that get the call.
    pub flows: Vec<FlowName>,
    /// Where the flow file says it, such as `/settings/positions/Open`.
    pub at: String,
}

/// What is wrong with the positions that settings handle.
pub(crate) fn check(
    schema: &Value,
    settings: &Value,
    site: &Site,
    source: &Source,
) -> Vec<Problem> {
    let walk = Walk::over(schema, schema, settings);
    let of_table = |table: &Table<'_>| {
        let switch = site.switches.get(table.switch);
        switch.map_or_else(Vec::new, |switch| wrong(switch, table.handled, &table.at, source))
    };
    walk.tables.iter().flat_map(of_table).collect()
}

/// Every position of the switch is there, and no other.
fn wrong(switch: &Switch, handled: &Map<String, Value>, at: &str, source: &Source) -> Vec<Problem> {
    let name = &switch.name;
    let unknown = handled.keys().filter(|position| !switch.positions.contains(position));
    let unknown = unknown.map(|position| {
        let message = format!("switch `{name}` has no position `{position}`");
        let problem = source.at_key(&child(at, position), message);
        problem.suggest(position, switch.positions.iter().map(String::as_str))
    });
    let lacking = switch.positions.iter().filter(|position| !handled.contains_key(*position));
    let lacking = lacking.map(|position| {
        let message = format!("nothing is said of position `{position}` of switch `{name}`");
        let help = "say what happens to callers in each position that the site file gives the \
                    switch";
        source.at_key(at, message).help(help)
    });
    unknown.chain(lacking).collect()
}

impl LoadedFlow {
    /// The switches that the settings name, each with what its positions lead to.
    pub fn switches_read(&self) -> Vec<SwitchRead> {
        let schema = serde_json::from_str(&self.manifest.settings_schema).unwrap_or_default();
        switches_read(&schema, &self.settings)
    }
}

fn switches_read(schema: &Value, settings: &Value) -> Vec<SwitchRead> {
    let walk = Walk::over(schema, schema, settings);
    let mut read: Vec<SwitchRead> = Vec::new();
    for table in &walk.tables {
        let ways = table.handled.iter().map(|(position, value)| table.way(schema, position, value));
        read.push(SwitchRead { switch: table.switch.to_owned(), ways: ways.collect() });
    }
    for (_, switch) in walk.named.iter().filter(|(format, _)| *format == "switch") {
        if read.iter().all(|known| known.switch != *switch) {
            read.push(SwitchRead { switch: (*switch).to_owned(), ways: Vec::new() });
        }
    }
    read
}

/// A table of positions in settings.
struct Table<'a> {
    switch: &'a str,
    handled: &'a Map<String, Value>,
    schema: &'a Value,
    at: String,
    /// Flows that the settings beside the table name.
    beside: Vec<&'a str>,
}

impl Table<'_> {
    fn way(&self, root: &Value, position: &str, value: &Value) -> Way {
        let own = self.schema.get("properties").and_then(|own| own.get(position));
        let schema = own.or_else(|| self.schema.get("additionalProperties"));
        let walk = Walk::over(root, schema.unwrap_or(&Value::Null), value);
        let mut reached = walk.named.clone();
        reached.retain(|(format, _)| REACHED.contains(format));
        reached.dedup();
        if value.is_string() {
            reached.extend(self.beside.iter().map(|flow| ("flow", *flow)));
        }
        let texts: Vec<&str> = reached.iter().map(|(_, text)| *text).collect();
        let what = match (texts.is_empty(), longest_text(value)) {
            (true, Some(text)) => format!("{:?}", beginning(text)),
            _ => texts.join(", "),
        };
        let shown = match value {
            Value::String(word) if texts.is_empty() => word.clone(),
            Value::String(word) => format!("{word}: flow {what}"),
            Value::Object(map) if map.len() == 1 => {
                map.keys().map(|key| format!("{key} {what}")).collect()
            }
            _ => what,
        };
        let flows = reached.iter().filter(|(format, _)| *format == "flow");
        let flows = flows.map(|(_, flow)| FlowName::from(*flow)).collect();
        Way { position: position.to_owned(), shown, flows, at: child(&self.at, position) }
    }
}

/// As much of a text as one needs to recognise it.
fn beginning(text: &str) -> String {
    match text.char_indices().nth(RECOGNISED) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// The text that says most: others beside it are names.
fn longest_text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Array(items) => items.iter().filter_map(longest_text).max_by_key(|text| text.len()),
        Value::Object(map) => map.values().filter_map(longest_text).max_by_key(|text| text.len()),
        _ => None,
    }
}

/// Settings beside the schema that they have.
struct Walk<'a> {
    root: &'a Value,
    tables: Vec<Table<'a>>,
    /// Texts with the formats that they have.
    named: Vec<(&'a str, &'a str)>,
}

impl<'a> Walk<'a> {
    fn over(root: &'a Value, schema: &'a Value, value: &'a Value) -> Self {
        let mut walk = Self { root, tables: Vec::new(), named: Vec::new() };
        walk.look(schema, value, "/settings", DEEPEST);
        walk
    }

    fn look(&mut self, schema: &'a Value, value: &'a Value, at: &str, depth: usize) {
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
            Value::String(text) => {
                let format = schema.get("format").and_then(Value::as_str);
                self.named.extend(format.map(|format| (format, text.as_str())));
            }
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

    fn table(&mut self, schema: &'a Value, map: &'a Map<String, Value>, at: &str, depth: usize) {
        let others = schema.get("additionalProperties");
        let properties = schema.get("properties");
        for (key, value) in map {
            let own = properties.and_then(|properties| properties.get(key));
            let Some(schema) = own.or(others) else { continue };
            let at = child(at, key);
            let of = schema.get(WORD).and_then(Value::as_str);
            let switch = of.and_then(|of| map.get(of)?.as_str());
            if let (Some(switch), Some(handled)) = (switch, value.as_object()) {
                let is_flow = |key: &str| properties?.get(key)?.get("format")?.as_str();
                let flows = map.iter().filter(|(key, _)| is_flow(key) == Some("flow"));
                let beside = flows.filter_map(|(_, flow)| flow.as_str()).collect();
                self.tables.push(Table { switch, handled, schema, at: at.clone(), beside });
            }
            self.look(schema, value, &at, depth);
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

    #[test]
    fn r7_what_each_position_leads_to_is_known() {
        let schema = json!({
            "properties": {
                "switch": { "type": "string", "format": "switch" },
                "other": { "type": "string", "format": "switch" },
                "flow": { "type": "string", "format": "flow" },
                "positions": {
                    "x-positions-of": "switch",
                    "additionalProperties": { "$ref": "#/$defs/Way" },
                },
            },
            "$defs": { "Way": { "oneOf": [
                { "type": "string", "const": "normal" },
                { "properties": { "say": { "type": "string" }, "wait": {} } },
                { "properties": { "flow": { "type": "string", "format": "flow" } } },
                { "properties": { "to": { "properties": {
                    "music": { "type": "string", "format": "music" },
                    "number": { "type": "string", "format": "dialled-number" },
                } } } },
            ] } },
        });
        let settings = json!({
            "switch": "hap",
            "other": "text",
            "flow": "gp-post",
            "positions": {
                "Open": "normal",
                "Wacht": { "wait": { "music": "wachtmuziek", "say": "Blijf aan de lijn. ".repeat(9) } },
                "Gesloten": { "say": "Bel \"112\"." },
                "Calamiteit": { "flow": "noodlijn" },
                "Elders": { "to": { "number": "+32470000199", "music": "wachtmuziek" } },
            },
        });
        let read = switches_read(&schema, &settings);
        assert_eq!(read.len(), 2, "{read:?}");
        assert_eq!((read[0].switch.as_str(), read[1].switch.as_str()), ("hap", "text"));
        assert!(read[1].ways.is_empty(), "nothing is said of its positions");
        let way = |position: &str| {
            let way = read[0].ways.iter().find(|way| way.position == position).unwrap();
            let flows: Vec<&str> = way.flows.iter().map(FlowName::as_str).collect();
            (way.shown.as_str(), flows)
        };
        assert_eq!(way("Open"), ("normal: flow gp-post", vec!["gp-post"]));
        assert_eq!(way("Gesloten"), ("say \"Bel \\\"112\\\".\"", vec![]));
        let begins = "wait \"Blijf aan de lijn. Blijf aan de lijn. Blijf aan de...\"";
        assert_eq!(way("Wacht"), (begins, vec![]));
        assert_eq!(way("Calamiteit"), ("flow noodlijn", vec!["noodlijn"]));
        assert_eq!(way("Elders"), ("to +32470000199", vec![]));
    }
}
