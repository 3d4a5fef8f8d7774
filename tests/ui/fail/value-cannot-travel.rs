//! The value cannot be written down.

use lockwork::{Error, global_once};

struct Row;

#[global_once(key = "k")]
async fn job() -> Result<Vec<Row>, Error> {
    Ok(Vec::new())
}

fn main() {
    let _ = async { job().await };
}
