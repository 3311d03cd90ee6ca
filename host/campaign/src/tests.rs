//! Stories of campaigns, and what holds whatever happens.

mod course;
mod interleavings;
mod overlaps;
mod planner;
mod properties;
mod restart;
mod turns;
mod world;
