//! A constant that is too short, in a generic function that nobody calls.

use std::time::Duration;

use lockwork::{Error, global_once};

const LEASE: Duration = Duration::ZERO;

#[global_once(key = "k", timeout = LEASE)]
async fn job<T: Sized>() -> Result<(), Error> {
    Ok(())
}

fn main() {}
