//! Where the host listens, and how long and how much it waits.

use crate::{protocol::MAX_LIST, socket::Beat};
use std::{net::SocketAddr, path::PathBuf};

/// Commands that wait or are not acknowledged. Beyond it the session is at its end.
const COMMANDS: usize = 65_536;

/// Where the host listens for its adapter.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoteConfig {
    /// Such as `127.0.0.1:7077`. Nothing is encrypted: use it on loopback or in a tunnel.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// The file with the token that the adapter has to show. Only its owner may open it (mode
    /// 0600).
    pub token_file: PathBuf,
}

fn listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 7077))
}

/// How a [`Remote`](super::Remote) behaves: for tests.
#[derive(Clone, Copy, Debug)]
pub struct RemoteLimits {
    /// When a silent adapter is lost.
    pub beat: Beat,
    /// How many commands are kept for it.
    pub commands: usize,
    /// How many bytes a list of what is alive may have in all its messages.
    pub list: usize,
}

impl Default for RemoteLimits {
    fn default() -> Self {
        Self { beat: Beat::default(), commands: COMMANDS, list: MAX_LIST }
    }
}
