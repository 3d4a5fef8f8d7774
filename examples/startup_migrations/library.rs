//! The application's own database, a small library's: its migrations, and what they have made of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

/// One `.sql` file.
#[derive(Clone)]
pub(crate) struct Migration {
    /// Its place in the order, from 1.
    pub(crate) version: u32,
    pub(crate) name: String,
    sql: String,
}

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/startup_migrations/migrations");

/// An attempt that was taken for dead may still be in the middle of a file. That one is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the database is.
pub(crate) fn path() -> PathBuf {
    std::env::temp_dir().join("lockwork-examples-library.db")
}

/// The migrations, in order: `0001_WHAT.sql`, `0002_WHAT.sql` and so on.
pub(crate) fn migrations() -> anyhow::Result<Vec<Migration>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(FOLDER).with_context(|| format!("the migrations in {FOLDER} cannot be read"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
    files.sort();
    let mut migrations = Vec::new();
    for (version, path) in (1..).zip(files) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        ensure!(name.starts_with(&format!("{version:04}_")), "there should be a migration {version:04}, not {name}");
        let sql = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        migrations.push(Migration { version, name, sql });
    }
    Ok(migrations)
}

/// The migrations up to `version` that are not in place yet. This blocks.
pub(crate) fn missing(database: &Path, version: usize) -> anyhow::Result<Vec<Migration>> {
    let connection = &mut open(database)?;
    let transaction = begin(connection)?;
    let mut missing = Vec::new();
    for migration in migrations()?.into_iter().take(version) {
        if !is_in_place(&transaction, &migration)? {
            missing.push(migration);
        }
    }
    transaction.commit()?;
    Ok(missing)
}

/// Applies `migration`, unless somebody else has. This blocks.
///
/// The file and the row that says so are one transaction, so a crash leaves both or neither, and of two processes that
/// are at it at the same time the second finds the row.
pub(crate) fn apply(database: &Path, migration: &Migration, attempt: u32) -> anyhow::Result<()> {
    let connection = &mut open(database)?;
    let transaction = begin(connection)?;
    if !is_in_place(&transaction, migration)? {
        transaction.execute_batch(&migration.sql).with_context(|| format!("{} failed", migration.name))?;
        transaction.execute(
            "INSERT INTO schema_migrations VALUES (?1, ?2, ?3, ?4)",
            params![migration.version, migration.name, attempt, std::process::id()],
        )?;
    }
    Ok(transaction.commit()?)
}

/// How many migrations are in place.
pub(crate) fn in_place(database: &Path) -> anyhow::Result<u32> {
    Ok(open(database)?.query_row("SELECT count(*) FROM schema_migrations", [], |row| row.get(0))?)
}

/// What is in the tables now, in words: the same for everybody who looks.
pub(crate) fn proof(database: &Path) -> anyhow::Result<String> {
    let count = "SELECT count(*), sum(lent), (SELECT count(*) FROM borrowed_together) FROM shelf";
    let (books, loans, pairs): (u32, u32, u32) =
        open(database)?.query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(format!("{books} books, lent {loans} times, {pairs} pairs of them to one reader"))
}

/// Which attempt, in which process, applied which versions.
pub(crate) fn history(database: &Path) -> anyhow::Result<Vec<String>> {
    let connection = open(database)?;
    let mut statement = connection.prepare(
        "SELECT min(version), max(version), attempt, process FROM schema_migrations
         GROUP BY attempt, process ORDER BY 1",
    )?;
    let part = |row: &rusqlite::Row<'_>| {
        let (first, last, attempt, process): (u32, u32, u32, u32) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let versions = if first == last { first.to_string() } else { format!("{first} to {last}") };
        Ok(format!("{versions} in attempt {attempt} by process {process}"))
    };
    Ok(statement.query_map([], part)?.collect::<Result<_, _>>()?)
}

/// A transaction that holds the write lock from its beginning, so what it reads stays true.
fn begin(connection: &mut Connection) -> anyhow::Result<Transaction<'_>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_migrations (
             version INTEGER PRIMARY KEY, name TEXT NOT NULL, attempt INTEGER NOT NULL, process INTEGER NOT NULL)",
    )?;
    Ok(transaction)
}

fn is_in_place(transaction: &Transaction<'_>, migration: &Migration) -> anyhow::Result<bool> {
    let row = "SELECT name FROM schema_migrations WHERE version = ?1";
    let name: Option<String> = transaction.query_row(row, [migration.version], |row| row.get(0)).optional()?;
    if let Some(name) = &name {
        ensure!(*name == migration.name, "{name} is in place where {} should be", migration.name);
    }
    Ok(name.is_some())
}

fn open(database: &Path) -> anyhow::Result<Connection> {
    let connection =
        Connection::open(database).with_context(|| format!("the database {} cannot be opened", database.display()))?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}
