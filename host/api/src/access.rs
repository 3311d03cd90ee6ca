//! Who may ask what: the role that each request of the router needs.
//!
//! The control socket asks nobody who they are: its owner may do everything. Whoever serves the
//! router elsewhere finds out who asks, and keeps to [`needed`].

use crate::v1::Role::{self, Admin, Agent, Operator, Supervisor, Viewer};

/// Every request: method, path as the router has it, and the role that it needs at least.
pub const REQUESTS: &[(&str, &str, Role)] = &[
    ("GET", "/v1/status", Viewer),
    ("GET", "/v1/flows", Viewer),
    ("POST", "/v1/flows/{name}/rollback", Operator),
    ("POST", "/v1/flows/{name}/accept", Operator),
    ("GET", "/v1/queues", Viewer),
    ("GET", "/v1/agents", Viewer),
    ("POST", "/v1/agents/{agent}", Supervisor),
    ("GET", "/v1/switches", Viewer),
    ("POST", "/v1/switches/{switch}", Supervisor),
    ("GET", "/v1/switch-turns", Viewer),
    ("GET", "/v1/campaigns", Viewer),
    ("POST", "/v1/campaigns", Supervisor),
    ("GET", "/v1/campaigns/{name}", Viewer),
    ("POST", "/v1/campaigns/{name}", Supervisor),
    ("GET", "/v1/campaigns/{name}/contacts", Supervisor),
    ("GET", "/v1/shifts", Supervisor),
    ("GET", "/v1/do-not-call", Supervisor),
    ("POST", "/v1/do-not-call", Supervisor),
    ("POST", "/v1/do-not-call/import", Supervisor),
    ("GET", "/v1/checklist", Viewer),
    ("GET", "/v1/calls", Agent),
    ("POST", "/v1/calls", Operator),
    ("POST", "/v1/calls/{call}/take-out", Supervisor),
    ("POST", "/v1/calls/{call}/send-on", Supervisor),
    ("GET", "/v1/cases", Agent),
    ("POST", "/v1/cases", Agent),
    ("POST", "/v1/cases/{case}", Agent),
    ("POST", "/v1/cases/{case}/close", Agent),
    ("POST", "/v1/records/{call}/notes", Agent),
    ("POST", "/v1/erased", Admin),
    ("GET", "/v1/users", Admin),
    ("POST", "/v1/users", Admin),
    ("POST", "/v1/users/{user}", Admin),
    ("GET", "/v1/tokens", Admin),
    ("POST", "/v1/tokens", Admin),
    ("POST", "/v1/tokens/{token}/revoke", Admin),
    ("POST", "/v1/log-in", Admin),
    ("POST", "/v1/who", Admin),
];

/// The role that a request needs at least. None: there is no such request, so nobody may.
pub fn needed(method: &str, path: &str) -> Option<Role> {
    let is_it = |request: &&(&str, &str, Role)| request.0 == method && request.1 == path;
    REQUESTS.iter().find(is_it).map(|(_, _, role)| *role)
}

/// Who asks, as whoever serves the router has found out. What a request says about that is not
/// believed then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker(pub String);
