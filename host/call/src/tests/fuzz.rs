//! Calls of a journal that is spoilt.

use super::world::World;
use crate::{Call, Image};
use strowger_test_support::fuzz;

const KEPT: &[u8] = include_bytes!("kept_1.msgpack");

#[test]
fn a_call_of_a_journal() {
    let terms = World::new(Vec::new()).call.terms().clone();
    fuzz(&[KEPT], |bytes| {
        let Ok(image) = rmp_serde::from_slice::<Image<'static>>(bytes) else { return };
        let call = Call::of_image(terms.clone(), image);
        assert!(call.places().len() <= bytes.len() && call.quieting().len() <= bytes.len());
    });
}
