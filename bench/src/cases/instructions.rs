//! How many instructions the paths take that run without I/O, beside the committed counts. Other than times, they are
//! the same on a busy machine.

use std::process::Command;

use anyhow::Context;

use crate::bench::{Bench, Counts};
use crate::spread::{Spread, shown};
use crate::table::Table;
use crate::target::{self, Target};

/// What is counted: its name for the member and in the file, what it is, and how often it is done.
struct Counted {
    name: &'static str,
    what: &'static str,
    times: u64,
    target: Target,
}

const PATHS: [Counted; 2] = [
    Counted {
        name: "transitions",
        what: "a record claimed, completed and found done: decide, encode, decode",
        times: 2000,
        target: target::TRANSITIONS,
    },
    Counted { name: "calls", what: "a call through the engine, on the memory store", times: 500, target: target::CALL },
];

/// The committed counts: a line `NAME = COUNT` for each.
const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.toml");

const HEAD: &str =
    "# Instructions, by callgrind. `cargo run --release -- --write-instructions instructions` writes them anew.\n";

/// Counts, and compares or writes.
pub(crate) fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        bench.say("- without instruction counts: there is no `valgrind`\n");
        return Ok(());
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    let (mut table, mut written) = (Table::new("Instructions"), HEAD.to_owned());
    table.head(["", "committed", "seen", "ratio"]);
    for path in &PATHS {
        let count = path.count()?;
        written.push_str(&format!("{} = {count}\n", path.name));
        let before = committed.lines().find_map(|line| line.strip_prefix(path.name)?.strip_prefix(" = ")?.parse().ok());
        let ratio = before.map(|before: f64| count as f64 / before);
        bench.note(path.target, Spread::of(ratio));
        let shown_or_nothing = |figure: Option<f64>| figure.map_or_else(|| "–".to_owned(), shown);
        let seen = shown(count as f64);
        let row = [path.what.to_owned(), shown_or_nothing(before), seen, shown_or_nothing(ratio)];
        table.row(row.to_vec());
    }
    bench.show(&table);
    if bench.counts == Counts::Write {
        std::fs::write(COMMITTED, written).with_context(|| format!("{COMMITTED} cannot be written"))?;
    }
    Ok(())
}

impl Counted {
    /// How many instructions it takes once: what it takes more to do it twice as often. So the start does not count.
    fn count(&self) -> anyhow::Result<u64> {
        let (once, twice) = (collect(self.name, self.times)?, collect(self.name, 2 * self.times)?);
        Ok(twice.saturating_sub(once) / self.times)
    }
}

/// All instructions of a member that does it so many times.
fn collect(name: &str, times: u64) -> anyhow::Result<u64> {
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
    let output = command.args(["member", "counted", name, &times.to_string()]).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{said}");
    let count = said.lines().find_map(|line| line.split_once("Collected : ").map(|(_, count)| count));
    Ok(count.context("callgrind says how many it collected")?.trim().parse()?)
}
