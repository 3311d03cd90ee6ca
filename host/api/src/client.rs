//! A host, reached over HTTP.

use crate::{
    Error, Host, Kind, Lines, reach,
    v1::{self, Refused},
};
use futures_util::{AsyncBufReadExt, StreamExt, TryStreamExt, stream};
use reqwest::{RequestBuilder, Response, Url};
use serde::{Serialize, de::DeserializeOwned};
use std::{error, io, iter, path::Path};
use strowger_model::{AgentName, CallId, CampaignName, FlowName};

/// A host in another process.
pub struct Client {
    http: reqwest::Client,
    /// What every path begins with.
    base: Url,
    /// Where the host is, as people know it.
    place: String,
}

impl Client {
    /// For the host whose control socket this file is. Nothing is sent yet.
    ///
    /// # Errors
    /// If the system cannot give what a client needs.
    pub fn at_socket(file: &Path) -> Result<Self, Error> {
        let http = reach::to_socket()?.unix_socket(file).build().map_err(broken)?;
        // The name of a host is needed in HTTP, and means nothing on a socket.
        let base = Url::parse("http://strowger").map_err(broken)?;
        Ok(Self { http, base, place: file.display().to_string() })
    }

    /// For the host whose console is at this address, as the holder of a token. `ca` is a file of
    /// certificates (PEM) to trust, besides those of the public authorities. Nothing is sent yet.
    ///
    /// # Errors
    /// Bad request: it is no address of HTTP or HTTPS, the token would travel over a network as plain
    /// text, or the file cannot be read.
    pub fn at_url(url: &str, token: &str, ca: Option<&Path>) -> Result<Self, Error> {
        let base = reach::address(url)?;
        let http = reach::to_network(ca)?.default_headers(reach::showing(token)?);
        Ok(Self { http: http.build().map_err(broken)?, base, place: url.to_owned() })
    }

    async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, Error> {
        read(self.send(self.http.get(self.url(path))).await?).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &(impl Serialize + Sync),
    ) -> Result<T, Error> {
        read(self.send(self.http.post(self.url(path)).json(body)).await?).await
    }

    /// The address of a path of `v1`.
    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        // Fails only for addresses that have no path, such as `mailto:`.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.push("v1").extend(path);
        }
        url
    }

    /// The answer, if it is not an error.
    async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let response = request.send().await.map_err(|error| match error.is_connect() {
            true if self.base.scheme() == "https" => {
                let Error { message, .. } = broken(error);
                Error::new(
                    Kind::Unreachable,
                    format!("cannot connect to {}: {message}", self.place),
                )
            }
            true => Error::new(
                Kind::Unreachable,
                format!("no host answers at {}; is `strowger serve` running?", self.place),
            ),
            false => broken(error),
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let message = match response.json::<Refused>().await {
            Ok(refused) => refused.error,
            Err(_) => format!("the host answers {status}"),
        };
        Err(Error::new(Kind::of(status), message))
    }
}

impl Host for Client {
    async fn status(&self) -> Result<v1::Status, Error> {
        self.get(&["status"]).await
    }

    async fn flows(&self) -> Result<Vec<v1::Flow>, Error> {
        self.get(&["flows"]).await
    }

    async fn rollback(&self, flow: &FlowName) -> Result<v1::RolledBack, Error> {
        self.post(&["flows", flow.as_str(), "rollback"], &()).await
    }

    async fn accept(&self, flow: &FlowName, accept: v1::Accept) -> Result<v1::Accepted, Error> {
        self.post(&["flows", flow.as_str(), "accept"], &accept).await
    }

    async fn queues(&self) -> Result<Vec<v1::Queue>, Error> {
        self.get(&["queues"]).await
    }

    async fn agents(&self) -> Result<Vec<v1::Agent>, Error> {
        self.get(&["agents"]).await
    }

    async fn agent(&self, agent: &AgentName, what: v1::AgentDo) -> Result<(), Error> {
        self.post(&["agents", agent.as_str()], &what).await
    }

    async fn switches(&self) -> Result<Vec<v1::Switch>, Error> {
        self.get(&["switches"]).await
    }

    async fn turn_switch(
        &self,
        switch: &str,
        turn: v1::TurnSwitch,
    ) -> Result<v1::SwitchTurn, Error> {
        self.post(&["switches", switch], &turn).await
    }

    async fn switch_turns(&self, which: v1::WhichTurns) -> Result<Vec<v1::SwitchTurn>, Error> {
        read(self.send(self.http.get(self.url(&["switch-turns"])).query(&which)).await?).await
    }

    async fn campaigns(&self) -> Result<Vec<v1::Campaign>, Error> {
        self.get(&["campaigns"]).await
    }

    async fn open_campaign(&self, open: v1::OpenCampaign) -> Result<v1::Campaign, Error> {
        self.post(&["campaigns"], &open).await
    }

    async fn campaign(&self, campaign: &CampaignName) -> Result<v1::Campaign, Error> {
        self.get(&["campaigns", campaign.as_str()]).await
    }

    async fn campaign_contacts(
        &self,
        campaign: &CampaignName,
    ) -> Result<Vec<v1::CampaignContact>, Error> {
        self.get(&["campaigns", campaign.as_str(), "contacts"]).await
    }

    async fn shifts(&self, which: v1::WhichShifts) -> Result<v1::Shifts, Error> {
        read(self.send(self.http.get(self.url(&["shifts"])).query(&which)).await?).await
    }

    async fn direct_campaign(
        &self,
        campaign: &CampaignName,
        what: v1::CampaignDo,
    ) -> Result<v1::Campaign, Error> {
        self.post(&["campaigns", campaign.as_str()], &what).await
    }

    async fn do_not_call(&self) -> Result<Vec<v1::DoNotCall>, Error> {
        self.get(&["do-not-call"]).await
    }

    async fn never_call(&self, never: v1::NeverCall) -> Result<(), Error> {
        self.post(&["do-not-call"], &never).await
    }

    async fn import_numbers(&self, import: v1::ImportNumbers) -> Result<v1::Imported, Error> {
        self.post(&["do-not-call", "import"], &import).await
    }

    async fn forget_erased(&self) -> Result<(), Error> {
        self.post(&["erased"], &()).await
    }

    async fn checklist(&self) -> Result<Vec<v1::Check>, Error> {
        self.get(&["checklist"]).await
    }

    async fn take_out(&self, call: CallId) -> Result<(), Error> {
        self.post(&["calls", &call.to_string(), "take-out"], &()).await
    }

    async fn send_on(&self, call: CallId, to: v1::SendOn) -> Result<(), Error> {
        self.post(&["calls", &call.to_string(), "send-on"], &to).await
    }

    async fn calls(&self) -> Result<Vec<v1::Call>, Error> {
        self.get(&["calls"]).await
    }

    async fn call(&self, new: v1::NewCall) -> Result<Lines, Error> {
        Ok(lines(self.send(self.http.post(self.url(&["calls"])).json(&new)).await?))
    }

    async fn cases(&self, which: v1::WhichCases) -> Result<Vec<v1::Case>, Error> {
        read(self.send(self.http.get(self.url(&["cases"])).query(&which)).await?).await
    }

    async fn add_case(&self, new: v1::NewCase) -> Result<v1::Case, Error> {
        self.post(&["cases"], &new).await
    }

    async fn note_case(&self, case: &str, more: v1::Notes) -> Result<(), Error> {
        self.post(&["cases", case], &more).await
    }

    async fn close_case(&self, case: &str, end: v1::CaseEnd) -> Result<(), Error> {
        self.post(&["cases", case, "close"], &end).await
    }

    async fn note_record(&self, call: CallId, more: v1::Notes) -> Result<(), Error> {
        self.post(&["records", &call.to_string(), "notes"], &more).await
    }

    async fn users(&self) -> Result<Vec<v1::User>, Error> {
        self.get(&["users"]).await
    }

    async fn add_user(&self, new: v1::NewUser) -> Result<v1::User, Error> {
        self.post(&["users"], &new).await
    }

    async fn change_user(&self, user: &str, what: v1::UserDo) -> Result<(), Error> {
        self.post(&["users", user], &what).await
    }

    async fn tokens(&self) -> Result<Vec<v1::Token>, Error> {
        self.get(&["tokens"]).await
    }

    async fn issue_token(&self, new: v1::NewToken) -> Result<v1::IssuedToken, Error> {
        self.post(&["tokens"], &new).await
    }

    async fn revoke_token(&self, token: &str) -> Result<(), Error> {
        self.post(&["tokens", token, "revoke"], &()).await
    }

    async fn log_in(&self, log_in: v1::LogIn) -> Result<v1::Session, Error> {
        self.post(&["log-in"], &log_in).await
    }

    async fn who(&self, shown: v1::Secret) -> Result<v1::Who, Error> {
        self.post(&["who"], &shown).await
    }
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, Error> {
    response.json().await.map_err(broken)
}

/// The lines of an answer of text.
fn lines(response: Response) -> Lines {
    let chunks = stream::try_unfold(response, async |mut response| {
        let chunk = response.chunk().await.map_err(|error| io::Error::other(broken(error)))?;
        Ok(chunk.map(|chunk| (chunk, response)))
    });
    chunks.boxed().into_async_read().lines().map_err(Error::internal).boxed()
}

/// The request or the answer got lost on its way, with everything that led to it.
fn broken(error: impl error::Error + 'static) -> Error {
    let causes = iter::successors(Some(&error as &dyn error::Error), |error| error.source());
    Error::internal(causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
}
