//! The function returns a future by hand.

use lockwork::{Error, global_once};

#[global_once(key = "k")]
fn job() -> impl Future<Output = Result<(), Error>> {
    async { Ok(()) }
}

fn main() {
    let _ = async { job().await };
}
