//! The job of `startup_migrations` without the attribute, in one process: `cargo run --example without_macro`. It has
//! the same key in the same store, so it is done already after that example, and that one after this.

#[path = "startup_migrations/library.rs"]
mod library;
#[path = "support/store.rs"]
mod store;

use std::time::Duration;

use lockwork::{Attempt, Job, Outcome, Worker};
use tokio::task::spawn_blocking;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (url, database) = (store::url(), library::path());
    println!("The store is {}.", store::shown(&url));
    println!("The application's database is {}.", database.display());

    let worker = Worker::connect(&url).await?;
    let version = library::migrations()?.len();
    let key = format!("library:migrate-to-{version}");
    let job = Job::new(&key).timeout(Duration::from_secs(3)).max_attempts(5);
    if !database.exists() && worker.forget(&key).await? {
        println!("It is new, so the record of {key} was forgotten.");
    }

    let outcome: Outcome<u32> = worker
        .run(&job, |attempt: Attempt| {
            let database = database.clone();
            async move {
                // SQLite blocks its thread. The lease would live through that, but other tasks would not run.
                let migrated = spawn_blocking(move || {
                    for migration in library::missing(&database, version)? {
                        println!("Applies {}, in attempt {}.", migration.name, attempt.number());
                        library::apply(&database, &migration, attempt.number())?;
                    }
                    library::in_place(&database)
                });
                migrated.await?
            }
        })
        .await?;

    let Outcome { value, ran_here, attempt, holder, .. } = outcome;
    let here = if ran_here { "just now" } else { "before, or elsewhere" };
    println!("{value} migrations are in place, done {here} by {holder} in attempt {attempt}.");
    println!("In the database: {}.", library::history(&database)?.join(", "));
    println!("It has {}.", library::proof(&database)?);
    Ok(())
}
