//! A browser, driven by WebDriver: only what the tests of the console need. The crates that do more
//! change how all others are compiled.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};
use std::{
    fs,
    net::TcpListener,
    path::Path,
    time::{Duration, Instant},
};
use strowger_testbed::{Browser, browser::ARGUMENTS, process::Process};

/// How long something may take on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// The key of an element in what the driver says, by the standard.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one window. It ends when this is dropped.
pub(crate) struct Window {
    http: reqwest::Client,
    /// The address of the session.
    session: String,
    _driver: Process,
    _folder: tempfile::TempDir,
}

/// A port that was free a moment ago.
pub(crate) fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Window {
    /// A browser that asks for pages in this language.
    pub(crate) async fn open(language: &str) -> Self {
        let browser = Browser::fetch(|line| eprintln!("{line}")).unwrap();
        let (port, folder) = (port(), tempfile::tempdir().unwrap());
        let mut driver = browser.driver();
        driver.arg(format!("--port={port}"));
        let driver = Process::start("chromedriver", driver).unwrap();
        let mut arguments: Vec<String> = ARGUMENTS.iter().map(|it| (*it).to_owned()).collect();
        arguments.push(format!("--user-data-dir={}", folder.path().display()));
        arguments.push(format!("--accept-lang={language}"));
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "binary": browser.chromium(), "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        // Fails if there is one already, which does as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::new();
        let (address, since) = (format!("http://127.0.0.1:{port}/session"), Instant::now());
        let session = loop {
            match http.post(&address).json(&wanted).send().await {
                Ok(answer) => break answer.json::<Value>().await.unwrap(),
                Err(error) => assert!(since.elapsed() < SOON, "{error}"),
            }
        };
        let id = session["value"]["sessionId"].as_str();
        let session = format!("{address}/{}", id.unwrap_or_else(|| panic!("{session}")));
        Self { http, session, _driver: driver, _folder: folder }
    }

    /// What the driver answers; an error is what it says.
    async fn ask(&self, path: &str, body: Option<Value>) -> Result<Value, String> {
        let address = format!("{}/{path}", self.session);
        let request = match body {
            Some(body) => self.http.post(address).json(&body),
            None => self.http.get(address),
        };
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let good = answer.status().is_success();
        let said: Value = answer.json().await.map_err(|error| error.to_string())?;
        if good { Ok(said["value"].clone()) } else { Err(said["value"]["message"].to_string()) }
    }

    /// The path of the first element that a selector of CSS names.
    async fn element(&self, css: &str) -> Result<String, String> {
        let wanted = json!({ "using": "css selector", "value": css });
        let found = self.ask("element", Some(wanted)).await?;
        Ok(format!("element/{}", found[ELEMENT].as_str().unwrap()))
    }

    /// Does something with an element as soon as that is possible.
    async fn with(&self, css: &str, what: &str, body: Option<Value>) -> Value {
        let since = Instant::now();
        loop {
            let done = match self.element(css).await {
                Ok(element) => self.ask(&format!("{element}/{what}"), body.clone()).await,
                Err(error) => Err(error),
            };
            match done {
                Ok(said) => return said,
                Err(error) => assert!(since.elapsed() < SOON, "{css} {what}: {error}"),
            }
        }
    }

    pub(crate) async fn go(&self, address: &str) {
        self.ask("url", Some(json!({ "url": address }))).await.unwrap();
    }

    /// By a script: an element that was found may belong to the page before, and then it is none.
    pub(crate) async fn text(&self, css: &str) -> String {
        let since = Instant::now();
        let script =
            format!("const it = document.querySelector({}); return it && it.innerText", json!(css));
        loop {
            let wanted = json!({ "script": script, "args": [] });
            match self.ask("execute/sync", Some(wanted)).await {
                Ok(Value::String(text)) => return text.trim().to_owned(),
                other => assert!(since.elapsed() < SOON, "{css}: {other:?}"),
            }
        }
    }

    pub(crate) async fn write(&self, css: &str, text: &str) {
        self.with(css, "value", Some(json!({ "text": text }))).await;
    }

    pub(crate) async fn click(&self, css: &str) {
        self.with(css, "click", Some(json!({}))).await;
    }

    /// Waits until an element says a text, and tells for how long.
    pub(crate) async fn says(&self, css: &str, text: &str) -> Duration {
        let since = Instant::now();
        loop {
            let said = self.text(css).await;
            if said == text {
                return since.elapsed();
            }
            assert!(since.elapsed() < SOON, "{css} says {said:?}, not {text:?}");
        }
    }

    /// As a desktop or a telephone of this size has it.
    pub(crate) async fn size(&self, width: u32, height: u32) {
        let mobile = width < 600;
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile
        });
        self.tool("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Uses the tools that developers of pages have.
    async fn tool(&self, command: &str, parameters: Value) {
        let command = json!({ "cmd": command, "params": parameters });
        self.ask("goog/cdp/execute", Some(command)).await.unwrap();
    }

    /// What a script returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.ask("execute/sync", Some(json!({ "script": script, "args": [] }))).await.unwrap()
    }

    /// Keeps a picture of the window, in a theme.
    pub(crate) async fn picture(&self, file: &Path, theme: &str) {
        let feature = json!({ "features": [{ "name": "prefers-color-scheme", "value": theme }] });
        self.tool("Emulation.setEmulatedMedia", feature).await;
        let taken = self.ask("screenshot", None).await.unwrap();
        fs::write(file, BASE64_STANDARD.decode(taken.as_str().unwrap()).unwrap()).unwrap();
    }

    /// What scripts and the browser have said on the console of the browser.
    pub(crate) async fn log(&self) -> Vec<String> {
        let log = self.ask("se/log", Some(json!({ "type": "browser" }))).await.unwrap();
        let lines = log.as_array().unwrap().iter();
        lines.map(|line| line["message"].as_str().unwrap().to_owned()).collect()
    }
}
