//! What an operator changes in the flows and the site that are shipped is taken: their scenarios
//! refuse no hours, no figures, no texts, no queues, no agents, no numbers. The changes are made by
//! rules from the files, one at a time, and each passes the gate as in a running host.

use crate::common::{self, Loaded};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use toml::{Table, Value};

/// A file of the folder of flows, by its path below it, and what it says.
type Files = BTreeMap<String, String>;

/// Something that an operator changes.
struct Edit {
    what: String,
    /// The files that are written for it.
    files: Files,
}

/// Where a value stands in a file.
type Place = Vec<Step>;

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Key(String),
    Nth(usize),
}

#[test]
fn what_an_operator_changes_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let flows = folder.path().join("flows");
    common::copy(&common::flows_dir(), &flows);
    let files = read(&flows);
    let loaded = Loaded::gated(flows.clone(), common::PLUGINS);
    let edits = edits(&files);
    let mut refused = Vec::new();
    for edit in &edits {
        write(&flows, &edit.files);
        let report = loaded.catalogue.reload();
        let taken = report.site_changed || !report.swapped.is_empty();
        if !report.is_good() || !taken {
            refused.push(format!("{}\n{report}", edit.what));
        }
        let before = edit.files.keys().map(|file| (file.clone(), files[file].clone())).collect();
        write(&flows, &before);
    }
    println!("{} changes", edits.len());
    assert!(edits.len() >= 200, "{} changes", edits.len());
    assert!(refused.is_empty(), "{} not taken:\n{}", refused.len(), refused.join("\n"));
}

/// A scenario of the reception that expects its greeting as it is shipped.
fn greeted(nth: usize, live: &str) -> String {
    format!(
        "name = \"Scenario {nth}\"\nat = \"2026-11-23 10:00\"\n{live}\n[[call]]\nhangs_up = 5\n\
         expect = [{{ hears = \"Voor de vaccinatielijn, druk 1.\" }}]\n"
    )
}

#[test]
fn an_own_scenario_that_follows_the_files_refuses_a_change_in_some_lines() {
    let folder = tempfile::tempdir().unwrap();
    let flows = folder.path().join("flows");
    common::copy(&common::flows_dir(), &flows);
    let scenarios = flows.join("reception/scenarios");
    let write_all = |live: &str| {
        for nth in 0..9 {
            fs::write(scenarios.join(format!("a-{nth}.toml")), greeted(nth, live)).unwrap();
        }
    };
    write_all("");
    let loaded = Loaded::gated(flows.clone(), common::PLUGINS);
    let file = flows.join("reception/flow.toml");
    let shipped = fs::read_to_string(&file).unwrap();
    fs::write(&file, shipped.replace("vaccinatielijn", "griepprik")).unwrap();
    let report = loaded.catalogue.reload();
    assert!(report.is_good() && report.swapped.len() == 1, "they play with pinned files: {report}");

    write_all("live = true");
    fs::write(&file, shipped.replace("vaccinatielijn", "griepspuit")).unwrap();
    let report = loaded.catalogue.reload();
    assert!(report.swapped.is_empty(), "{report}");
    let shown = report.to_string();
    for part in ["FAILED  Scenario 0", "FAILED  Scenario 2", "and 6 more", "`strowger test "] {
        assert!(shown.contains(part), "{part:?} in\n{shown}");
    }
    assert!(!shown.contains("Scenario 3") && shown.lines().count() <= 20, "{shown}");
}

/// `strowger test --figures` alters pinned figures, and what is shipped must have the same.
#[test]
fn scenarios_play_with_what_is_shipped() {
    let table = |file: &Path| fs::read_to_string(file).unwrap().parse::<Table>().unwrap();
    let site = table(&common::flows_dir().join("site.toml"));
    for (file, text) in read(&common::flows_dir()).iter().filter(|(file, _)| *file != "site.toml") {
        let flow = common::flows_dir().join(file.strip_suffix("flow.toml").unwrap());
        let pinned = flow.join("scenarios/pinned");
        assert_eq!(
            table(&pinned.join("flow.toml")),
            text.parse().unwrap(),
            "{file}: copy it to {}",
            pinned.display()
        );
        for (place, value) in places(&table(&pinned.join("site.toml"))) {
            // Scenarios have agents and rosters of their own.
            if place[0] != Step::Key("rosters".to_owned()) {
                assert_eq!(at(&mut site.clone(), &place), &value, "{file}: {}", shown(&place));
            }
        }
    }
}

/// The flow files and the site file.
fn read(flows: &Path) -> Files {
    let mut files = Files::new();
    let folders = fs::read_dir(flows).unwrap().map(|entry| entry.unwrap().file_name());
    for name in folders.map(|name| name.into_string().unwrap()) {
        let file = if name == "site.toml" { name } else { format!("{name}/flow.toml") };
        if let Ok(text) = fs::read_to_string(flows.join(&file)) {
            files.insert(file, text);
        }
    }
    files
}

fn write(flows: &Path, files: &Files) {
    for (file, text) in files {
        fs::write(flows.join(file), text).unwrap();
    }
}

fn edits(files: &Files) -> Vec<Edit> {
    let flow_files = files.iter().filter(|(file, _)| *file != "site.toml");
    let mut edits: Vec<Edit> =
        flow_files.flat_map(|(file, text)| of_flow(file, &text.parse().unwrap(), text)).collect();
    let site: Table = files["site.toml"].parse().unwrap();
    // Others are in the contacts and rosters, too.
    let people = ["contacts.csv", "rosters/nachtwacht-oost-vlaanderen.csv"];
    let people = people.map(|file| fs::read_to_string(common::flows_dir().join(file)).unwrap());
    let agents = site["agents"].as_table().unwrap().keys();
    let agents = agents.filter(|agent| !people.iter().any(|file| file.contains(*agent)));
    edits.extend(agents.map(|agent| renamed(agent, files)));
    edits.extend(of_site(&site, &dates()));
    edits
}

/// An agent gets another name, everywhere, while the old one may have calls.
fn renamed(agent: &str, files: &Files) -> Edit {
    let new = format!("{agent}-2");
    let rename = |(file, text): (&String, &String)| {
        let text = text
            .replace(&format!("\"{agent}\""), &format!("\"{new}\""))
            .replace(&format!("\"agent:{agent}\""), &format!("\"agent:{new}\""))
            .replace(&format!("[agents.{agent}]"), &format!("[agents.{new}]\nwas = \"{agent}\""));
        (file.clone(), text)
    };
    let mut changed: Files = files.iter().map(rename).collect();
    changed.retain(|file, text| files[file] != *text);
    Edit { what: format!("agents.{agent} is called {new}"), files: changed }
}

/// The days on which scenarios play.
fn dates() -> BTreeSet<String> {
    let mut dates = BTreeSet::new();
    for flow in fs::read_dir(common::flows_dir()).unwrap().map(|flow| flow.unwrap().path()) {
        for scenario in fs::read_dir(flow.join("scenarios")).into_iter().flatten() {
            let Ok(text) = fs::read_to_string(scenario.unwrap().path()) else { continue };
            let days = text.split("at = \"20").skip(1).map(|rest| format!("20{}", &rest[..8]));
            dates.extend(days);
        }
    }
    dates
}

// ---------------------------------------------------------------- flow files

fn of_flow(file: &str, flow: &Table, text: &str) -> Vec<Edit> {
    let mut changed = Changes { file, table: flow, edits: Vec::new() };
    for (place, value) in places(flow) {
        let root = match &place[0] {
            Step::Key(key) => key.as_str(),
            Step::Nth(_) => unreachable!("a file is a table"),
        };
        let key = match place.last() {
            Some(Step::Key(key)) => key.as_str(),
            _ => "",
        };
        match &value {
            // Nobody moves to another country without changing the numbers, too.
            _ if key == "country" => {}
            Value::Integer(figure) if root == "settings" => changed.figure(&place, *figure),
            Value::String(number) if root == "settings" && number.starts_with('+') => {
                changed.number(&place, number);
            }
            Value::String(number) if root == "numbers" && number.starts_with('+') => {
                changed.set(&place, other_number(number).into());
            }
            // A permission for a whole domain goes with the addresses.
            Value::String(address) if address.starts_with("*@") => {
                let other = address.replace("*@", "@nieuw-");
                let text = text.replace(&address[1..], &other);
                changed.text(format!("the mail domain is {other}"), text);
            }
            Value::String(address) if address.contains('@') => {
                changed.set(&place, address.replace("@", "2@").into());
            }
            Value::String(said) if said.contains(' ') && root != "numbers" => {
                changed.set(&place, format!("{said} We doen ons best, een ogenblik.").into());
            }
            Value::String(_) if key == "key" => changed.set(&place, "8".into()),
            // In an emergency: the PBX's own route has the calls.
            Value::Array(_) if root == "numbers" && place.len() == 1 => {
                changed.set(&place, Value::Array(Vec::new()));
            }
            Value::Array(items) if items.len() > 1 && items[0].is_table() => {
                (0..items.len()).for_each(|nth| changed.without(&place, nth));
            }
            _ => {}
        }
    }
    if file.starts_with("agent-desk") {
        for code in ["*1", "*48", "*47", "*49", "082780"] {
            let other = format!("{}6", &code[..code.len() - 1]);
            let text = text.replace(&format!("\"{code}"), &format!("\"{other}"));
            let text = text.replace(&format!("082780{code}"), &format!("082780{other}"));
            changed.text(format!("the code {code} is {other}"), text);
        }
    }
    changed.edits
}

/// Another number of the same length, which nobody has: its last two digits differ. A pattern gets
/// another range.
fn other_number(number: &str) -> String {
    let digits = number.trim_end_matches('X').trim_end();
    format!("{}55{}", &digits[..digits.len() - 2], &number[digits.len()..])
}

/// Changes of a file, each of the file as it is shipped.
struct Changes<'a> {
    file: &'a str,
    table: &'a Table,
    edits: Vec<Edit>,
}

impl Changes<'_> {
    fn text(&mut self, what: String, text: String) {
        let what = format!("{}: {what}", self.file);
        self.edits.push(Edit { what, files: Files::from([(self.file.to_owned(), text)]) });
    }

    fn change(&mut self, what: String, change: impl FnOnce(&mut Table)) {
        let mut table = self.table.clone();
        change(&mut table);
        self.text(what, toml::to_string(&table).unwrap());
    }

    fn set(&mut self, place: &Place, value: Value) {
        self.change(format!("{} = {value}", shown(place)), |table| *at(table, place) = value);
    }

    fn without(&mut self, place: &Place, nth: usize) {
        self.change(format!("{} without {nth}", shown(place)), |table| {
            at(table, place).as_array_mut().unwrap().remove(nth);
        });
    }

    /// A quarter more, and a quarter less, if there is room for it.
    fn figure(&mut self, place: &Place, figure: i64) {
        let step = (figure / 4).max(1);
        for other in [figure + step, figure - step].into_iter().filter(|other| *other > 1) {
            self.set(place, other.into());
        }
    }

    /// A number that is dialled is permitted, too.
    fn number(&mut self, place: &Place, number: &str) {
        let other = other_number(number);
        self.change(format!("{} = {other}", shown(place)), |table| {
            *at(table, place) = other.clone().into();
            let dial = table["permissions"].get_mut("dial").and_then(Value::as_array_mut);
            if let Some(dial) = dial {
                dial.push(other.replace(' ', "").into());
            }
        });
    }
}

/// Everything in a file that is no table, and every list, with its place.
fn places(table: &Table) -> Vec<(Place, Value)> {
    fn visit(value: &Value, place: &mut Place, found: &mut Vec<(Place, Value)>) {
        match value {
            Value::Table(table) => {
                for (key, value) in table {
                    place.push(Step::Key(key.clone()));
                    visit(value, place, found);
                    place.pop();
                }
            }
            value => {
                found.push((place.clone(), value.clone()));
                for (nth, item) in value.as_array().into_iter().flatten().enumerate() {
                    place.push(Step::Nth(nth));
                    visit(item, place, found);
                    place.pop();
                }
            }
        }
    }
    let mut found = Vec::new();
    visit(&Value::Table(table.clone()), &mut Place::new(), &mut found);
    found
}

fn at<'a>(table: &'a mut Table, place: &Place) -> &'a mut Value {
    let (Some(Step::Key(first)), rest) = (place.first(), &place[1..]) else {
        unreachable!("a file is a table")
    };
    rest.iter().fold(&mut table[first], |value, step| match step {
        Step::Key(key) => &mut value[key.as_str()],
        Step::Nth(nth) => &mut value[*nth],
    })
}

fn shown(place: &Place) -> String {
    let steps = place.iter().map(|step| match step {
        Step::Key(key) => key.clone(),
        Step::Nth(nth) => nth.to_string(),
    });
    steps.collect::<Vec<_>>().join(".")
}

// ---------------------------------------------------------------- the site file

fn of_site(site: &Table, dates: &BTreeSet<String>) -> Vec<Edit> {
    let mut changed = Changes { file: "site.toml", table: site, edits: Vec::new() };
    let names = |part: &str| site[part].as_table().unwrap().keys().cloned().collect::<Vec<_>>();
    for name in names("schedules") {
        schedule(&mut changed, &name, dates);
    }
    for name in names("queues") {
        queue(&mut changed, &name);
    }
    for (nth, name) in names("agents").iter().enumerate() {
        agent(&mut changed, nth, name);
    }
    for name in names("cases") {
        for key in ["working_days", "days", "hours"] {
            let place = place(&["cases", &name, key]);
            if let Some(figure) = site["cases"][&name].get(key).and_then(Value::as_integer) {
                changed.figure(&place, figure);
            }
        }
    }
    for (nth, _) in site["holidays"].as_array().unwrap().iter().enumerate() {
        changed.without(&place(&["holidays"]), nth);
    }
    for date in dates.iter().step_by(3) {
        changed.change(format!("{date} is a holiday"), |site| {
            let day = format!("date = {date}\nname = \"Brugdag\"").parse::<Table>().unwrap();
            site["holidays"].as_array_mut().unwrap().push(day.into());
        });
    }
    changed.edits
}

fn place(keys: &[&str]) -> Place {
    keys.iter().map(|key| Step::Key((*key).to_owned())).collect()
}

/// The hours that operators asked for, and a closing day.
fn schedule(changed: &mut Changes<'_>, name: &str, dates: &BTreeSet<String>) {
    for hours in [
        "Mo-Fr 13:00-18:00; PH off",
        "Mo-Fr 08:30-17:00; PH off",
        "07:00-22:00",
        "Mo-Sa 09:00-12:00,13:00-17:00; PH off",
        "24/7",
        "off",
    ] {
        changed.set(&place(&["schedules", name, "hours"]), hours.into());
    }
    for date in dates.iter().step_by(4) {
        changed.change(format!("{name} is closed on {date}"), |site| {
            let closed = format!("date = {date}\nname = \"Sluitingsdag\"\nhours = \"off\"");
            let schedule = site["schedules"][name].as_table_mut().unwrap();
            let days = schedule.entry("exceptions").or_insert(Value::Array(Vec::new()));
            let days = days.as_array_mut().unwrap();
            days.retain(|day| day["date"].to_string() != *date);
            days.push(closed.parse::<Table>().unwrap().into());
        });
    }
}

fn queue(changed: &mut Changes<'_>, name: &str) {
    let queue = &changed.table["queues"][name].clone();
    let key = |key: &str| place(&["queues", name, key]);
    for strategy in ["longest-idle", "ring-all", "linear"] {
        if queue.get("strategy").and_then(Value::as_str) != Some(strategy) {
            changed.add(&key("strategy"), strategy.into());
        }
    }
    for (figure, value) in [("ring_time", 30), ("wrap_up", 45), ("cap", 5)] {
        changed.add(&key(figure), value.into());
    }
    changed.add(&key("code"), "77".into());
    changed.without(&key("agents"), 0);
    changed.change(format!("dirk and lotte join {name}"), |site| {
        let agents = at(site, &key("agents")).as_array_mut().unwrap();
        agents.retain(|agent| !["dirk", "lotte"].contains(&agent.as_str().unwrap()));
        agents.extend(["dirk", "lotte"].map(Value::from));
    });
}

fn agent(changed: &mut Changes<'_>, nth: usize, name: &str) {
    let key = |key: &str| place(&["agents", name, key]);
    match nth % 3 {
        0 => changed.add(&key("extension"), "987".into()),
        1 => changed.add(&key("name"), "Iemand Anders".into()),
        _ => changed.add(&key("logged_in"), nth.is_multiple_of(2).into()),
    }
    if !NAMED.contains(&name) {
        changed.change(format!("{name} has left"), |site| {
            for (_, switch) in site["switches"].as_table_mut().unwrap() {
                let may = switch["turned_by"].as_array_mut().unwrap();
                may.retain(|agent| agent.as_str() != Some(name));
            }
            site["agents"].as_table_mut().unwrap().remove(name);
            for (_, queue) in site["queues"].as_table_mut().unwrap() {
                let agents = queue["agents"].as_array_mut().unwrap();
                agents.retain(|agent| agent.as_str() != Some(name));
            }
        });
    }
}

/// Flow files and contacts name these agents: those have to be changed first.
const NAMED: [&str; 8] = ["an", "bram", "celine", "lotte", "els", "farah", "gert", "ilse"];

impl Changes<'_> {
    /// Sets a key of a table that need not have it.
    fn add(&mut self, place: &Place, value: Value) {
        let (Some(Step::Key(key)), above) = (place.last(), &place[..place.len() - 1].to_vec())
        else {
            unreachable!("a key is set")
        };
        self.change(format!("{} = {value}", shown(place)), |table| {
            at(table, above).as_table_mut().unwrap().insert(key.clone(), value);
        });
    }
}
