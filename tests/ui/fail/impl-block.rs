//! The attribute is on an `impl` block.

use lockwork::global_once;

struct Job;

#[global_once(key = "k")]
impl Job {
    fn run() {}
}

fn main() {
    Job::run();
}
