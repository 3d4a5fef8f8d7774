//! The attribute is on a struct.

use lockwork::global_once;

#[global_once(key = "k")]
pub struct Job {
    day: u32,
}

fn main() {
    let _ = Job { day: 1 };
}
