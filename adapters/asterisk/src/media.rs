//! Prompts, served to Asterisk over HTTP.
//!
//! Asterisk plays `sound:http://...` through its media cache, so nothing has to be copied to the
//! PBX. A name is a hash of what is heard: it cannot be guessed, and what it names never changes,
//! so Asterisk may keep it for good.

use super::AsteriskConfig;
use anyhow::{Context, Result};
use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use std::{sync::Arc, time::Duration};
use strowger_model::Prompt;
use strowger_speech::{Clip, Prompts};
use tokio::{net::TcpListener, task::AbortHandle};

/// The sounds, and the server that gives them to Asterisk. The server ends when this is dropped.
pub(super) struct Media {
    prompts: Arc<Prompts>,
    base: String,
    server: AbortHandle,
}

impl Media {
    pub(super) async fn serve(config: &AsteriskConfig, prompts: Arc<Prompts>) -> Result<Self> {
        let listener = TcpListener::bind(config.prompts_bind).await.with_context(|| {
            format!("asterisk.prompts-bind: cannot listen on {}", config.prompts_bind)
        })?;
        let bound = listener.local_addr().context("asterisk.prompts-bind")?;
        let base = config.prompts_url.clone().unwrap_or_else(|| format!("http://{bound}"));
        let router =
            Router::new().route("/prompts/{file}", get(prompt)).with_state(prompts.clone());
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "prompts are no longer served to Asterisk");
            }
        });
        Ok(Self { prompts, base: base.trim_end_matches('/').into(), server: server.abort_handle() })
    }

    /// The `media` of a playback, and how long it lasts.
    pub(super) async fn render(&self, prompts: &[Prompt]) -> Result<(String, Duration)> {
        let (mut media, mut length) = (Vec::with_capacity(prompts.len()), Duration::ZERO);
        for prompt in prompts {
            let Clip { id, length: clip, .. } = self.prompts.render(prompt).await?;
            media.push(format!("sound:{}/prompts/{id}.wav", self.base));
            length += clip;
        }
        Ok((media.join(","), length))
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn prompt(
    State(prompts): State<Arc<Prompts>>,
    Path(file): Path<String>,
) -> impl IntoResponse {
    let Some(path) = file.strip_suffix(".wav").and_then(|id| prompts.file(id)) else {
        return Err(StatusCode::NOT_FOUND);
    };
    let bytes = tokio::fs::read(path).await.map_err(|_| StatusCode::NOT_FOUND)?;
    let headers = [
        (header::CONTENT_TYPE, "audio/wav"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, bytes))
}
