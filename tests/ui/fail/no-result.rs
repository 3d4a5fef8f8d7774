//! The function returns no `Result`.

use lockwork::global_once;

#[global_once(key = "k")]
async fn job() -> u64 {
    1
}

fn main() {
    let _ = async { job().await + 1 };
}
