//! Processes whose clocks are wrong, by libfaketime. Knows not what the processes do.

use std::process::Command;

use anyhow::{Context, ensure};

/// The library that a process has to load for a wrong clock.
pub(crate) struct WrongClocks {
    library: String,
}

/// A clock, as it is said to the library, and how many seconds it is before the right one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WrongClock {
    pub(crate) name: &'static str,
    said: &'static str,
    ahead: i64,
}

pub(crate) const CLOCKS: [WrongClock; 3] = [
    WrongClock { name: "an hour late", said: "-1h", ahead: -3600 },
    WrongClock { name: "right", said: "+0", ahead: 0 },
    WrongClock { name: "an hour early", said: "+1h", ahead: 3600 },
];

/// What a process may take to say what its clock says, in seconds.
const TOLERANCE: u64 = 600;

impl WrongClocks {
    /// # Errors
    ///
    /// If the library is not there.
    pub(crate) fn find() -> anyhow::Result<Self> {
        const CURE: &str = "`faketime` is missing: install it, on Debian by `apt-get install faketime`";
        // Its own process stands between us and the one that it starts, so it is asked only for what it loads.
        let asked = Command::new("faketime").args(["-f", "+0", "printenv", "LD_PRELOAD"]).output().context(CURE)?;
        let library = String::from_utf8(asked.stdout)?.trim().to_owned();
        ensure!(asked.status.success() && !library.is_empty(), "`faketime` does not say which library it loads");
        Ok(Self { library })
    }

    /// Has a process's clock be wrong.
    pub(crate) fn set(&self, clock: WrongClock, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("FAKETIME", clock.said);
    }
}

impl WrongClock {
    /// # Errors
    ///
    /// If a process that has this clock said so many microseconds since 1970 while it was `now`, and could not have.
    pub(crate) fn check(self, said: u64, now: u64) -> anyhow::Result<()> {
        let expected = (now / 1_000_000).saturating_add_signed(self.ahead);
        let is_so = (said / 1_000_000).abs_diff(expected) < TOLERANCE;
        ensure!(is_so, "a clock was to be {}, and said {said} when it was {now}", self.name);
        Ok(())
    }
}
