//! Requests to ARI, over a pool of kept-alive HTTP connections.
//!
//! Not over the WebSocket: there Asterisk works strictly one after another, and one that waits for
//! a channel's thread (5 s behind a playback) would hold up all others, even the one that would
//! free it.

use super::{
    AsteriskConfig, tls,
    wire::{Application, Bridge, Channel, DeviceState, Info, Kind, Playback, UNWANTED},
};
use anyhow::{Context, ensure};
use reqwest::{Client, Method, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};
use strowger_model::{Signalled, command::ListenMode};
use tokio::sync::Semaphore;

/// Asterisk serves 100 HTTP sessions unless told otherwise, and the sockets are sessions too.
pub(super) const CONNECTIONS: usize = 48;
/// Less than the 15 s after which Asterisk closes an idle connection: a request never meets a
/// closed one.
const IDLE: Duration = Duration::from_secs(10);
/// What waits for a channel's thread may take seconds.
const LIMIT: Duration = Duration::from_secs(20);

/// How long a phone rings, and how long a leg that was dialled lasts, should no host be there to end
/// it. The host's own limits are shorter.
const RINGS: Duration = Duration::from_secs(600);
const LASTS: Duration = Duration::from_secs(12 * 60 * 60);

/// A request that came to nothing.
#[derive(Debug)]
pub(super) struct Failure {
    /// Of HTTP; none: there was no reply, so nobody knows whether it was carried out.
    pub(super) status: Option<u16>,
    what: String,
}

impl Failure {
    /// It failed before Asterisk was asked.
    pub(super) fn before(error: anyhow::Error) -> Self {
        Self { status: None, what: format!("{error:#}") }
    }

    #[cfg(test)]
    pub(super) fn of(status: Option<u16>) -> Self {
        Self { status, what: "as the test says".into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Failure {}

/// What comes of a request.
pub(super) type Reply<T = ()> = Result<T, Failure>;

/// The client. Cheap to clone.
#[derive(Clone)]
pub(super) struct Rest {
    client: Client,
    base: Url,
    app: Arc<str>,
    user: Arc<str>,
    password: Arc<str>,
    slots: Arc<Semaphore>,
}

/// A dial.
pub(super) struct Originate<'a> {
    pub(super) channel: &'a str,
    pub(super) endpoint: &'a str,
    pub(super) caller_id: &'a str,
    pub(super) withheld: bool,
    /// It is a phone, which may ask the host for transfers.
    pub(super) phone: bool,
    /// For the dialplan, where the endpoint runs it: whom to dial.
    pub(super) target: Option<&'a str>,
    /// For the dialplan: what `Dial` does with each phone.
    pub(super) options: &'a str,
}

/// What there is of this application at the PBX.
pub(super) struct Snapshot {
    /// When Asterisk was started.
    pub(super) started: String,
    pub(super) version: String,
    pub(super) channels: Vec<Channel>,
    /// From a channel to the bridge that it is in.
    pub(super) bridges: BTreeMap<String, String>,
    /// What is said of who calls, by channel: of calls that are new to this host.
    pub(super) signalled: BTreeMap<String, Signalled>,
}

/// Devices in one request.
const SOURCES: usize = 20;

/// The variable that tells the dialplan whom to dial.
const TARGET: &str = "STROWGER_TARGET";

/// The function that says who carries out a transfer that a phone asks for. Without it, Asterisk
/// would send whoever talks with the phone anywhere in the dialplan.
const TRANSFERS: (&str, &str) = ("PJSIP_TRANSFER_HANDLING()", "ari-only");

/// The variable with further options of the `Dial` there.
const OPTIONS: &str = "STROWGER_OPTIONS";

/// The argument with which a dialled leg enters the application.
pub(super) const DIALLED: &str = "strowger-dialled";

impl Rest {
    pub(super) fn new(config: &AsteriskConfig) -> anyhow::Result<Self> {
        let base = Url::parse(&config.url)
            .with_context(|| format!("asterisk.url: {:?} is not a URL", config.url))?;
        ensure!(
            base.scheme() == "http" && !base.cannot_be_a_base(),
            "asterisk.url: {:?} is not http://HOST:PORT (ARI belongs on loopback or in a tunnel)",
            config.url
        );
        ensure!(
            base.path_segments().and_then(|mut path| path.rfind(|it| !it.is_empty()))
                != Some("ari"),
            "asterisk.url: {:?}: leave out `/ari`, which Strowger adds by itself",
            config.url
        );
        let client = Client::builder()
            .tls_backend_preconfigured(tls::no_certificates()?)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(CONNECTIONS)
            .connect_timeout(Duration::from_secs(2))
            .timeout(LIMIT)
            .tcp_nodelay(true)
            .no_proxy()
            .build()
            .context("cannot make an HTTP client")?;
        Ok(Self {
            client,
            base,
            app: config.app.as_str().into(),
            user: config.user.as_str().into(),
            password: config.password.0.as_str().into(),
            slots: Arc::new(Semaphore::new(CONNECTIONS)),
        })
    }

    pub(super) async fn answer(&self, channel: &str) -> Reply {
        self.post(&["channels", channel, "answer"], &[]).await
    }

    pub(super) async fn ring(&self, channel: &str) -> Reply {
        self.post(&["channels", channel, "ring"], &[]).await
    }

    pub(super) async fn digits(&self, channel: &str, digits: &str) -> Reply {
        self.post(&["channels", channel, "dtmf"], &[("dtmf", digits)]).await
    }

    /// Has a new channel hear what another one hears and says; what is said into it is heard there
    /// according to the mode.
    pub(super) async fn snoop(&self, to: &str, snoop: &str, mode: ListenMode) -> Reply {
        let whisper = match mode {
            ListenMode::Silent => "none",
            ListenMode::Whisper => "out",
            // As if the other channel had said it.
            ListenMode::Join => "both",
        };
        self.post(
            &["channels", to, "snoop", snoop],
            &[("spy", "both"), ("whisper", whisper), ("app", &self.app)],
        )
        .await
    }

    pub(super) async fn hang_up(&self, channel: &str, cause: u16) -> Reply {
        self.send(
            Method::DELETE,
            &["channels", channel],
            &[("reason_code", &cause.to_string())],
            None,
        )
        .await
        .map(drop)
    }

    /// On in the dialplan: in a context, at an extension of it, with a target in a variable; or where
    /// the channel came from.
    pub(super) async fn leave(&self, channel: &str, to: Option<[&str; 3]>) -> Reply {
        let Some([context, extension, target]) = to else {
            return self.post(&["channels", channel, "continue"], &[]).await;
        };
        self.post(&["channels", channel, "variable"], &[("variable", TARGET), ("value", target)])
            .await?;
        self.post(
            &["channels", channel, "continue"],
            &[("context", context), ("extension", extension), ("priority", "1")],
        )
        .await
    }

    /// Whether the dialplan has an extension. Only a channel can be asked for that, whichever it is.
    pub(super) async fn has_extension(
        &self,
        channel: &str,
        context: &str,
        extension: &str,
    ) -> Reply<bool> {
        let variable = format!("DIALPLAN_EXISTS({context},{extension},1)");
        Ok(self.variable(channel, &variable).await? == "1")
    }

    /// The channel of the phone that a channel of the dialplan has dialled, by that one's name:
    /// Asterisk tells of it from now on.
    pub(super) async fn follow(&self, channel: &str, end: &str) -> Reply<String> {
        let of = async |end: &str, variable: &str| {
            self.variable(channel, &format!("IMPORT({end},{variable})")).await
        };
        let name = of(end, "DIALEDPEERNAME").await?;
        let phone = of(&name, "UNIQUEID").await?;
        let source = format!("channel:{phone}");
        let subscription = ["applications", &*self.app, "subscription"];
        self.post(&subscription, &[("eventSource", &source)]).await?;
        Ok(phone)
    }

    /// Tells a phone what became of the transfer that it asked for.
    pub(super) async fn answer_transfer(&self, channel: &str, done: bool) -> Reply {
        let state = if done { "channel_answered" } else { "channel_declined" };
        self.post(&["channels", channel, "transfer_progress"], &[("states", state)]).await
    }

    pub(super) async fn originate(&self, dial: Originate<'_>) -> Reply {
        let mut body = json!({
            "endpoint": dial.endpoint, "app": &*self.app, "appArgs": DIALLED, "channelId": dial.channel, "timeout": RINGS.as_secs(),
        });
        if !dial.caller_id.is_empty() {
            body["callerId"] = dial.caller_id.into();
        }
        let mut variables = json!({ "TIMEOUT(absolute)": LASTS.as_secs().to_string() });
        if dial.withheld {
            variables["CALLERID(pres)"] = "prohib".into();
            variables["CONNECTEDLINE(pres)"] = "prohib".into();
        }
        if dial.phone {
            variables[TRANSFERS.0] = TRANSFERS.1.into();
        }
        if let Some(target) = dial.target {
            variables[TARGET] = target.into();
            variables[OPTIONS] = dial.options.into();
        }
        body["variables"] = variables;
        self.send(Method::POST, &["channels"], &[], Some(body)).await.map(drop)
    }

    /// Shows a phone, ringing or not, who calls now. A channel that rings is not in the application
    /// yet, and its variables cannot be set; but the dialplan function that sets one can be read.
    pub(super) async fn show(&self, channel: &str, caller_id: &str, withheld: bool) -> Reply {
        let shown = if withheld { "prohib" } else { "allowed" };
        for line in [
            // Without telling the phone, which is told both at once.
            format!("SET(CONNECTEDLINE(pres,i)={shown})"),
            format!("SET(CONNECTEDLINE(all)={caller_id})"),
        ] {
            self.variable(channel, &line).await?;
        }
        Ok(())
    }

    /// Where an endpoint of PJSIP is registered: a dial string for each place. Only a channel can be
    /// asked for that, whichever it is.
    pub(super) async fn contacts(&self, channel: &str, endpoint: &str) -> Reply<Vec<String>> {
        let contacts = self.variable(channel, &format!("PJSIP_DIAL_CONTACTS({endpoint})")).await?;
        let contacts = contacts.split('&').filter(|contact| !contact.is_empty());
        Ok(contacts.map(ToOwned::to_owned).collect())
    }

    /// A variable or a function of a channel.
    pub(super) async fn variable(&self, channel: &str, name: &str) -> Reply<String> {
        let path = ["channels", channel, "variable"];
        let body = self.send(Method::GET, &path, &[("variable", name)], None).await?;
        let value: Value = serde_json::from_slice(&body).unwrap_or_default();
        Ok(value["value"].as_str().unwrap_or_default().to_owned())
    }

    /// Makes a bridge; one that is there stays as it is.
    pub(super) async fn make_bridge(&self, bridge: &str) -> Reply {
        self.post(&["bridges", bridge], &[("type", "mixing,dtmf_events"), ("name", bridge)]).await
    }

    pub(super) async fn destroy_bridge(&self, bridge: &str) -> Reply {
        self.send(Method::DELETE, &["bridges", bridge], &[], None).await.map(drop)
    }

    /// Success means little: only `ChannelEnteredBridge` tells that it is there. Its keys are told,
    /// and the others in the bridge do not hear them.
    pub(super) async fn enter_bridge(&self, bridge: &str, channel: &str) -> Reply {
        let query = [("channel", channel), ("absorbDTMF", "true")];
        self.post(&["bridges", bridge, "addChannel"], &query).await
    }

    pub(super) async fn music(&self, bridge: &str, class: Option<&str>) -> Reply {
        match class {
            Some(class) => self.post(&["bridges", bridge, "moh"], &[("mohClass", class)]).await,
            None => {
                self.send(Method::DELETE, &["bridges", bridge, "moh"], &[], None).await.map(drop)
            }
        }
    }

    pub(super) async fn play(&self, bridge: &str, play: &str, media: &str) -> Reply {
        self.post(&["bridges", bridge, "play", play], &[("media", media)]).await
    }

    pub(super) async fn stop(&self, play: &str) -> Reply {
        self.send(Method::DELETE, &["playbacks", play], &[], None).await.map(drop)
    }

    pub(super) async fn playback(&self, play: &str) -> Reply<Playback> {
        self.get(&["playbacks", play]).await
    }

    /// Has Asterisk tell of the states of devices.
    pub(super) async fn watch(&self, devices: &[String]) -> Reply {
        for some in devices.chunks(SOURCES) {
            let sources: Vec<String> =
                some.iter().map(|device| format!("deviceState:{device}")).collect();
            let subscription = ["applications", &*self.app, "subscription"];
            self.post(&subscription, &[("eventSource", &sources.join(","))]).await?;
        }
        Ok(())
    }

    /// How a device is.
    pub(super) async fn device(&self, name: &str) -> Reply<DeviceState> {
        self.get(&["deviceStates", name]).await
    }

    /// Keeps the events away that nobody reads, and one that there is not: by this mark other hosts
    /// see who serves the application.
    pub(super) async fn filter_events(&self, mark: &str) -> Reply {
        let kinds = UNWANTED.into_iter().chain([mark]);
        let disallowed: Vec<Kind> = kinds.map(|name| Kind { name: name.to_owned() }).collect();
        let body = json!({ "disallowed": disallowed });
        self.send(Method::PUT, &["applications", &self.app, "eventFilter"], &[], Some(body))
            .await
            .map(drop)
    }

    /// Asks for an event of this name.
    pub(super) async fn echo(&self, name: &str) -> Reply {
        self.post(&["events", "user", name], &[("application", &*self.app)]).await
    }

    /// Asks for the marks of the application's host; none: Asterisk does not have the application.
    pub(super) async fn marks(&self) -> Reply<Option<Vec<Kind>>> {
        match self.get::<Application>(&["applications", &self.app]).await {
            Ok(application) => Ok(Some(application.events_disallowed)),
            Err(failure) if failure.status == Some(404) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    pub(super) async fn snapshot(&self) -> Reply<Snapshot> {
        let app = ["applications", &*self.app];
        let (application, channels, bridges, info): (Application, Vec<Channel>, Vec<Bridge>, Info) =
            tokio::try_join!(
                self.get(&app),
                self.get(&["channels"]),
                self.get(&["bridges"]),
                self.get(&["asterisk", "info"])
            )?;
        let pairs = bridges.into_iter().flat_map(|bridge| {
            bridge.channels.into_iter().map(move |channel| (channel, bridge.id.clone()))
        });
        Ok(Snapshot {
            started: info.status.startup_time,
            version: info.system.version,
            channels: channels
                .into_iter()
                .filter(|channel| is_ours(&self.app, &application, channel))
                .collect(),
            bridges: pairs.collect(),
            signalled: BTreeMap::new(),
        })
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Reply<T> {
        let body = self.send(Method::GET, path, &[], None).await?;
        serde_json::from_slice(&body).map_err(|error| Failure {
            status: None,
            what: format!(
                "GET {}: cannot understand the answer of Asterisk: {error}",
                path.join("/")
            ),
        })
    }

    async fn post(&self, path: &[&str], query: &[(&str, &str)]) -> Reply {
        self.send(Method::POST, path, query, None).await.map(drop)
    }

    pub(super) async fn send(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Reply<Vec<u8>> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("ari").extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request =
            self.client.request(method.clone(), url).basic_auth(&self.user, Some(&self.password));
        if let Some(body) = &body {
            request = request.json(body);
        }
        let failed = |status: Option<StatusCode>, why: &dyn fmt::Display| Failure {
            status: status.map(|status| status.as_u16()),
            what: format!("{method} {}: {why}", path.join("/")),
        };
        let _slot = self.slots.acquire().await.map_err(|error| failed(None, &error))?;
        let reply = request.send().await.map_err(|error| failed(None, &rooted(&error)))?;
        let status = reply.status();
        let body = reply.bytes().await.map_err(|error| failed(None, &rooted(&error)))?;
        if status.is_success() {
            return Ok(body.into());
        }
        let said: Value = serde_json::from_slice(&body).unwrap_or_default();
        let said = said["message"].as_str().or(said["error"].as_str()).unwrap_or("no reason given");
        Err(failed(Some(status), &format_args!("{status}: {said}")))
    }
}

/// In the application, or dialled for it and not yet answered. A channel that went on in the
/// dialplan is not ours, and neither is one that has been hung up: for a moment longer it is listed
/// as it was, but the application has let go of it.
fn is_ours(app: &str, application: &Application, channel: &Channel) -> bool {
    let plan = &channel.dialplan;
    let here = plan.app_name == "Stasis" && plan.app_data.split(',').next() == Some(app);
    (here || plan.app_name == "AppDial2") && application.channel_ids.contains(&channel.id)
}

/// The root of an error: reqwest's own words say only that something went wrong.
fn rooted(error: &reqwest::Error) -> String {
    let mut root: &dyn std::error::Error = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_the_application_has_let_go_of_is_nobodys() {
        let application: Application =
            serde_json::from_value(json!({ "channel_ids": ["up", "dialled", "away"] })).unwrap();
        for (id, app_name, app_data, ours) in [
            ("up", "Stasis", "strowger,line=provincial", true),
            ("dialled", "AppDial2", "(Outgoing Line)", true),
            ("away", "Dial", "PJSIP/central", false),
            ("up", "Stasis", "another", false),
            ("hung-up", "Stasis", "strowger,line=provincial", false),
        ] {
            let dialplan = json!({ "exten": "0900", "app_name": app_name, "app_data": app_data });
            let channel =
                serde_json::from_value(json!({ "id": id, "state": "Up", "dialplan": dialplan }))
                    .unwrap();
            assert_eq!(
                is_ours("strowger", &application, &channel),
                ours,
                "{id} in {app_name}({app_data})"
            );
        }
    }
}
