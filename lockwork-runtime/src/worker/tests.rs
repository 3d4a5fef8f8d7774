//! The worker's promises, on paused time over a store whose faults are chosen.

mod endings;
mod health;
mod late;
mod lease;
mod lookups;
mod patience;
mod remembered;
mod round_trips;
mod simulation;
mod slots;
mod trouble;
mod waiting;
