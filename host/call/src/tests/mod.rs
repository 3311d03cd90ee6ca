//! A call in a world of its own: a PBX that carries out commands late, a real floor, a flow that
//! orders what a test says.

mod call_backs;
mod fronts;
mod fumble;
mod fuzz;
mod kept;
mod line;
mod pbx;
mod properties;
mod shared;
mod stories;
mod transfers;
mod world;

/// A waiting call has 4 KiB, and an allocation is rounded up to a class: with 8 bytes more here it
/// would be 64.
#[test]
fn what_every_call_keeps_stays_within_its_class_of_allocations() {
    let (kept, leg) = (size_of::<crate::Kept>(), size_of::<crate::legs::Leg>());
    assert!(kept <= 448 && leg <= 224, "{kept} and {leg} bytes");
}
