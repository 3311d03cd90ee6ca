//! R1, R2: switches by the command line, beside a running host and over its restart.

use crate::common::run;
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const SITE: &str = r#"
time_zone = "Europe/Brussels"
country = "BE"
language = "nl-BE"

[switches.vcare-hap]
label = "Vcare HAP"
positions = ["Open", "Gesloten", "Calamiteit"]
code = "31"

[switches.meldtekst]
label = "Meldtekst"
positions = ["Open", "Calamiteit"]
"#;

struct Daemon(Child);

impl Daemon {
    fn start(folder: &Path) -> Self {
        let daemon = Command::new(env!("CARGO_BIN_EXE_strowger"))
            .current_dir(folder)
            .arg("serve")
            .env_remove("STROWGER_CONFIG")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let since = Instant::now();
        while run(folder, &["switch"]).0 != 0 {
            assert!(since.elapsed() < Duration::from_secs(60), "{:?}", run(folder, &["switch"]));
        }
        Self(daemon)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[track_caller]
fn says(folder: &Path, args: &[&str], code: i32, parts: &[&str]) {
    let (ended, shown) = run(folder, args);
    assert_eq!(ended, code, "{shown}");
    for part in parts {
        assert!(shown.contains(part), "{part:?} in\n{shown}");
    }
}

#[test]
fn r2_a_switch_is_turned_and_it_is_known_who_did_it_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir_all(folder.join("flows")).unwrap();
    fs::create_dir_all(folder.join("plugins")).unwrap();
    fs::write(folder.join("flows/site.toml"), SITE).unwrap();
    fs::write(folder.join("strowger.toml"), "debounce_ms = 20\n").unwrap();
    let daemon = Daemon::start(folder);

    let (_, listed) = run(folder, &["switch", "list"]);
    let rows: Vec<&str> = listed.lines().collect();
    assert!(rows[1].starts_with("Meldtekst") && rows[2].starts_with("Vcare HAP"), "{listed}");
    let set = ["switch", "set", "31", "Calamiteit", "--by", "an", "--reason", "brand"];
    says(folder, &set, 0, &["vcare-hap", "Open", "Calamiteit", "an", "command", "brand"]);
    says(
        folder,
        &["switch", "set", "meldtekst", "Calamiteit", "--for", "4h", "--by", "bo"],
        0,
        &["bo"],
    );
    says(folder, &["switch", "set", "31", "Dicht"], 2, &["no position \"Dicht\"", "Gesloten"]);
    says(folder, &["switch", "set", "32", "Open"], 2, &["there is no switch 32"]);
    says(folder, &["switch", "set", "31", "Open", "--until", "soon"], 2, &["write a time such as"]);

    let long = "x".repeat(501);
    let too_long = ["switch", "set", "31", "Open", "--reason", &long];
    says(folder, &too_long, 2, &["`reason` has 501 characters, and may have 500"]);

    drop(daemon);
    let _daemon = Daemon::start(folder);
    says(folder, &["switch"], 0, &["then Open", "Calamiteit"]);
    let (_, status) = run(folder, &["status"]);
    assert!(status.contains("switch    Vcare HAP is Calamiteit since 20"), "{status}");
    assert!(status.contains("switch    Meldtekst is Calamiteit since 20"), "{status}");
    let (_, history) = run(folder, &["switch", "history"]);
    let turns: Vec<&str> = history.lines().skip(1).collect();
    assert!(turns.len() == 2 && turns[0].contains("meldtekst"), "the newest first: {history}");
    let (_, history) = run(folder, &["switch", "history", "vcare-hap", "--json"]);
    let history: serde_json::Value = serde_json::from_str(&history).unwrap();
    assert_eq!((&history[0]["by"], &history[0]["means"]), (&"an".into(), &"command".into()));
    assert_eq!(history.as_array().unwrap().len(), 1);
    says(folder, &["switch", "history", "31"], 0, &["vcare-hap"]);
    says(folder, &["switch", "history", "nobody"], 2, &["there is no switch nobody, and no turn"]);

    // The site file takes a position away.
    fs::write(folder.join("flows/site.toml"), SITE.replace(", \"Calamiteit\"]\ncode", "]\ncode"))
        .unwrap();
    let since = Instant::now();
    let fell = || run(folder, &["switch", "history"]).1.contains("site file");
    while !fell() {
        assert!(since.elapsed() < Duration::from_secs(60));
    }
    says(folder, &["switch", "set", "31", "Gesloten"], 0, &["Open", "Gesloten"]);
}
