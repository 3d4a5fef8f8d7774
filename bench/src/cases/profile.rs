//! Where the processor time of a job goes: which layer's instructions it is, beside those of the bare commands.

use std::collections::HashMap;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::bench::Bench;
use crate::callgrind::{Cost, costs};
use crate::redis_server::Redis;
use crate::spread::{Spread, shown};
use crate::table::Table;

/// The ways that are profiled, as the member knows them, and as the reader does.
const WAYS: [(&str, &str); 4] =
    [("pairs", "SET NX PX + SET"), ("lockwork", "lockwork"), ("get", "GET"), ("done", "lockwork, already done")];

/// How many callers there are.
const CALLERS: usize = 64;

/// How many jobs are done to count instructions, of which there are the same in each; and to measure time.
const COUNTED: u64 = 4000;
const TIMED: u64 = 100_000;
const TIMED_QUICKLY: u64 = 20_000;

/// The kernel counts in hundredths of a second.
const TICK: f64 = 1e4;

/// The layers of a client, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Layer {
    Commands,
    Runtime,
    Memory,
    Call,
    Keeper,
    Record,
    Store,
    Rest,
}

const LAYERS: [(Layer, &str); 8] = [
    (Layer::Commands, "the client library: commands packed, answers parsed"),
    (Layer::Runtime, "tokio: tasks, timers, channels, sockets"),
    (Layer::Memory, "memory: allocated, given back, copied, compared"),
    (Layer::Call, "lockwork, the caller's side: calls, attempts, wake-ups"),
    (Layer::Keeper, "lockwork, its thread: engine, keepers"),
    (Layer::Record, "lockwork, the record: decided, written, read"),
    (Layer::Store, "lockwork, the store"),
    (Layer::Rest, "the rest: Rust's library, the benchmark itself"),
];

/// Profiles a job, and what it costs at least.
pub(crate) fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let redis = Redis::start(bench.cores)?;
    times(bench, &redis)?;
    if Command::new("valgrind").arg("--version").output().is_err() {
        bench.say("- without a profile by layers: there is no `valgrind`\n");
        return Ok(());
    }
    layers(bench, &redis)
}

/// How much of the time is the kernel's.
fn times(bench: &mut Bench, redis: &Redis) -> anyhow::Result<()> {
    let mut table = Table::new(format!("Whose processor time a job takes, {CALLERS} callers, in µs"));
    table.head(["", "the client's own code", "the kernel for it"]);
    let jobs = bench.pick(TIMED, TIMED_QUICKLY);
    for (way, name) in WAYS {
        let times: Vec<(f64, f64)> = (0..bench.pick(5, 1)).map(|_| time(redis, way, jobs)).collect::<Result<_, _>>()?;
        let median = |figures: Vec<f64>| Spread::of(figures).map_or_else(|| "–".to_owned(), |of| shown(of.median));
        let (own, kernel) = times.into_iter().unzip();
        table.row(vec![name.to_owned(), median(own), median(kernel)]);
    }
    bench.show(&table);
    Ok(())
}

/// In its own code and in the kernel, in microseconds for each job.
fn time(redis: &Redis, way: &str, jobs: u64) -> anyhow::Result<(f64, f64)> {
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let said = done(redis, &mut Command::new(program), way, jobs)?;
    let (own, kernel) = said.trim().split_once(' ').with_context(|| format!("{said:?} are not two times"))?;
    let micros = |ticks: &str| Ok::<f64, anyhow::Error>(ticks.parse::<f64>()? * TICK / jobs as f64);
    Ok((micros(own)?, micros(kernel)?))
}

/// Which layer's instructions it takes.
fn layers(bench: &mut Bench, redis: &Redis) -> anyhow::Result<()> {
    let columns = WAYS.iter().map(|(way, _)| count(redis, way)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut table = Table::new(format!("Which layer's instructions a job takes, {CALLERS} callers"));
    table.head([""].into_iter().chain(WAYS.map(|(_, name)| name)));
    for (layer, name) in LAYERS {
        let cells = columns.iter().map(|column| shown(column.get(&layer).copied().unwrap_or(0.0).max(0.0)));
        table.row([name.to_owned()].into_iter().chain(cells).collect());
    }
    let sums = columns.iter().map(|column| shown(column.values().sum()));
    table.row(["all".to_owned()].into_iter().chain(sums).collect());
    table.remark("By callgrind, without the kernel. Code of Rust's library is that of the layer whose function it became part of, where that can be told.");
    bench.show(&table);
    Ok(())
}

/// The instructions of one job, by layer: what it takes more to do twice as many. So the start does not count.
fn count(redis: &Redis, way: &str) -> anyhow::Result<HashMap<Layer, f64>> {
    let (once, twice) = (collect(redis, way, COUNTED)?, collect(redis, way, 2 * COUNTED)?);
    let of = |all: &HashMap<Layer, u64>, layer| all.get(&layer).copied().unwrap_or(0) as f64;
    Ok(LAYERS.map(|(layer, _)| (layer, (of(&twice, layer) - of(&once, layer)) / COUNTED as f64)).into())
}

fn collect(redis: &Redis, way: &str, jobs: u64) -> anyhow::Result<HashMap<Layer, u64>> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("profile");
    let mut command = Command::new("valgrind");
    command.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", file.display()));
    done(redis, command.arg(std::env::current_exe()?), way, jobs)?;
    let mut layers = HashMap::new();
    for cost in costs(&std::fs::read_to_string(file)?) {
        *layers.entry(Layer::of(&cost)).or_default() += cost.instructions;
    }
    Ok(layers)
}

/// Lets a process do so many jobs, and gives what it says.
fn done(redis: &Redis, command: &mut Command, way: &str, jobs: u64) -> anyhow::Result<String> {
    redis.clear();
    command.args(["member", "profiled", way, &redis.url(), &CALLERS.to_string(), &jobs.to_string()]);
    let output = command.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

impl Layer {
    /// By the file that the code is from; what is from Rust's library by the function.
    fn of(cost: &Cost<'_>) -> Self {
        let within = |words: &[&str], place: &str| words.iter().any(|word| place.contains(word));
        let (file, function) = (cost.file, cost.function);
        if within(&["malloc", "memmove", "memcmp", "memset"], file) || within(&["__rust_", "__rdl_"], function) {
            return Self::Memory;
        }
        let known = |place: &str, ours: &str| {
            // The benchmark has files of these names too.
            let (_, part) = place.split_once(ours)?;
            Some(match part {
                _ if part.starts_with("record") => Self::Record,
                _ if part.starts_with("store") => Self::Store,
                _ if within(&["engine", "keeper", "register", "callers", "health"], part) => Self::Keeper,
                _ => Self::Call,
            })
        };
        if let Some(layer) = known(file, "lockwork-runtime/src/") {
            return layer;
        }
        if within(&["/redis-", "/combine-"], file) {
            Self::Commands
        } else if within(&["/tokio-", "/futures-", "/mio-", "/bytes-"], file) {
            Self::Runtime
        } else if within(&["/serde", "/itoa"], file) {
            Self::Record
        } else if let Some(layer) = known(function, "lockwork_runtime::") {
            layer
        } else if within(&["redis::", "combine::"], function) {
            Self::Commands
        } else if within(&["tokio", "futures_", "mio::", "bytes::"], function) {
            Self::Runtime
        } else {
            Self::Rest
        }
    }
}
