//! x
/// x
pub struct Caller;
/// x
pub struct Phone;
