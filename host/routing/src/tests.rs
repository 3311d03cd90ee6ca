//! What the floor does, requirement by requirement, and what holds whatever happens.

mod agents;
mod away;
mod configure;
mod engage;
mod figures;
mod fumble;
mod line;
mod phones;
mod properties;
mod queues;
mod restore;
mod tries;
mod urgent;
mod world;
