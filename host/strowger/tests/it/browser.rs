//! The console in a real browser, on a host with the simulated PBX.
//!
//! The pages are used as people use them: nothing here knows more than what they show. Screenshots
//! are kept in the folder that the variable STROWGER_SCREENSHOTS names.

use crate::cli::place::{Daemon, Place};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Stdio},
    time::{Duration, Instant},
};
use strowger_testbed::{Browser, browser::ARGUMENTS, process::Process};
use thirtyfour::{
    By, ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver, WebElement,
};

const SOON: Duration = Duration::from_secs(20);

/// A port that was free a moment ago.
fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

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

/// A driver with a browser of its own.
struct Window {
    web: WebDriver,
    _driver: Process,
    _folder: tempfile::TempDir,
}

impl Window {
    async fn open() -> Self {
        let (browser, port, folder) = (
            Browser::fetch(|line| eprintln!("{line}")).unwrap(),
            port(),
            tempfile::tempdir().unwrap(),
        );
        let mut driver = browser.driver();
        driver.arg(format!("--port={port}"));
        let driver = Process::start("chromedriver", driver).unwrap();
        let mut wants = DesiredCapabilities::chrome();
        wants.set_binary(browser.chromium().to_str().unwrap()).unwrap();
        for argument in ARGUMENTS {
            wants.add_arg(argument).unwrap();
        }
        wants.add_arg(&format!("--user-data-dir={}", folder.path().display())).unwrap();
        wants.add_arg("--accept-lang=nl-BE").unwrap();
        wants.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
        let since = Instant::now();
        let web = loop {
            match WebDriver::new(format!("http://127.0.0.1:{port}"), wants.clone()).await {
                Ok(web) => break web,
                Err(error) => assert!(since.elapsed() < SOON, "{error}"),
            }
        };
        Self { web, _driver: driver, _folder: folder }
    }

    async fn find(&self, css: &str) -> WebElement {
        let since = Instant::now();
        loop {
            match self.web.find(By::Css(css)).await {
                Ok(element) => return element,
                Err(error) => assert!(since.elapsed() < SOON, "{css}: {error}"),
            }
        }
    }

    /// Waits until an element says a text. The page may change at any moment.
    async fn says(&self, css: &str, text: &str, within: Duration) -> Duration {
        let since = Instant::now();
        loop {
            let said = match self.web.find(By::Css(css)).await {
                Ok(element) => element.text().await.unwrap_or_default(),
                Err(_) => String::new(),
            };
            if said == text {
                return since.elapsed();
            }
            assert!(since.elapsed() < within, "{css} says {said:?}, not {text:?}");
        }
    }

    async fn write(&self, css: &str, text: &str) {
        self.find(css).await.send_keys(text).await.unwrap();
    }

    async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    async fn size(&self, width: u32, height: u32) {
        self.web.set_window_rect(0, 0, width, height).await.unwrap();
    }

    /// Keeps a picture in both themes, if pictures are to be kept. The page must not be wider than
    /// the window.
    async fn picture(&self, name: &str) {
        let wide = "return document.documentElement.scrollWidth > window.innerWidth";
        let wide = self.web.execute(wide, Vec::new()).await.unwrap();
        assert_eq!(wide.json(), &Value::Bool(false), "{name} is wider than the window");
        let Some(folder) = std::env::var_os("STROWGER_SCREENSHOTS").map(PathBuf::from) else {
            return;
        };
        fs::create_dir_all(&folder).unwrap();
        for theme in ["light", "dark"] {
            let feature =
                json!({ "features": [{ "name": "prefers-color-scheme", "value": theme }] });
            self.web.cdp().send_raw("Emulation.setEmulatedMedia", feature).await.unwrap();
            self.web.screenshot(&folder.join(format!("{name}-{theme}.png"))).await.unwrap();
        }
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
    let window = Window::open().await;
    window.size(1280, 800).await;
    window.web.goto(&address).await.unwrap();
    window.picture("log-in-desktop").await;
    window.write("input[name=name]", "an").await;
    window.write("input[name=password]", "een verkeerd wachtwoord").await;
    window.click("main button").await;
    window.says("[role=alert]", "Naam of wachtwoord is niet juist.", SOON).await;
    window.write("input[name=password]", "een lang wachtwoord").await;
    window.click("main button").await;
    window.says("h1", "Wachtrijen", SOON).await;
    window.picture("wallboard-quiet-desktop").await;

    // A call rings: it is on the wallboard within a second.
    let queue = |figure: &str| format!("[data-queue=wachtpost] [data-figure={figure}]");
    let mut first = Call::begin(&place);
    first.until("rings");
    let seen = window.says(&queue("ringing"), "1", SOON).await;
    assert!(seen < Duration::from_secs(1), "it took {seen:?}");
    window.says(&queue("talking"), "1", SOON).await;
    let mut second = Call::begin(&place);
    second.until("waits for");
    let seen = window.says(&queue("waiting"), "1", SOON).await;
    assert!(seen < Duration::from_secs(1), "it took {seen:?}");
    window.says("[data-figure=calls]", "2", SOON).await;
    window.picture("wallboard-desktop").await;

    // On a telephone, the switch is turned: who waits is redirected at once, who talks is not.
    window.size(390, 844).await;
    window.picture("wallboard-phone").await;
    window.click("nav a[href=\"/switches\"]").await;
    window.picture("switches-phone").await;
    window.click("[data-switch=vcare-hap] a[href$=Gesloten]").await;
    window.write("input[name=reason]", "Overstroming in de kelder").await;
    window.picture("switch-phone").await;
    window.click("main button").await;
    let position = "[data-switch=vcare-hap] .position b";
    window.says(position, "Gesloten", SOON).await;
    window.picture("switches-turned-phone").await;
    second.until("De huisartsenpost is gesloten");
    let history = place.run(&["switch", "history"]).shown();
    for part in ["vcare-hap", "Gesloten", "an", "console", "Overstroming in de kelder"] {
        assert!(history.contains(part), "{part} in {history}");
    }
    window.click("nav a[href=\"/wallboard\"]").await;
    window.says(&queue("waiting"), "0", SOON).await;
    assert_eq!(
        window.find(&queue("talking")).await.text().await.unwrap(),
        "1",
        "who talks goes on"
    );

    // Somebody turns it back by command: every page shows it by itself.
    window.click("nav a[href=\"/switches\"]").await;
    place.run(&["switch", "set", "vcare-hap", "Open"]).ends(0, &[]);
    let seen = window.says(position, "Open", SOON).await;
    assert!(seen < Duration::from_secs(1), "it took {seen:?}");
    window.click("nav a[href=\"/campaigns\"]").await;
    window.says("main p", "Er zijn geen campagnes.", SOON).await;

    window.size(1280, 800).await;
    window.click("button[name=language]").await;
    window.says("h1", "Campaigns", SOON).await;
    let log = window.web.browser_log().await.unwrap();
    let said: Vec<&str> = log.iter().map(|line| &*line.message).collect();
    // Of the wrong password the browser says so by itself.
    let other = said.iter().filter(|line| !line.contains("status of 401"));
    assert_eq!(other.count(), 0, "{said:#?}");
    window.click("form[action=\"/log-out\"] button").await;
    window.says("h1", "Log in", SOON).await;
    window.web.goto(format!("{address}/switches")).await.unwrap();
    window.says("h1", "Log in", SOON).await;
    window.web.clone().quit().await.unwrap();
}
