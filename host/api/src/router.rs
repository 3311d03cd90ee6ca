//! A host, served over HTTP.
//!
//! | request | method of [`Host`] | answer |
//! |---|---|---|
//! | `GET /v1/status` | `status` | how the host is |
//! | `GET /v1/flows` | `flows` | every flow |
//! | `POST /v1/flows/NAME/rollback` | `rollback` | the version that serves now |
//! | `POST /v1/flows/NAME/accept` | `accept` | the version that need not pass its scenarios |
//! | `GET /v1/queues` | `queues` | every queue |
//! | `GET /v1/agents` | `agents` | every agent |
//! | `POST /v1/agents/NAME` | `agent` | `null` |
//! | `GET /v1/switches` | `switches` | every switch |
//! | `POST /v1/switches/NAME` | `turn_switch` | the turn |
//! | `GET /v1/switch-turns` | `switch_turns` | turns; with `?switch=NAME` of one, with `?limit=N` so many |
//! | `GET /v1/campaigns` | `campaigns` | every campaign |
//! | `POST /v1/campaigns` | `open_campaign` | the new campaign |
//! | `GET /v1/campaigns/NAME` | `campaign` | the campaign |
//! | `POST /v1/campaigns/NAME` | `direct_campaign` | the campaign |
//! | `GET /v1/campaigns/NAME/contacts` | `campaign_contacts` | the people on its list |
//! | `GET /v1/shifts` | `shifts` | figures of the campaigns that say a department; with `?since=` and `?until=` of those days only |
//! | `GET /v1/do-not-call` | `do_not_call` | the do-not-call list |
//! | `POST /v1/do-not-call` | `never_call` | `null` |
//! | `POST /v1/do-not-call/import` | `import_numbers` | how many numbers are new |
//! | `POST /v1/erased` | `forget_erased` | `null` |
//! | `GET /v1/checklist` | `checklist` | what must be prepared for an emergency |
//! | `GET /v1/calls` | `calls` | the calls that are up |
//! | `POST /v1/calls` | `call` | text: a line for each thing that happens, until the call is over |
//! | `POST /v1/calls/CALL/take-out` | `take_out` | `null` |
//! | `POST /v1/calls/CALL/send-on` | `send_on` | `null` |
//! | `GET /v1/cases` | `cases` | the cases that are open; with `?all=true` the others too |
//! | `POST /v1/cases` | `add_case` | the new case |
//! | `POST /v1/cases/CASE` | `note_case` | `null` |
//! | `POST /v1/cases/CASE/close` | `close_case` | `null` |
//! | `POST /v1/records/CALL/notes` | `note_record` | `null` |
//! | `GET /v1/users` | `users` | everybody who may log in |
//! | `POST /v1/users` | `add_user` | the new user |
//! | `POST /v1/users/NAME` | `change_user` | `null` |
//! | `GET /v1/tokens` | `tokens` | the tokens of programs |
//! | `POST /v1/tokens` | `issue_token` | the new token, with its secret |
//! | `POST /v1/tokens/ID/revoke` | `revoke_token` | `null` |
//! | `POST /v1/log-in` | `log_in` | a session, with its secret |
//! | `POST /v1/who` | `who` | who shows a secret |
//!
//! Bodies are JSON. An [`Error`] is its status with `{"error": "..."}`, also where a request cannot be
//! understood. Who may ask is not decided
//! here, but by whoever opens the socket: with the table of [`access`](crate::access), and telling
//! the router who it is as an [`Asker`].

use crate::{Asker, Error, Host, asked::Asked, v1};
use axum::{
    Extension, Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, Path, Query, State},
    http::{Method, Uri},
    routing::{get, post},
};
use futures_util::TryStreamExt;
use std::sync::Arc;
use strowger_model::{AgentName, CallId, CampaignName, FlowName};

type Answer<T> = Result<Json<T>, Error>;

/// The routes of a host.
pub fn router<H: Host>(host: Arc<H>) -> Router {
    Router::new()
        .route("/v1/status", get(status::<H>))
        .route("/v1/flows", get(flows::<H>))
        .route("/v1/flows/{name}/rollback", post(rollback::<H>))
        .route("/v1/flows/{name}/accept", post(accept::<H>))
        .route("/v1/queues", get(queues::<H>))
        .route("/v1/agents", get(agents::<H>))
        .route("/v1/agents/{agent}", post(agent::<H>))
        .route("/v1/switches", get(switches::<H>))
        .route("/v1/switches/{switch}", post(turn_switch::<H>))
        .route("/v1/switch-turns", get(switch_turns::<H>))
        .merge(campaign_routes::<H>())
        .route("/v1/erased", post(forget_erased::<H>))
        .route("/v1/checklist", get(checklist::<H>))
        .route("/v1/calls/{call}/take-out", post(take_out::<H>))
        .route("/v1/calls/{call}/send-on", post(send_on::<H>))
        .route("/v1/calls", get(calls::<H>).post(call::<H>))
        .route("/v1/cases", get(cases::<H>).post(add_case::<H>))
        .route("/v1/cases/{case}", post(note_case::<H>))
        .route("/v1/cases/{case}/close", post(close_case::<H>))
        .route("/v1/records/{call}/notes", post(note_record::<H>))
        .merge(account_routes::<H>())
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .with_state(host)
}

/// A list of a campaign is larger than other requests.
const LIST: usize = 64 << 20;

fn campaign_routes<H: Host>() -> Router<Arc<H>> {
    Router::new()
        .route("/v1/campaigns", get(campaigns::<H>).post(open_campaign::<H>))
        .route("/v1/campaigns/{name}", get(campaign::<H>).post(direct_campaign::<H>))
        .route("/v1/campaigns/{name}/contacts", get(campaign_contacts::<H>))
        .route("/v1/shifts", get(shifts::<H>))
        .route("/v1/do-not-call", get(do_not_call::<H>).post(never_call::<H>))
        .route("/v1/do-not-call/import", post(import_numbers::<H>))
        .layer(DefaultBodyLimit::max(LIST))
}

fn account_routes<H: Host>() -> Router<Arc<H>> {
    Router::new()
        .route("/v1/users", get(users::<H>).post(add_user::<H>))
        .route("/v1/users/{user}", post(change_user::<H>))
        .route("/v1/tokens", get(tokens::<H>).post(issue_token::<H>))
        .route("/v1/tokens/{token}/revoke", post(revoke_token::<H>))
        .route("/v1/log-in", post(log_in::<H>))
        .route("/v1/who", post(who::<H>))
}

/// Who does it: whoever asks, if that is known, else whom the request names.
fn by(asker: Option<Extension<Asker>>, named: Option<String>) -> Option<String> {
    asker.map(|Extension(Asker(name))| name).or(named)
}

async fn unknown(method: Method, uri: Uri) -> Error {
    Error::not_found(format!("there is no request {method} {}", uri.path()))
}

async fn status<H: Host>(State(host): State<Arc<H>>) -> Answer<v1::Status> {
    host.status().await.map(Json)
}

async fn flows<H: Host>(State(host): State<Arc<H>>) -> Answer<Vec<v1::Flow>> {
    host.flows().await.map(Json)
}

async fn rollback<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Path(flow)): Asked<Path<FlowName>>,
) -> Answer<v1::RolledBack> {
    host.rollback(&flow).await.map(Json)
}

async fn accept<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Path(flow)): Asked<Path<FlowName>>,
    Asked(Json(accept)): Asked<Json<v1::Accept>>,
) -> Answer<v1::Accepted> {
    host.accept(&flow, accept).await.map(Json)
}

async fn queues<H: Host>(State(host): State<Arc<H>>) -> Answer<Vec<v1::Queue>> {
    host.queues().await.map(Json)
}

async fn agents<H: Host>(State(host): State<Arc<H>>) -> Answer<Vec<v1::Agent>> {
    host.agents().await.map(Json)
}

async fn agent<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Path(agent)): Asked<Path<AgentName>>,
    Asked(Json(what)): Asked<Json<v1::AgentDo>>,
) -> Answer<()> {
    host.agent(&agent, what).await.map(Json)
}

async fn switches<H: Host>(State(host): State<Arc<H>>) -> Answer<Vec<v1::Switch>> {
    host.switches().await.map(Json)
}

async fn turn_switch<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Path(switch)): Asked<Path<String>>,
    asker: Option<Extension<Asker>>,
    Asked(Json(turn)): Asked<Json<v1::TurnSwitch>>,
) -> Answer<v1::SwitchTurn> {
    let turn = v1::TurnSwitch { by: by(asker, turn.by), ..turn };
    host.turn_switch(&switch, turn).await.map(Json)
}

async fn switch_turns<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Query(which)): Asked<Query<v1::WhichTurns>>,
) -> Answer<Vec<v1::SwitchTurn>> {
    host.switch_turns(which).await.map(Json)
}

async fn campaigns<H: Host>(State(host): State<Arc<H>>) -> Answer<Vec<v1::Campaign>> {
    host.campaigns().await.map(Json)
}

async fn open_campaign<H: Host>(
    State(host): State<Arc<H>>,
    asker: Option<Extension<Asker>>,
    Asked(Json(open)): Asked<Json<v1::OpenCampaign>>,
) -> Answer<v1::Campaign> {
    let open = v1::OpenCampaign { by: by(asker, open.by), ..open };
    host.open_campaign(open).await.map(Json)
}

async fn campaign<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Path(campaign)): Asked<Path<CampaignName>>,
) -> Answer<v1::Campaign> {
    host.campaign(&campaign).await.map(Json)
}

async fn campaign_contacts<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Path(campaign)): Asked<Path<CampaignName>>,
) -> Answer<Vec<v1::CampaignContact>> {
    host.campaign_contacts(&campaign).await.map(Json)
}

async fn direct_campaign<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Path(campaign)): Asked<Path<CampaignName>>,
    Asked(Json(what)): Asked<Json<v1::CampaignDo>>,
) -> Answer<v1::Campaign> {
    host.direct_campaign(&campaign, what).await.map(Json)
}

async fn shifts<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Query(which)): Asked<Query<v1::WhichShifts>>,
) -> Answer<v1::Shifts> {
    host.shifts(which).await.map(Json)
}

async fn do_not_call<H: Host>(State(host): State<Arc<H>>) -> Answer<Vec<v1::DoNotCall>> {
    host.do_not_call().await.map(Json)
}

async fn never_call<H: Host>(
    State(host): State<Arc<H>>,
    asker: Option<Extension<Asker>>,
    Asked(Json(never)): Asked<Json<v1::NeverCall>>,
) -> Answer<()> {
    let never = v1::NeverCall { by: by(asker, never.by), ..never };
    host.never_call(never).await.map(Json)
}

async fn import_numbers<H: Host>(
    State(host): State<Arc<H>>,
    asker: Option<Extension<Asker>>,
    Asked(Json(import)): Asked<Json<v1::ImportNumbers>>,
) -> Answer<v1::Imported> {
    let import = v1::ImportNumbers { by: by(asker, import.by), ..import };
    host.import_numbers(import).await.map(Json)
}

async fn forget_erased<H: Host>(State(host): State<Arc<H>>) -> Answer<()> {
    host.forget_erased().await.map(Json)
}

async fn checklist<H: Host>(State(host): State<Arc<H>>) -> Answer<Vec<v1::Check>> {
    host.checklist().await.map(Json)
}

async fn take_out<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Path(call)): Asked<Path<CallId>>,
) -> Answer<()> {
    host.take_out(call).await.map(Json)
}

async fn send_on<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Path(call)): Asked<Path<CallId>>,
    Asked(Json(to)): Asked<Json<v1::SendOn>>,
) -> Answer<()> {
    host.send_on(call, to).await.map(Json)
}

async fn calls<H: Host>(State(host): State<Arc<H>>) -> Answer<Vec<v1::Call>> {
    host.calls().await.map(Json)
}

async fn call<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Json(new)): Asked<Json<v1::NewCall>>,
) -> Result<Body, Error> {
    let lines = host.call(new).await?;
    Ok(Body::from_stream(lines.map_ok(|line| line + "\n")))
}

async fn cases<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Query(which)): Asked<Query<v1::WhichCases>>,
) -> Answer<Vec<v1::Case>> {
    host.cases(which).await.map(Json)
}

async fn add_case<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Json(new)): Asked<Json<v1::NewCase>>,
) -> Answer<v1::Case> {
    host.add_case(new).await.map(Json)
}

async fn note_case<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Path(case)): Asked<Path<String>>,
    Asked(Json(more)): Asked<Json<v1::Notes>>,
) -> Answer<()> {
    host.note_case(&case, more).await.map(Json)
}

async fn close_case<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Path(case)): Asked<Path<String>>,
    Asked(Json(end)): Asked<Json<v1::CaseEnd>>,
) -> Answer<()> {
    host.close_case(&case, end).await.map(Json)
}

async fn note_record<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Path(call)): Asked<Path<CallId>>,
    Asked(Json(more)): Asked<Json<v1::Notes>>,
) -> Answer<()> {
    host.note_record(call, more).await.map(Json)
}

async fn users<H: Host>(State(host): State<Arc<H>>) -> Answer<Vec<v1::User>> {
    host.users().await.map(Json)
}

async fn add_user<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Json(new)): Asked<Json<v1::NewUser>>,
) -> Answer<v1::User> {
    host.add_user(new).await.map(Json)
}

async fn change_user<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Path(user)): Asked<Path<String>>,
    Asked(Json(what)): Asked<Json<v1::UserDo>>,
) -> Answer<()> {
    host.change_user(&user, what).await.map(Json)
}

async fn tokens<H: Host>(State(host): State<Arc<H>>) -> Answer<Vec<v1::Token>> {
    host.tokens().await.map(Json)
}

async fn issue_token<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Json(new)): Asked<Json<v1::NewToken>>,
) -> Answer<v1::IssuedToken> {
    host.issue_token(new).await.map(Json)
}

async fn revoke_token<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Path(token)): Asked<Path<String>>,
) -> Answer<()> {
    host.revoke_token(&token).await.map(Json)
}

async fn log_in<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Json(asked)): Asked<Json<v1::LogIn>>,
) -> Answer<v1::Session> {
    host.log_in(asked).await.map(Json)
}

async fn who<H: Host>(
    State(host): State<Arc<H>>,
    Asked(Json(shown)): Asked<Json<v1::Secret>>,
) -> Answer<v1::Who> {
    host.who(shown).await.map(Json)
}
