//! The function returns an `Option`.

use lockwork::global_once;

#[global_once(key = "k")]
async fn job() -> Option<u32> {
    Some(1)
}

fn main() {
    let _ = async { job().await };
}
