//! What becomes of a job as records grow in number and in size.

use std::ops::Range;
use std::time::Duration;

use lockwork_test_support::Reply;
use rusqlite::{Connection, params};
use tokio::runtime::Runtime;

use crate::bench::Bench;
use crate::contest::{Entry, Server, compare};
use crate::load::{self, Flavour, Keys, Load, Way, key};
use crate::redis_server::Redis;
use crate::rounds::{CLIENT, Contestant, P50, P99, RATE, SERVER, Sample, Series, take_turns};
use crate::spread::{Spread, shown};
use crate::sqlite_file::SqliteFile;
use crate::table::Table;
use crate::target::{self, Target};
use crate::ways::lockwork::NAMESPACE;
use crate::ways::{limits, lockwork};

/// Values of so many bytes, as text; the largest is the largest that is kept.
const VALUES: [usize; 5] = [0, 100, 10_000, 100_000, (1 << 20) - 2];

const PAIR: &str = "SET NX PX + SET";
const OURS: &str = "lockwork";

/// Where there are so many records.
trait Store {
    /// Adds the records of these numbers; they are like that of number zero.
    fn fill(&self, numbers: Range<u64>) -> anyhow::Result<()>;

    /// Removes records.
    fn remove(&self, keys: &[String]) -> anyhow::Result<()>;

    fn processor_time(&self) -> Duration;
}

/// A store with so many records, and lockwork on it.
struct Full<S> {
    store: S,
    records: u64,
    way: Way,
}

/// Records in Redis.
pub(crate) fn redis(bench: &mut Bench) -> anyhow::Result<()> {
    let runtime = Flavour::CurrentThread.runtime()?;
    let stores = records(bench).map(|records| {
        let redis = Redis::start(bench.cores)?;
        let url = redis.url();
        Full::new(redis, &url, records, &runtime)
    });
    let stores: Vec<_> = stores.collect::<Result<_, _>>()?;
    measure(bench, "Redis", &runtime, &stores, [target::GROWTH_REDIS, target::GROWTH_REDIS_DONE])
}

/// Records in SQLite files.
pub(crate) fn sqlite(bench: &mut Bench) -> anyhow::Result<()> {
    let runtime = Flavour::CurrentThread.runtime()?;
    let stores = records(bench).map(|records| {
        let file = SqliteFile::make()?;
        let url = file.url();
        Full::new(file, &url, records, &runtime)
    });
    let stores: Vec<_> = stores.collect::<Result<_, _>>()?;
    measure(bench, "SQLite", &runtime, &stores, [target::GROWTH_SQLITE, target::GROWTH_SQLITE_DONE])
}

/// Values of all sizes.
pub(crate) fn values(bench: &mut Bench) -> anyhow::Result<()> {
    let runtime = Flavour::CurrentThread.runtime()?;
    let redis = Redis::start(bench.cores)?;
    let (connection, worker) =
        runtime.block_on(async { anyhow::Ok((redis.connection().await?, lockwork::worker(&redis.url()).await?)) })?;
    let load = Load { callers: 1, keys: Keys::Fresh, span: bench.span() };
    let mut table = Table::new("A job on Redis, one caller, by the size of its value");
    table.head(["bytes", "p50, µs: ratio to SET NX PX + SET", "from – to", "SET NX PX + SET, µs", "lockwork, µs"]);
    for bytes in VALUES {
        let value = "v".repeat(bytes);
        let ways = [(PAIR, limits::pair_of(&connection, &value)), (OURS, lockwork::run_of(&worker, &value))];
        let entries = ways.map(|(name, way)| Entry { name, way, server: &redis });
        let series = compare(bench, &runtime, load, &entries)?;
        let figure = |spread: Option<Spread>| spread.map_or(f64::NAN, |spread| spread.median);
        let ratio = series.ratios(OURS, PAIR, P50);
        let apart = ratio.map_or_else(String::new, |ratio| format!("{:.2} – {:.2}", ratio.low, ratio.high));
        let times = [PAIR, OURS].map(|name| shown(figure(series.figures(name, P50))));
        table.row([vec![bytes.to_string(), format!("{:.2}", figure(ratio)), apart], times.to_vec()].concat());
    }
    bench.show(&table);
    Ok(())
}

/// How many records there are, the fewest first.
fn records(bench: &Bench) -> impl Iterator<Item = u64> + use<> {
    (2..=bench.pick(6, 4)).map(|power| 10_u64.pow(power))
}

impl<S: Store> Full<S> {
    fn new(store: S, url: &str, records: u64, runtime: &Runtime) -> anyhow::Result<Self> {
        let way = lockwork::run(&runtime.block_on(lockwork::worker(url))?);
        runtime.block_on(way(key(0)))?;
        store.fill(1..records)?;
        Ok(Self { store, records, way })
    }

    fn name(&self) -> String {
        format!("{} records", shown_whole(self.records))
    }

    /// Measures it, and removes the records that this left.
    fn measure(&self, runtime: &Runtime, load: Load) -> anyhow::Result<Sample> {
        let used = load::used();
        let sample = load.drive(runtime, &self.way, || self.store.processor_time())?;
        self.store.remove(&load::fresh_since(used).collect::<Vec<_>>())?;
        Ok(sample)
    }
}

fn measure<S: Store>(
    bench: &mut Bench,
    on: &str,
    runtime: &Runtime,
    stores: &[Full<S>],
    targets: [Target; 2],
) -> anyhow::Result<()> {
    let [fewest, .., most] = stores else { anyhow::bail!("one store has fewer records than another") };
    let series = |keys: Keys| -> anyhow::Result<Series> {
        let load = Load { callers: 1, keys, span: bench.span() };
        let contestants = stores.iter().map(|full| Contestant::new(full.name(), move |_| full.measure(runtime, load)));
        take_turns(bench.rounds(), contestants.collect())
    };
    // Those that are known are in all stores.
    let kinds = [("A job", series(Keys::Fresh)?), ("Already done", series(Keys::Known(fewest.records))?)];
    for ((what, series), target) in kinds.into_iter().zip(targets) {
        let title = format!("{what} on {on}, one caller, by the number of records");
        bench.show(&series.table(title, &fewest.name(), P50, &[P50, P99, RATE, CLIENT, SERVER]));
        bench.note_ratio(target, &series, &most.name(), &fewest.name(), P50);
    }
    Ok(())
}

fn shown_whole(number: u64) -> String {
    if number < 10_000 { number.to_string() } else { shown(number as f64) }
}

/// The name of a key's record.
fn name(key: &str) -> String {
    format!("{NAMESPACE}:{key}")
}

/// How many commands are sent in one go.
const CHUNK: usize = 10_000;

impl Store for Redis {
    fn fill(&self, numbers: Range<u64>) -> anyhow::Result<()> {
        let Reply::Bytes(Some(record)) = self.server().command(&["GET", &name(&key(0))]) else {
            anyhow::bail!("the first record is there")
        };
        let mut connection = self.client()?.get_connection()?;
        let numbers: Vec<u64> = numbers.collect();
        for chunk in numbers.chunks(CHUNK) {
            let mut pipeline = redis::pipe();
            for number in chunk {
                pipeline.set(name(&key(*number)), &record);
            }
            pipeline.exec(&mut connection)?;
        }
        Ok(())
    }

    fn remove(&self, keys: &[String]) -> anyhow::Result<()> {
        let mut connection = self.client()?.get_connection()?;
        for chunk in keys.chunks(CHUNK) {
            let names: Vec<String> = chunk.iter().map(|key| name(key)).collect();
            redis::cmd("DEL").arg(names).exec(&mut connection)?;
        }
        Ok(())
    }

    fn processor_time(&self) -> Duration {
        Server::processor_time(self)
    }
}

/// Changes the records of a file in one transaction, and leaves nothing of it in the log.
fn change(file: &SqliteFile, act: impl FnOnce(&Connection) -> rusqlite::Result<()>) -> anyhow::Result<()> {
    let mut connection = file.connection()?;
    let transaction = connection.transaction()?;
    act(&transaction)?;
    transaction.commit()?;
    file.write_log_back()
}

impl Store for SqliteFile {
    fn fill(&self, numbers: Range<u64>) -> anyhow::Result<()> {
        const COPY: &str = "INSERT INTO lockwork_records (key, record, until)
            SELECT ?1, record, until FROM lockwork_records WHERE key = ?2";
        let first = name(&key(0));
        change(self, |connection| {
            let mut copy = connection.prepare(COPY)?;
            numbers
                .into_iter()
                .try_for_each(|number| copy.execute(params![name(&key(number)).as_bytes(), first.as_bytes()]).map(drop))
        })
    }

    fn remove(&self, keys: &[String]) -> anyhow::Result<()> {
        change(self, |connection| {
            let mut remove = connection.prepare("DELETE FROM lockwork_records WHERE key = ?1")?;
            keys.iter().try_for_each(|key| remove.execute([name(key).as_bytes()]).map(drop))
        })
    }

    fn processor_time(&self) -> Duration {
        Duration::ZERO
    }
}
