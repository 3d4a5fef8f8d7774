//! A member of a fleet: a program like those of lockwork's users, that does what a test tells it. Knows no store.
//!
//! Its arguments are the store's URL, a namespace, a way to make a call, and what that way needs. It says on its
//! standard output what happens to it, and ends with its standard input.

mod jobs;
mod talk;
mod trouble;
mod ways;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let [url, namespace, way, rest @ ..] = &args[..] else { anyhow::bail!("URL NAMESPACE WAY [ARGUMENT…]") };
    talk::listen();
    match (*way, rest) {
        ("current-thread", [job]) => ways::current_thread(url, namespace, job),
        ("multi-thread", [job]) => ways::multi_thread(url, namespace, job),
        ("spawned", [job]) => ways::spawned(url, namespace, job),
        ("exit", [job]) => ways::exit(url, namespace, job),
        ("exit-elsewhere", [job]) => ways::exit_elsewhere(url, namespace, job),
        ("panic", [job]) => ways::panic(url, namespace, job),
        ("select", [job]) => ways::select(url, namespace, job),
        ("abort", [job]) => ways::abort(url, namespace, job),
        ("all-keys", [witness, seed, doom]) => ways::all_keys(url, namespace, witness, seed.parse()?, doom),
        ("slots", [witness, timeout, work]) => ways::slots(url, namespace, witness, timeout.parse()?, work.parse()?),
        ("uninstalled", []) => ways::uninstalled(),
        ("install-twice", []) => ways::install_twice(url),
        ("install-late", []) => ways::install_late(url),
        _ => anyhow::bail!("no way to make a call: {way} {rest:?}"),
    }
}
