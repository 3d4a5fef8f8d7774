//! Processes that call jobs, each by one lock, as those see them who give them orders. Knows no case.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use lockwork_fleet::member::Member;

use crate::{peers, processes};

/// By what jobs are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lock {
    Lockwork,
    Rslock,
    Redlock,
    RedisPy,
    PythonRedis,
}

impl Lock {
    pub(crate) const ALL: [Self; 5] = [Self::Lockwork, Self::Rslock, Self::Redlock, Self::RedisPy, Self::PythonRedis];

    /// Those that can be measured here.
    pub(crate) fn present() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|lock| lock.is_present())
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lockwork => "lockwork",
            Self::Rslock => "rslock",
            Self::Redlock => "npm redlock",
            Self::RedisPy => "redis-py",
            Self::PythonRedis => "python-redis-lock",
        }
    }

    /// The lease of its jobs: lockwork's default, as that is renewed. The peers' locks are not renewed in their least use, so
    /// they have one that outlasts what is measured.
    pub(crate) fn lease(self) -> Duration {
        match self {
            Self::Lockwork => Duration::from_secs(5),
            _ => Duration::from_secs(60),
        }
    }

    fn is_present(self) -> bool {
        match self {
            Self::Lockwork | Self::Rslock => true,
            Self::Redlock => peers::node().is_ok(),
            Self::RedisPy | Self::PythonRedis => peers::python().is_ok(),
        }
    }
}

/// A process that calls jobs.
pub(crate) struct Caller(Member);

/// What a call has come to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// The body ran here. When it began.
    Ran(u64),
    /// Somebody else has done the job. When that was known.
    Told(u64),
}

impl Caller {
    /// Starts one, and goes on while it connects.
    pub(crate) fn start(lock: Lock, url: &str, lease: Duration) -> anyhow::Result<Self> {
        let lease = lease.as_millis().to_string();
        let other = |start: &[std::path::PathBuf], args: &[&str]| {
            let words: Vec<&str> =
                start[1..].iter().filter_map(|word| word.to_str()).chain(args.iter().copied()).collect();
            Member::start(Path::new(&start[0]), &words, None)
        };
        Ok(Self(match lock {
            Lock::Lockwork => processes::member(&["lockwork", url, &lease])?,
            Lock::Rslock => processes::member(&["rslock", url, &lease])?,
            Lock::Redlock => other(peers::node()?, &[url, &lease]),
            Lock::RedisPy => other(peers::python()?, &["redis-py", url, &lease]),
            Lock::PythonRedis => other(peers::python()?, &["python-redis-lock", url, &lease]),
        }))
    }

    /// Starts so many, and waits until all are connected.
    pub(crate) fn start_all(lock: Lock, url: &str, lease: Duration, count: usize) -> anyhow::Result<Vec<Self>> {
        let all = (0..count).map(|_| Self::start(lock, url, lease)).collect::<anyhow::Result<Vec<_>>>()?;
        all.iter().for_each(Self::is_ready);
        Ok(all)
    }

    /// Waits until it is connected.
    pub(crate) fn is_ready(&self) {
        self.0.hears("ready");
    }

    /// Lets it hold the job. Gives the moment when its body began.
    pub(crate) fn hold(&mut self, key: &str) -> anyhow::Result<u64> {
        self.0.order(&format!("hold {key}"));
        self.0.hears("called");
        self.moment("begun ")
    }

    /// Ends the body that it holds well. Gives the moment.
    pub(crate) fn finish(&mut self) -> anyhow::Result<u64> {
        self.0.order("finish");
        self.moment("finished ")
    }

    /// Ends the body that it holds by an error. Gives the moment.
    pub(crate) fn fail(&mut self) -> anyhow::Result<u64> {
        self.0.order("fail");
        self.moment("failed ")
    }

    /// Lets it call the job, and goes on while it waits.
    pub(crate) fn call(&mut self, key: &str) {
        self.0.order(&format!("call {key}"));
        self.0.hears("called");
    }

    /// What its call has come to.
    pub(crate) fn answer(&self) -> anyhow::Result<Answer> {
        let line = self.0.hears("");
        let (what, moment) = line.split_once(' ').with_context(|| format!("{line:?} is no answer"))?;
        match what {
            "begun" => {
                self.0.hears("finished ");
                Ok(Answer::Ran(moment.parse()?))
            }
            "told" => Ok(Answer::Told(moment.parse()?)),
            _ => bail!("{line:?} is no answer to a call"),
        }
    }

    /// Lets it make so many calls of so many jobs at once, and goes on.
    pub(crate) fn crowd(&mut self, calls: usize, keys: usize, prefix: &str) {
        self.0.order(&format!("crowd {calls} {keys} {prefix}"));
        self.0.hears("called");
    }

    /// How its calls were answered.
    pub(crate) fn crowd_answered(&self) -> anyhow::Result<Crowd> {
        let line = self.0.hears("answered ");
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        let [answered, errors, last, ref complaint @ ..] = words[..] else { bail!("{line:?} has not three numbers") };
        let complaint = complaint.concat();
        Ok(Crowd { answered: answered.parse()?, errors: errors.parse()?, last: last.parse()?, complaint })
    }

    /// Gives it another order, and gives what it answers behind this word.
    pub(crate) fn ask(&mut self, order: &str, word: &str) -> String {
        self.0.order(order);
        self.0.hears(word)
    }

    /// Kills it.
    pub(crate) fn kill(self) {
        self.0.kill();
    }

    /// The processor time that it has had.
    pub(crate) fn processor_time(&self) -> Duration {
        processes::processor_time(self.0.id())
    }

    /// The memory that it has, in bytes.
    pub(crate) fn memory(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the kernel says it")?;
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kibibytes * 1024)
    }

    fn moment(&self, word: &str) -> anyhow::Result<u64> {
        let said = self.0.hears(word);
        said.parse().with_context(|| format!("{said:?} is no moment"))
    }
}

/// How the calls of a crowd were answered.
#[derive(Clone, Debug)]
pub(crate) struct Crowd {
    pub(crate) answered: u64,
    pub(crate) errors: u64,
    /// The moment when all were known to be answered.
    pub(crate) last: u64,
    /// What one of the errors says, if there are any.
    pub(crate) complaint: String,
}
