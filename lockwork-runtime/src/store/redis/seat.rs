//! The seats of those who watch a key, by which a few of them can be told. Knows no connection.

use std::fmt;

use crate::random;

/// How many seats there are in each database. It stands in the script too.
const SEATS: u8 = 64;

/// What stands between a key and a seat. No key has a control character. It stands in the script too.
const MARK: char = '\x1f';

/// Where a connection sits, whatever it watches. Many may have the same seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    /// All databases of a server have the same channels, but who waits in one is not to be told in place of another.
    database: i64,
    number: u8,
}

impl Seat {
    /// Any seat of a database.
    pub(super) fn draw(database: i64) -> Self {
        Self { database, number: random::below(SEATS) }
    }

    /// Any seat of the same database.
    pub(super) fn another(self) -> Self {
        Self::draw(self.database)
    }

    /// The channel by which those on this seat who watch `key` are told.
    pub(super) fn channel(self, key: &str) -> String {
        format!("{key}{MARK}{self}")
    }
}

/// As the script has it.
impl fmt::Display for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.database, self.number)
    }
}

/// Whose channel it is, be it that of a seat or that of all.
pub(super) fn key(channel: &str) -> &str {
    channel.split_once(MARK).map_or(channel, |(key, _)| key)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_seat_is_drawn_and_its_channel_is_its_own_and_the_keys() {
        let name = "lockwork:a 7";
        let first = Seat { database: 3, number: 0 };
        let drawn: HashSet<_> = (0..10_000).map(|_| first.another().channel(name)).collect();
        let seats: HashSet<_> = (0..64).map(|number| format!("{name}\x1f3/{number}")).collect();
        assert!(seats.iter().all(|channel| key(channel) == name) && key(name) == name);
        assert_eq!(drawn, seats);
    }
}
