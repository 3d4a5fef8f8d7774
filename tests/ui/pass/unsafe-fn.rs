//! An unsafe function stays one, and its body may do what it may.

use lockwork::{Error, global_once};

#[global_once(key = "unsafe")]
async unsafe fn job(number: *const u32) -> Result<u32, Error> {
    Ok(unsafe { *number })
}

fn main() {
    let number = 5;
    drop(unsafe { job(&raw const number) });
}
