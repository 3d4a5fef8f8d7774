//! The value can be written, and not read back.

use lockwork::{Error, global_once};

#[derive(serde::Serialize)]
struct Row;

#[global_once(key = "k")]
async fn job() -> Result<Row, Error> {
    Ok(Row)
}

fn main() {
    let _ = async { job().await };
}
