//! Many mistakes in one function: each is told once, at its own place, and its callers hear nothing of them.

use lockwork::{Attempt, global_once};

struct Token;

#[global_once(
    key = "report:{dya}",
    timeout_ms = 50,
    timout = "5s",
    max_attempts = 0,
    backoff = 100,
    backoff_ms = "100",
    retain = "a while",
    cooldown_ms,
    wait = "5 parsecs",
    max_run_ms = -1,
    max_run_ms = 5,
)]
async fn job(
    day: u32,
    token: Token,
    #[attempt] one: &Attempt,
    #[attempt] two: u32,
) -> Result<std::rc::Rc<Token>, String> {
    drop(token);
    Err(format!("{day} {} {two}", one.number()))
}

fn main() {
    let _ = async { job(1, Token).await.map_err(|error| error.len()) };
}
