//! The seats of those who watch a key, by which a few of them can be told. Knows no connection.

use crate::random;

/// How many seats there are. It stands in the script too.
pub(super) const SEATS: u8 = 64;

/// What stands between a key and the number of a seat. No key has a control character. It stands in the script too.
const MARK: char = '\x1f';

/// Where a connection sits, whatever it watches. Many may have the same seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat(u8);

impl Seat {
    /// Any of them.
    pub(super) fn draw() -> Self {
        Self(random::below(SEATS))
    }

    pub(super) fn number(self) -> u8 {
        self.0
    }

    /// The channel by which those on this seat who watch `key` are told.
    pub(super) fn channel(self, key: &str) -> String {
        format!("{key}{MARK}{}", self.0)
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
        let drawn: HashSet<_> = (0..10_000).map(|_| Seat::draw().channel(name)).collect();
        let seats: HashSet<_> = (0..SEATS).map(|number| Seat(number).channel(name)).collect();
        assert_eq!((drawn.len(), drawn), (usize::from(SEATS), seats));
        assert!((0..SEATS).all(|number| key(&Seat(number).channel(name)) == name) && key(name) == name);
    }
}
