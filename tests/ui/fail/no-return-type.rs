//! The function returns nothing.

use lockwork::global_once;

#[global_once(key = "k")]
async fn job() {}

fn main() {
    let _ = async { job().await };
}
