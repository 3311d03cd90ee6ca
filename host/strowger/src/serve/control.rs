//! The socket by which other commands reach a running host: HTTP over a Unix domain socket that
//! only its owner may open.
//!
//! | request | answer |
//! |---|---|
//! | `GET /v1/flows` | every flow: versions, calls, what is wrong |
//! | `POST /v1/flows/NAME/rollback` | the version that serves now |
//! | `GET /v1/queues` | every queue: who waits, who is there, what came of callers today |
//! | `GET /v1/agents` | every agent: what each is doing, since when, where |
//! | `GET /v1/calls` | the calls that are up |
//! | `GET /v1/cases` | the cases that are open; with `?all=true` the others too |
//! | `POST /v1/cases` | the new case |
//! | `POST /v1/cases/CASE` | `null`: more is noted of it |
//! | `POST /v1/cases/CASE/close` | `null` |
//! | `POST /v1/records/CALL/notes` | `null`: noted on the record of a call that is over |
//! | `POST /v1/calls` | a line of text for each thing that happens in the call, until it is over |
//!
//! Errors are `{"error": "..."}`.

use crate::serve::{
    paperwork,
    watch::{Wanted, Watch},
};
use anyhow::{Context, Result, bail};
use axum::{
    Json, Router,
    body::Body,
    extract::{Path as Name, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use strowger_exchange::Exchange;
use strowger_flows::Catalogue;
use strowger_pbx::port::{Address, LegId, Pbx, PbxCommand};
use strowger_scenario::What;
use strowger_sim::{Caller, Keys, Sim};
use tokio::net::UnixListener;

/// What the host lets other commands reach.
pub(crate) struct Desk {
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) pbx: Arc<dyn Pbx>,
    /// The PBX, if it is the sim.
    pub(crate) sim: Option<Arc<Sim>>,
    pub(crate) watch: Arc<Watch>,
    /// The file of the journal.
    pub(crate) journal: PathBuf,
}

/// A call to bring in.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct NewCall {
    pub(crate) number: String,
    /// None: withheld.
    pub(crate) from: Option<String>,
    /// Seconds.
    pub(crate) patience: u64,
    pub(crate) keys: Vec<(f64, String)>,
    pub(crate) via: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RolledBack {
    pub(crate) version: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Refused {
    error: String,
}

pub(crate) fn refused(status: StatusCode, error: impl ToString) -> Response {
    (status, Json(Refused { error: error.to_string() })).into_response()
}

/// Serves the socket until dropped. The file is removed then.
pub(crate) struct Control {
    file: PathBuf,
    server: tokio::task::AbortHandle,
}

impl Control {
    /// Opens the socket.
    pub(crate) fn open(file: &Path, desk: Desk) -> Result<Self> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        if std::os::unix::net::UnixStream::connect(file).is_ok() {
            bail!(
                "another host answers at {}; stop it first, or give this one its own `control`",
                file.display()
            );
        }
        // What a host that died left behind.
        let _ = std::fs::remove_file(file);
        let listener = bind_for_owner(file)
            .with_context(|| format!("cannot open the control socket {}", file.display()))?;
        let router = Router::new()
            .route("/v1/flows", get(flows))
            .route("/v1/flows/{name}/rollback", post(rollback))
            .route("/v1/queues", get(queues))
            .route("/v1/agents", get(agents))
            .route("/v1/calls", get(calls).post(call))
            .route("/v1/cases", get(paperwork::list).post(paperwork::add))
            .route("/v1/cases/{case}", post(paperwork::note))
            .route("/v1/cases/{case}/close", post(paperwork::close))
            .route("/v1/records/{call}/notes", post(paperwork::note_record))
            .with_state(Arc::new(desk));
        let server =
            tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        Ok(Self { file: file.to_owned(), server })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.server.abort();
        let _ = std::fs::remove_file(&self.file);
    }
}

/// Nobody else can open it, not even for a moment: it is bound in a folder of the owner's and then
/// moved.
fn bind_for_owner(file: &Path) -> std::io::Result<UnixListener> {
    let private = file.with_extension(format!("{}.d", std::process::id()));
    std::fs::create_dir_all(&private)?;
    let bound = (|| {
        std::fs::set_permissions(&private, std::fs::Permissions::from_mode(0o700))?;
        let inside = private.join("s");
        let listener = UnixListener::bind(&inside)?;
        std::fs::set_permissions(&inside, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&inside, file)?;
        Ok(listener)
    })();
    let _ = std::fs::remove_dir_all(&private);
    bound
}

async fn flows(State(desk): State<Arc<Desk>>) -> Response {
    Json(desk.catalogue.status()).into_response()
}

async fn rollback(State(desk): State<Arc<Desk>>, Name(name): Name<String>) -> Response {
    let catalogue = desk.catalogue.clone();
    // It waits for a reload that is under way.
    match tokio::task::spawn_blocking(move || catalogue.rollback(&name)).await {
        Ok(Ok(version)) => {
            desk.exchange.site_changed();
            Json(RolledBack { version }).into_response()
        }
        Ok(Err(error)) => refused(StatusCode::CONFLICT, error),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

async fn queues(State(desk): State<Arc<Desk>>) -> Response {
    Json(desk.exchange.queues()).into_response()
}

async fn agents(State(desk): State<Arc<Desk>>) -> Response {
    Json(desk.exchange.agents()).into_response()
}

async fn calls(State(desk): State<Arc<Desk>>) -> Response {
    Json(desk.exchange.calls()).into_response()
}

async fn call(State(desk): State<Arc<Desk>>, Json(new): Json<NewCall>) -> Response {
    let sights = desk.watch.watch(Wanted::NextFrom(new.from.clone()));
    match (&desk.sim, new.via) {
        (Some(sim), None) => {
            let keys = new.keys.into_iter().map(|(after, digits)| Keys {
                after: Duration::try_from_secs_f64(after).unwrap_or_default(),
                digits,
            });
            sim.call(Caller {
                from: new.from,
                to: new.number,
                patience: Some(Duration::from_secs(new.patience)),
                leaves: Some(Duration::from_secs(new.patience.saturating_mul(10))),
                keys: keys.collect(),
                ..Caller::default()
            });
        }
        (None, Some(via)) => desk.pbx.send(PbxCommand::Dial {
            leg: LegId(format!("cli-{}", since_1970().as_millis()).into()),
            to: Address::Endpoint(via),
            caller_id: new.from,
            display_name: None,
        }),
        (Some(_), Some(_)) => {
            return refused(StatusCode::CONFLICT, "the host serves the sim: leave out --via");
        }
        (None, None) => {
            let error = format!(
                "the host serves {}: say with --via which of its addresses leads a call to the host",
                desk.pbx.name()
            );
            return refused(StatusCode::CONFLICT, error);
        }
    }
    let lines = futures_util::stream::unfold((sights, None), |(mut sights, first)| async move {
        let sight = tokio::time::timeout(Duration::from_secs(3600), sights.recv()).await.ok()??;
        let first = first.unwrap_or(sight.at);
        let line = format!("{:7.1} s  {}\n", sight.at.since(first).as_secs_f64(), sight.what);
        if let What::Closed(_) = sight.what {
            sights.close();
        }
        Some((Ok::<_, std::convert::Infallible>(line), (sights, Some(first))))
    });
    Body::from_stream(lines).into_response()
}

fn since_1970() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}

/// The running host, seen from another command.
pub(crate) struct Client {
    http: reqwest::Client,
    socket: PathBuf,
}

impl Client {
    /// For the host whose control socket this is.
    pub(crate) fn new(socket: &Path) -> Result<Self> {
        let http = reqwest::Client::builder().unix_socket(socket).build()?;
        Ok(Self { http, socket: socket.to_owned() })
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        Ok(self.send(self.http.get(url(path))).await?.json().await?)
    }

    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        Ok(self.send(self.http.post(url(path))).await?.json().await?)
    }

    /// The answer as it comes.
    pub(crate) async fn open(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<reqwest::Response> {
        self.send(self.http.post(url(path)).json(body)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response> {
        let response = request.send().await.map_err(|error| match error.is_connect() {
            true => anyhow::anyhow!(
                "no host answers at {}; is `strowger serve` running?",
                self.socket.display()
            ),
            false => error.into(),
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        match response.json::<Refused>().await {
            Ok(refused) => bail!(refused.error),
            Err(_) => bail!("the host answers {status}"),
        }
    }
}

fn url(path: &str) -> String {
    format!("http://strowger{path}")
}
