//! The console in a real browser, on a host with the simulated PBX.
//!
//! The pages are used as people use them: nothing here knows more than what they show. Screenshots
//! are kept in the folder that the variable STROWGER_SCREENSHOTS names.

use crate::{
    cli::place::{Daemon, Place},
    webdriver::{Window, port},
};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, Stdio},
    time::Duration,
};

/// The GP post behind its switch, with one agent; the console; and a user.
fn host() -> (Place, Daemon, String) {
    let place = Place::new();
    for (flow, plugin) in
        [("gp-post", "gp-post"), ("noodlijn", "emergency-line"), ("vcare-hap", "redirect")]
    {
        place.add(flow, plugin);
    }
    let port = port();
    let config = format!("[http]\nlisten = \"127.0.0.1:{port}\"\n");
    fs::write(place.path("strowger.toml"), config).unwrap();
    let daemon = Daemon::start(&place);
    place.run(&["agents", "logout", "bram"]).ends(0, &[]);
    let mut add = place
        .command(&["user", "add", "an", "--role", "supervisor"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    add.stdin.take().unwrap().write_all(b"een lang wachtwoord\n").unwrap();
    assert!(add.wait().unwrap().success());
    (place, daemon, format!("http://127.0.0.1:{port}"))
}

/// Keeps a picture in both themes, if pictures are to be kept. The page must not be wider than the
/// window.
async fn picture(window: &Window, name: &str) {
    let wide = window.run("return document.documentElement.scrollWidth > innerWidth").await;
    assert_eq!(wide, Value::Bool(false), "{name} is wider than the window");
    let Some(folder) = std::env::var_os("STROWGER_SCREENSHOTS").map(PathBuf::from) else { return };
    fs::create_dir_all(&folder).unwrap();
    for theme in ["dark", "light"] {
        window.picture(&folder.join(format!("{name}-{theme}.png")), theme).await;
    }
}

/// A call, and what happens in it.
struct Call {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Call {
    fn begin(place: &Place) -> Self {
        let args = ["call", "3131", "--from", "+32470123456", "--patience", "300"];
        let mut child = place.command(&args).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Reads on until a line says this.
    fn until(&mut self, says: &str) {
        let mut seen = Vec::new();
        for line in &mut self.lines {
            let line = line.unwrap();
            if line.contains(says) {
                return;
            }
            seen.push(line);
        }
        panic!("{says:?} is in none of {seen:#?}");
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_k4_a_supervisor_sees_calls_and_turns_a_switch_on_a_telephone_in_a_browser() {
    let (place, _daemon, address) = host();
    let window = Window::open("nl-BE").await;
    window.size(1280, 800).await;
    window.go(&address).await;
    picture(&window, "log-in-desktop").await;
    window.write("input[name=name]", "an").await;
    window.write("input[name=password]", "een verkeerd wachtwoord").await;
    window.click("main button").await;
    window.says("[role=alert]", "Naam of wachtwoord is niet juist.").await;
    window.write("input[name=password]", "een lang wachtwoord").await;
    window.click("main button").await;
    window.says("h1", "Wachtrijen").await;
    picture(&window, "wallboard-quiet-desktop").await;

    // A call rings: it is on the wallboard within a second.
    let queue = |figure: &str| format!("[data-queue=wachtpost] [data-figure={figure}]");
    let mut first = Call::begin(&place);
    first.until("rings");
    let seen = window.says(&queue("ringing"), "1").await;
    assert!(seen < Duration::from_secs(1), "it took {seen:?}");
    window.says(&queue("talking"), "1").await;
    let mut second = Call::begin(&place);
    second.until("waits for");
    let seen = window.says(&queue("waiting"), "1").await;
    assert!(seen < Duration::from_secs(1), "it took {seen:?}");
    window.says("[data-figure=calls]", "2").await;
    picture(&window, "wallboard-desktop").await;

    // On a telephone, the switch is turned: who waits is redirected at once, who talks is not.
    window.size(390, 844).await;
    picture(&window, "wallboard-phone").await;
    window.click("nav a[href=\"/switches\"]").await;
    picture(&window, "switches-phone").await;
    window.click("[data-switch=vcare-hap] a[href$=Gesloten]").await;
    window.write("input[name=reason]", "Overstroming in de kelder").await;
    picture(&window, "switch-phone").await;
    window.click("main button").await;
    let position = "[data-switch=vcare-hap] .position b";
    window.says(position, "Gesloten").await;
    picture(&window, "switches-turned-phone").await;
    second.until("De huisartsenpost is gesloten");
    let history = place.run(&["switch", "history"]).shown();
    for part in ["vcare-hap", "Gesloten", "an", "console", "Overstroming in de kelder"] {
        assert!(history.contains(part), "{part} in {history}");
    }
    window.click("nav a[href=\"/wallboard\"]").await;
    window.says(&queue("waiting"), "0").await;
    let rest: Vec<String> = first.lines.by_ref().map(Result::unwrap).collect();
    assert!(!rest.iter().any(|line| line.contains("gesloten")), "who talks goes on: {rest:#?}");

    // Somebody turns it back by command: every page shows it by itself.
    window.click("nav a[href=\"/switches\"]").await;
    place.run(&["switch", "set", "vcare-hap", "Open"]).ends(0, &[]);
    let seen = window.says(position, "Open").await;
    assert!(seen < Duration::from_secs(1), "it took {seen:?}");
    window.click("nav a[href=\"/campaigns\"]").await;
    window.says("main p", "Er zijn geen campagnes.").await;

    let said = window.log().await;
    // Of the wrong password the browser says so by itself.
    let other = said.iter().filter(|line| !line.contains("status of 401"));
    assert_eq!(other.count(), 0, "{said:#?}");
}
