//! A call in a world of its own: a PBX that carries out commands late, a real floor, a flow that
//! orders what a test says.

mod fumble;
mod fuzz;
mod kept;
mod pbx;
mod properties;
mod stories;
mod transfers;
mod world;
