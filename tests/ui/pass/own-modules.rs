//! A user's own modules named like the crates that the expansion needs, at the root of the crate.

mod core {}
mod std {}
mod lockwork {}

use ::lockwork::global_once;

type Result<T> = ::core::result::Result<T, ::lockwork::Error>;

#[global_once(key = "names:{day}", retain = "1h", timeout_ms = POLICY)]
async fn job(day: u32) -> Result<u32> {
    Ok(day)
}

const POLICY: u64 = 500;

fn main() {
    drop(job(1));
}
