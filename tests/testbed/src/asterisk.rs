//! x
/// x
pub struct AsteriskServer;
