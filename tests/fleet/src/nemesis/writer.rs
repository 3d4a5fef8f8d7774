//! A process that writes to a SQLite file beside lockwork, as its users' programs do: holds the write lock, or keeps the
//! log from being cut, for as long as it is told. Knows nothing of lockwork.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use rusqlite::Connection;

/// How long it waits for its turn to write.
const TURN: Duration = Duration::from_secs(30);

/// Does what it is told, line by line, and says when it is done.
pub(crate) fn serve(file: &Path) -> anyhow::Result<()> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(TURN)?;
    connection.execute_batch("CREATE TABLE IF NOT EXISTS others (number INTEGER)")?;
    for order in std::io::stdin().lines() {
        let sql = match order?.as_str() {
            "write" => "BEGIN IMMEDIATE; INSERT INTO others VALUES (1)",
            "read" => "BEGIN; SELECT count(*) FROM others",
            "end" => "COMMIT",
            other => anyhow::bail!("no such order: {other}"),
        };
        connection.execute_batch(sql)?;
        println!("done");
    }
    Ok(())
}

/// Such a process, seen from outside. It ends with this value, whatever it does then.
pub(crate) struct Writer {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Writer {
    pub(crate) fn start(file: &Path) -> anyhow::Result<Self> {
        let program = std::env::current_exe()?;
        let mut command = Command::new(program);
        let mut process = command.arg("writer").arg(file).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = process.stdin.take().context("it is piped")?;
        let answers = BufReader::new(process.stdout.take().context("it is piped")?);
        Ok(Self { process, orders, answers })
    }

    /// Waits until it has done what it is told.
    pub(crate) fn order(&mut self, order: &str) -> anyhow::Result<()> {
        writeln!(self.orders, "{order}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        anyhow::ensure!(answer.trim() == "done", "the writer could not {order}");
        Ok(())
    }

    pub(crate) fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.process)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
