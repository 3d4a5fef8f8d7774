//! Thousands of calls at once, when processes have just started.

use anyhow::ensure;

use crate::bench::Bench;
use crate::callers::{Caller, Lock};
use crate::clock;
use crate::redis_server::Redis;
use crate::rounds::{Contestant, Metric, Sample, WARM_UP, take_turns};
use crate::spread::shown;
use crate::sqlite_file::SqliteFile;
use crate::stores::ON_SQLITE;
use crate::table::Table;

/// How many calls are made, by all processes together; in a quick run fewer.
const CALLS: usize = 10_000;
const FEW: usize = 2000;

/// How many calls of one key those make who take turns at a lock for it.
const TURNS: usize = 1000;

const TOOK: Metric = Metric("all answered after, ms");
const ERRORS: Metric = Metric("errors");
const COMMANDS: Metric = Metric("commands");

/// Where the calls go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Store {
    Redis,
    Sqlite,
    Memory,
}

/// What is called.
#[derive(Clone, Copy, Debug)]
enum Keys {
    /// The same by all.
    One,
    /// Another one by each call.
    Each,
}

/// Who calls what.
#[derive(Clone, Copy, Debug)]
struct Storm {
    lock: Lock,
    store: Store,
    processes: usize,
    /// By all processes together.
    calls: usize,
    keys: Keys,
}

/// Thousands of calls at once.
pub(crate) fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let redis = Redis::start(bench.cores)?;
    let calls = bench.pick(CALLS, FEW);
    let mut storms = Vec::new();
    for (store, processes) in
        [(Store::Redis, 1), (Store::Redis, 8), (Store::Sqlite, 1), (Store::Sqlite, 8), (Store::Memory, 1)]
    {
        storms.extend([Keys::One, Keys::Each].map(|keys| Storm {
            lock: Lock::Lockwork,
            store,
            processes,
            calls,
            keys,
        }));
    }
    for lock in Lock::present().filter(|lock| matches!(lock, Lock::Rslock | Lock::Redlock)) {
        let peers = [(Keys::One, TURNS), (Keys::Each, calls)];
        storms.extend(peers.map(|(keys, calls)| Storm { lock, store: Store::Redis, processes: 1, calls, keys }));
    }
    let contestant = |storm: &Storm| {
        let (storm, redis) = (*storm, &redis);
        Contestant::new(storm.name(), move |round| {
            // Nothing is to be warm: the processes have just started.
            if round == WARM_UP { Ok(Sample::default()) } else { storm.blow(redis) }
        })
    };
    let series = take_turns(bench.pick(5, 1), storms.iter().map(contestant).collect())?;
    let mut table = Table::new("Many calls at once, when processes have just started");
    table.head(["", TOOK.0, "from – to", ERRORS.0, COMMANDS.0]);
    for storm in &storms {
        let figures = |metric| series.figures(&storm.name(), metric);
        if let (Some(took), Some(errors)) = (figures(TOOK), figures(ERRORS)) {
            let apart = format!("{} – {}", shown(took.low), shown(took.high));
            let commands = figures(COMMANDS).map_or_else(|| "–".to_owned(), |commands| shown(commands.median));
            table.row(vec![storm.name(), shown(took.median), apart, shown(errors.high), commands]);
        }
    }
    table.remark(
        "Errors are the most of any round. Commands are those that a script calls too. Calls of the peers are their \
         once: acquire, look whether it is done, note that it is, release.",
    );
    bench.show(&table);
    Ok(())
}

impl Storm {
    fn name(self) -> String {
        let processes = match self.processes {
            1 => "1 process".to_owned(),
            more => format!("{more} processes"),
        };
        let keys = match self.keys {
            Keys::One => "1 key".to_owned(),
            Keys::Each => format!("{} keys", self.calls),
        };
        let who = match self.store {
            Store::Redis => self.lock.name(),
            Store::Sqlite => ON_SQLITE,
            Store::Memory => "lockwork in memory",
        };
        format!("{who}: {} calls of {keys}, {processes}", self.calls)
    }

    /// Makes all calls, and waits for their answers.
    fn blow(self, redis: &Redis) -> anyhow::Result<Sample> {
        let file = SqliteFile::make()?;
        let url = match self.store {
            Store::Redis => redis.url(),
            Store::Sqlite => file.url(),
            Store::Memory => "memory:".to_owned(),
        };
        redis.clear();
        let mut callers = Caller::start_all(self.lock, &url, self.lock.lease(), self.processes)?;
        redis.server().reset_calls();
        let began = clock::micros();
        for (number, caller) in callers.iter_mut().enumerate() {
            let calls = self.calls / self.processes;
            match self.keys {
                Keys::One => caller.crowd(calls, 1, "storm"),
                Keys::Each => caller.crowd(calls, calls, &format!("storm-{number}")),
            }
        }
        let (mut answered, mut errors, mut last) = (0, 0, began);
        for caller in &callers {
            let crowd = caller.crowd_answered()?;
            if crowd.errors > 0 {
                eprintln!("  {}: {} errors, such as: {}", self.name(), crowd.errors, crowd.complaint);
            }
            (answered, errors, last) = (answered + crowd.answered, errors + crowd.errors, last.max(crowd.last));
        }
        let calls = self.calls;
        ensure!(answered + errors == calls as u64, "{answered} and {errors} calls of {calls} were answered");
        let sample = Sample::default().with(TOOK, (last - began) as f64 / 1e3).with(ERRORS, errors as f64);
        if self.store != Store::Redis {
            return Ok(sample);
        }
        let commands: u64 = redis.server().calls().iter().map(|(_, count)| count).sum();
        Ok(sample.with(COMMANDS, commands as f64))
    }
}
