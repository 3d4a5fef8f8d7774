//! The value is `&'static`, which no store can give.

use lockwork::{Error, global_once};

#[global_once(key = "k")]
async fn job() -> Result<(u32, Vec<&'static str>), Error> {
    Ok((1, Vec::new()))
}

fn main() {
    let _ = async { job().await };
}
