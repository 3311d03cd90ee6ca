//! Where a call is, in sixteen bytes.

/// What the call waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing has happened yet.
    #[default]
    New,
    /// The greeting is said; a digit.
    Asking,
    /// In a queue; an agent.
    Queueing,
    /// An extension rings; its answer.
    Dialling,
    /// It answered; that the two hear each other.
    Connecting,
    /// Nobody can be reached; the end of the apology.
    Apologising,
    /// Nothing more.
    Over,
}

const PHASES: [Phase; 7] = [
    Phase::New,
    Phase::Asking,
    Phase::Queueing,
    Phase::Dialling,
    Phase::Connecting,
    Phase::Apologising,
    Phase::Over,
];

/// All that is kept of a call between two events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// What the call waits for.
    pub phase: Phase,
    /// How often the greeting was said.
    pub attempt: u8,
    /// The order whose outcome the call waits for.
    pub awaited: u32,
    /// The number of the newest order.
    pub last_id: u32,
}

impl State {
    /// Reads what [`State::to_bytes`] wrote; nothing at all is a new call.
    ///
    /// # Errors
    /// When the bytes were not written by this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let invalid =
            || format!("a state of {} bytes that this version did not write", bytes.len());
        let [phase, attempt, _, _, rest @ ..] =
            <[u8; 16]>::try_from(bytes).map_err(|_| invalid())?;
        let [a, b, c, d, e, f, g, h, ..] = rest;
        Ok(Self {
            phase: *PHASES.get(usize::from(phase)).ok_or_else(invalid)?,
            attempt,
            awaited: u32::from_le_bytes([a, b, c, d]),
            last_id: u32::from_le_bytes([e, f, g, h]),
        })
    }

    /// The state as the host keeps it.
    pub fn to_bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[0] = self.phase as u8;
        bytes[1] = self.attempt;
        bytes[4..8].copy_from_slice(&self.awaited.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.last_id.to_le_bytes());
        bytes
    }
}
