//! The body cannot name what the expansion uses.

use lockwork::{Error, global_once};

#[global_once(key = "k")]
async fn job(mut day: u32) -> Result<u32, Error> {
    day += __lw_arg0;
    let _ = (__lw_call, __lw_attempt);
    Ok(day)
}

fn main() {}
