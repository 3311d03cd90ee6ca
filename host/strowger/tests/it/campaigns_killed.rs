//! O5: two campaigns by a host that is killed again and again, beside a PBX of another process. Each
//! attempt is made once, what came of everybody is right, who says "never again" is on the list, and no
//! place is given twice.

use crate::common::run;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    time::Instant,
};
use strowger_test_support::plugin_path;
use strowger_testbed::process::Process;
use strowger_tests::PATIENCE;

/// On the list of `all`, for whom there are places enough.
const PEOPLE: u32 = 200;
/// On the list of `few`. They are called all at once, for so many places.
const RIVALS: u32 = 60;
const PLACES: u64 = 10;
/// How often somebody is called who is not reached.
const ATTEMPTS: u64 = 2;
/// The host is killed whenever so many further telephones have rung.
const RINGS_OF_A_LIFE: usize = 40;

const SITE: &str = r#"
time_zone = "Europe/Brussels"
country = "BE"
language = "nl-BE"

[campaigns.all]
flow = "offer"
goal = 200
at_once = 25
attempts = 2
pause = 1

[campaigns.few]
flow = "offer"
goal = 10
at_once = 60
first_wins = true
attempts = 2
pause = 1
"#;

const OFFER: &str = r#"
plugin = "offer"
language = "nl-BE"
caller_id = "+3292000300"

[permissions]
dial = ["+32*"]

[settings]
who_talks = "menu"
rings = 1
set_up = 2
answer_within = 2
said_at_most = 1
confirm = { key = "1", within = 2 }
keys = { accept = "1", cannot_now = "2", never_again = "3" }

[settings.texts]
confirm = "Druk 1."
offer = "Druk 1, 2 of 3."
accepted = "Ja."
cannot_now = "Nee."
never_again = "Nooit."
filled = "Vol."
over = "Voorbij."
nothing_keyed = "Dag."
impossible = "Fout."
unknown = "Onbekend."
"#;

/// How telephones behave, and what comes of calls to them. Where the host is away when a key is
/// pressed, or when somebody is busy, nobody is reached.
const KINDS: [(&str, &str); 9] = [
    ("accepts", "accepted"),
    ("refuses", "refused"),
    ("cannot", "cannot-now"),
    ("is busy", "busy"),
    ("declines", "not-reached"),
    ("rings", "not-reached"),
    ("is a voice mail", "not-reached"),
    ("says nothing", "not-reached"),
    ("is not there", "not-reached"),
];

fn behaviour(kind: &str) -> String {
    // What is meant is keyed again and again: the host may just be away.
    let keys = |means: &str| {
        let again = (0..8)
            .map(|nth| format!("{{ at = {}, digits = \"{means}\" }}", 1.2 + 0.8 * f64::from(nth)));
        let all: Vec<String> =
            ["{ at = 0.4, digits = \"1\" }".to_owned()].into_iter().chain(again).collect();
        format!("after = 0.3, keys = [{}]", all.join(", "))
    };
    match kind {
        "accepts" => keys("1"),
        "refuses" => keys("3"),
        "cannot" => keys("2"),
        "is busy" => "phone = \"busy\"".to_owned(),
        "declines" => "phone = \"declines\", after = 0.5".to_owned(),
        "rings" => "phone = \"rings\"".to_owned(),
        "is a voice mail" => "after = 0.5".to_owned(),
        "says nothing" => "after = 0.3, keys = [{ at = 0.4, digits = \"1\" }]".to_owned(),
        "is not there" => "phone = \"unreachable\"".to_owned(),
        _ => unreachable!(),
    }
}

fn number(nth: u32) -> String {
    format!("+3247{nth:07}")
}

fn kind(nth: u32) -> (&'static str, &'static str) {
    match nth < PEOPLE {
        true => KINDS[nth as usize % KINDS.len()],
        false => KINDS[0],
    }
}

fn place(listen: &str) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fs::create_dir_all(folder.join("flows")).unwrap();
    fs::create_dir_all(folder.join("plugins")).unwrap();
    fs::write(folder.join("flows/site.toml"), SITE).unwrap();
    fs::write(folder.join("flows/offer.toml"), OFFER).unwrap();
    fs::copy(plugin_path("offer"), folder.join("plugins/offer.wasm")).unwrap();
    fs::write(folder.join("token"), "0123456789abcdef0123456789abcdef").unwrap();
    fs::set_permissions(folder.join("token"), fs::Permissions::from_mode(0o600)).unwrap();
    let remote = format!("[remote]\nlisten = {listen:?}\ntoken_file = \"token\"\n");
    fs::write(folder.join("strowger.toml"), format!("adapter = \"remote\"\n{remote}")).unwrap();
    let mut phones = "[outside]\n".to_owned();
    for nth in 0..PEOPLE + RIVALS {
        writeln!(phones, "{:?} = {{ {} }}", number(nth), behaviour(kind(nth).0)).unwrap();
    }
    fs::write(folder.join("phones.toml"), phones).unwrap();
    for (list, people) in [("all", 0..PEOPLE), ("few", PEOPLE..PEOPLE + RIVALS)] {
        let rows: String = people.map(|nth| format!("p{nth},{}\n", number(nth))).collect();
        fs::write(folder.join(format!("{list}.csv")), format!("id,numbers\n{rows}")).unwrap();
    }
    place
}

fn serve(folder: &Path) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_strowger"));
    command.arg("serve").current_dir(folder).env_remove("STROWGER_CONFIG");
    let host = Process::start("strowger", command).unwrap();
    let since = Instant::now();
    while run(folder, &["campaign"]).0 != 0 {
        assert!(since.elapsed() < PATIENCE, "{}", host.output().text());
    }
    host
}

fn sim(folder: &Path, listen: &str) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_strowger"));
    let url = format!("ws://{listen}/adapter/v1");
    command.args(["sim", "--token-file", "token", "--phones", "phones.toml", "--connect", &url]);
    command.current_dir(folder).env("STROWGER_LOG", "info,strowger::commands=debug");
    Process::start("sim", command).unwrap()
}

/// How often each number rang.
fn rang(sim: &Process) -> BTreeMap<String, u64> {
    let mut rang = BTreeMap::new();
    let log = sim.output().text();
    for line in log.lines().filter(|line| line.contains("a phone rings")) {
        let number = line.split('"').nth(1).unwrap_or_else(|| panic!("{line}"));
        *rang.entry(number.to_owned()).or_insert(0) += 1;
    }
    rang
}

fn json(folder: &Path, args: &[&str]) -> Option<Value> {
    let (code, said) = run(folder, args);
    (code == 0).then(|| serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}")))
}

fn is_over(folder: &Path, campaign: &str) -> bool {
    let now = json(folder, &["campaign", "status", campaign, "--json"]);
    now.is_some_and(|now| now["stage"] == "ended" && now["calls"] == 0)
}

#[test]
fn o5_what_comes_of_campaigns_is_right_whenever_the_host_dies() {
    let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let place = place(&listen);
    let folder = place.path();
    let mut host = serve(folder);
    let sim = sim(folder, &listen);
    for list in ["all", "few"] {
        let file = format!("{list}.csv");
        let (code, said) =
            run(folder, &["campaign", "open", list, "--list", &file, "--name", list]);
        assert_eq!(code, 0, "{said}");
    }
    let (since, mut deaths) = (Instant::now(), 0);
    while !(is_over(folder, "all") && is_over(folder, "few")) {
        assert!(
            since.elapsed() < PATIENCE * 5,
            "{:?}\n{}",
            run(folder, &["campaign"]),
            host.output().text()
        );
        let rings = rang(&sim).values().sum::<u64>() as usize;
        if rings >= (deaths + 1) * RINGS_OF_A_LIFE {
            host.signal("KILL");
            host.output().ended(PATIENCE).unwrap();
            deaths += 1;
            host = serve(folder);
        }
    }
    assert!(deaths >= 4, "{deaths}");
    println!("{deaths} deaths in {:?}", since.elapsed());
    let rang = rang(&sim);
    let all = export(folder, "all", &rang);
    everybody_is_called_in_order(&all);
    never_again_holds(folder, &all);
    no_place_is_given_twice(folder, "all", &all);

    let few = export(folder, "few", &rang);
    let outcomes: BTreeSet<&str> = few.iter().filter_map(|it| it["outcome"].as_str()).collect();
    assert!(outcomes.is_subset(&["accepted", "filled", "not-reached"].into()), "{outcomes:?}");
    assert_eq!(no_place_is_given_twice(folder, "few", &few), PLACES);
}

/// What came of everybody on a list. Nobody was called more often than is noted.
fn export(folder: &Path, campaign: &str, rang: &BTreeMap<String, u64>) -> Vec<Value> {
    let all = json(folder, &["campaign", "export", campaign, "--json"]).unwrap();
    let all = all.as_array().unwrap().clone();
    for one in &all {
        let attempts = one["attempts"].as_u64().unwrap();
        let rings = rang.get(one["number"].as_str().unwrap()).copied().unwrap_or(0);
        assert!(rings <= attempts && attempts <= ATTEMPTS + 1, "rang {rings} times: {one}");
    }
    all
}

fn everybody_is_called_in_order(all: &[Value]) {
    assert_eq!(all.len(), PEOPLE as usize);
    let mut exact = 0;
    for (nth, one) in (0..).zip(all) {
        let (behaves, wanted) = kind(nth);
        assert_eq!(one["contact"], format!("p{nth}"));
        // An attempt that the host did not live to make is an attempt: nothing came of it.
        let came = one["outcome"].as_str().unwrap_or("not-reached");
        assert!([wanted, "not-reached"].contains(&came), "{behaves}: {one}");
        let attempts = one["attempts"].as_u64().unwrap();
        let tried = came == "not-reached" || came == "busy";
        assert!(!tried || attempts >= ATTEMPTS, "{behaves} and is called again: {one}");
        // Whoever has accepted when the host dies, and hangs up before hearing it, is called once more.
        assert!(attempts <= ATTEMPTS || wanted == "accepted", "{behaves}: {one}");
        exact += usize::from(came == wanted);
    }
    // Twice in a row it happens to few that the host is away when they press the key.
    assert!(exact * 10 >= all.len() * 9, "{exact}");
}

/// Who has said so is on the list, and nobody else is.
fn never_again_holds(folder: &Path, all: &[Value]) {
    let never = json(folder, &["dnc", "list", "--json"]).unwrap();
    let numbers = |all: &[Value]| -> BTreeSet<String> {
        all.iter().map(|one| one["number"].as_str().unwrap().to_owned()).collect()
    };
    let never = numbers(never.as_array().unwrap());
    let refused: Vec<Value> = all.iter().filter(|it| it["outcome"] == "refused").cloned().collect();
    assert!(numbers(&refused).is_subset(&never), "{never:?}");
    // The host may have died when the number was on the list, and before what came of it was noted.
    let refuse: BTreeSet<String> =
        (0..PEOPLE).filter(|nth| kind(*nth).0 == "refuses").map(number).collect();
    assert!(never.is_subset(&refuse), "{never:?}");
}

/// Gives how many have one.
fn no_place_is_given_twice(folder: &Path, campaign: &str, all: &[Value]) -> u64 {
    let have = all.iter().filter(|it| it["outcome"] == "accepted").count() as u64;
    let now = json(folder, &["campaign", "status", campaign, "--json"]).unwrap();
    assert_eq!(now["reached"], have, "{now}");
    have
}
