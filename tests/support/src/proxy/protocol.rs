//! Where the items of the Redis protocol end, in bytes that come piece by piece. Knows little of what they say.

/// What stands for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A reply with the attributes before it, or a command.
    Answer,
    /// What a server says unasked.
    Push,
}

/// Reads bytes, and keeps hardly any of them. What is not of the protocol it takes for an answer at each end of a line.
#[derive(Debug, Default)]
pub(super) struct Reader {
    open: Option<Open>,
    /// The first string of the item that was begun last: of a command, its name.
    name: Vec<u8>,
}

/// An item that was begun.
#[derive(Debug)]
struct Open {
    item: Item,
    /// How many parts are still to come, this one included.
    missing: u64,
    /// How many strings were begun.
    strings: u64,
    part: Part,
}

#[derive(Debug)]
enum Part {
    /// A line, without its end.
    Line(Vec<u8>),
    /// A string, of which so many bytes are left, its end of line included.
    String { left: u64 },
}

/// How much is kept of a line, and of a command's name.
const LONGEST: usize = 32;

/// How many bytes the end of a line has.
const END_OF_LINE: u64 = 2;

impl Reader {
    /// What begins with this byte, if something begins with it.
    pub(super) fn begins(&self, byte: u8) -> Option<Item> {
        self.open.is_none().then_some(if byte == b'>' { Item::Push } else { Item::Answer })
    }

    /// Reads on, up to the end of an item. Gives how many bytes it took, and what ended with them.
    pub(super) fn read(&mut self, bytes: &[u8]) -> (usize, Option<Item>) {
        for (taken, byte) in (1..).zip(bytes) {
            if let Some(item) = self.begins(*byte) {
                self.open = Some(Open { item, missing: 1, strings: 0, part: Part::Line(Vec::new()) });
                self.name.clear();
            }
            if let Some(open) = &mut self.open
                && let Some(named) = open.take(*byte)
                && self.name.len() < LONGEST
            {
                self.name.push(named);
            }
            if let Some(Open { missing: 0, item, .. }) = self.open {
                self.open = None;
                return (taken, Some(item));
            }
        }
        (bytes.len(), None)
    }

    /// The name of the command that has ended, unless it is very long.
    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }
}

impl Open {
    /// Takes a byte. Gives it back if it belongs to the first string.
    fn take(&mut self, byte: u8) -> Option<u8> {
        match &mut self.part {
            Part::Line(line) if byte == b'\n' => {
                let line = std::mem::take(line);
                self.end_line(&line);
                None
            }
            Part::Line(line) => {
                if line.len() < LONGEST {
                    line.push(byte);
                }
                None
            }
            Part::String { left } => {
                *left -= 1;
                let is_inside = *left >= END_OF_LINE;
                if *left == 0 {
                    self.missing -= 1;
                    self.part = Part::Line(Vec::new());
                }
                (is_inside && self.strings == 1).then_some(byte)
            }
        }
    }

    fn end_line(&mut self, line: &[u8]) {
        let (kind, rest) = line.split_first().map_or((b'+', line), |(kind, rest)| (*kind, rest));
        // Null strings and null lists have a negative length, and nothing follows.
        let number = || std::str::from_utf8(rest).ok().and_then(|digits| digits.trim_end().parse::<u64>().ok());
        if let (b'$' | b'!' | b'=', Some(length)) = (kind, number()) {
            self.strings += 1;
            self.part = Part::String { left: length + END_OF_LINE };
            return;
        }
        self.missing += match (kind, number()) {
            (b'*' | b'~' | b'>', Some(parts)) => parts,
            (b'%' | b'|', Some(pairs)) => 2 * pairs,
            _ => 0,
        };
        // An attribute stands before a part, and is none itself.
        if kind != b'|' {
            self.missing -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where items end in `bytes`, and what they are, with the bytes in pieces of this length.
    fn ends(bytes: &[u8], piece: usize) -> Vec<(usize, Item)> {
        let (mut reader, mut ends, mut done) = (Reader::default(), Vec::new(), 0);
        for mut rest in bytes.chunks(piece) {
            while !rest.is_empty() {
                let (taken, ended) = reader.read(rest);
                done += taken;
                ends.extend(ended.map(|item| (done, item)));
                rest = &rest[taken..];
            }
        }
        ends
    }

    #[test]
    fn items_end_where_they_end() {
        let items: [(&[u8], Item); 18] = [
            (b"+OK\r\n", Item::Answer),
            (b"-ERR so it is\r\n", Item::Answer),
            (b":42\r\n", Item::Answer),
            (b"$5\r\na\r\nbc\r\n", Item::Answer),
            (b"$0\r\n\r\n", Item::Answer),
            (b"$-1\r\n", Item::Answer),
            (b"*-1\r\n", Item::Answer),
            (b"*0\r\n", Item::Answer),
            (b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", Item::Answer),
            (b"*2\r\n*1\r\n:1\r\n*2\r\n+a\r\n$1\r\nb\r\n", Item::Answer),
            (b"%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n_\r\n", Item::Answer),
            (b"~1\r\n#t\r\n", Item::Answer),
            (b",1.5\r\n", Item::Answer),
            (b"(12345678901234567890123456789012345678901234567890\r\n", Item::Answer),
            (b"=7\r\ntxt:abc\r\n", Item::Answer),
            (b"|1\r\n+ttl\r\n:5\r\n*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n", Item::Answer),
            (b">3\r\n$7\r\nmessage\r\n$1\r\nk\r\n$0\r\n\r\n", Item::Push),
            (b">0\r\n", Item::Push),
        ];
        let all: Vec<u8> = items.iter().flat_map(|(bytes, _)| bytes.iter().copied()).collect();
        let mut at = 0;
        let expected: Vec<_> = items
            .iter()
            .map(|(bytes, item)| {
                at += bytes.len();
                (at, *item)
            })
            .collect();
        for piece in [1, 2, 3, 7, all.len()] {
            assert_eq!(ends(&all, piece), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn a_command_has_a_name() {
        let mut reader = Reader::default();
        for (command, name) in [("*1\r\n$4\r\nPING\r\n", "PING"), ("*2\r\n$3\r\nget\r\n$4\r\nPING\r\n", "get")] {
            assert_eq!(reader.read(command.as_bytes()), (command.len(), Some(Item::Answer)));
            assert_eq!(reader.name(), name.as_bytes());
        }
    }

    #[test]
    fn what_is_no_protocol_is_an_answer_a_line() {
        assert_eq!(ends(b"hello\n\nworld", 4), [(6, Item::Answer), (7, Item::Answer)]);
    }
}
