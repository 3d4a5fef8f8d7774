//! Arguments that begin with no name: nothing is missing too.

use lockwork::{Error, global_once};

#[global_once({ key = "job:{day}", retain = "1d" })]
async fn job(day: u32) -> Result<u32, Error> {
    Ok(day)
}

fn main() {
    let _ = async { job(1).await };
}
