//! Many mistakes about slots: each is told once, at its own place.

use lockwork::{Error, global_once};

#[global_once(
    key = "report:{tennant}",
    per_ms = 0,
    cron = "60 24 31 2 mno",
    tz = "CEST",
    retain = "1s",
    evry = "10m",
)]
async fn report(tenant: &str) -> Result<u32, Error> {
    Ok(1)
}

fn main() {
    let _ = async { report("a").await };
}
