//! What others may hand to lockwork, as any bytes. The tests hand it over for a moment, the crate `fuzz` at the root
//! for as long as you like.

pub(crate) mod key;
pub(crate) mod record;
pub(crate) mod url;

#[cfg(test)]
pub(crate) use short::run;

/// That a text for people has words, and nothing that a terminal could take amiss.
pub(crate) fn assert_readable(text: &str) {
    assert!(!text.is_empty() && !text.contains(char::is_control), "{text:?}");
}

#[cfg(test)]
mod short {
    use std::fmt;
    use std::path::Path;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use proptest::test_runner::{RngSeed, TestRunner};

    /// How many inputs a short run has.
    const SHORT: u32 = 3000;

    /// The seed of a short run.
    const SEED: u64 = 1;

    /// Shown as it would be written.
    #[derive(Clone)]
    struct Input(Vec<u8>);

    impl fmt::Debug for Input {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "b\"{}\"", self.0.escape_ascii())
        }
    }

    /// One place of an input that is spoilt.
    #[derive(Clone, Debug)]
    enum Spoil {
        Set(u8),
        Insert(Vec<u8>),
        Remove(Index),
        /// A part of another seed comes in.
        Splice(Vec<u8>, Index, Index),
    }

    impl Spoil {
        fn apply(self, place: Index, bytes: &mut Vec<u8>) {
            let from = place.index(bytes.len() + 1);
            match self {
                Self::Set(byte) => bytes.get_mut(from).into_iter().for_each(|place| *place = byte),
                Self::Insert(more) => drop(bytes.splice(from..from, more)),
                Self::Remove(length) => drop(bytes.drain(from..from + length.index(bytes.len() - from + 1))),
                Self::Splice(other, start, end) => {
                    let end = end.index(other.len() + 1);
                    let start = start.index(end + 1);
                    drop(bytes.splice(from..from, other[start..end].iter().copied()));
                }
            }
        }
    }

    /// Calls `target` with the seeds of its name, with seeds that were spoilt, and with bytes without meaning.
    ///
    /// `PROPTEST_CASES` makes it more of them, `PROPTEST_RNG_SEED` others.
    pub(crate) fn run(name: &str, target: fn(&[u8])) {
        let seeds = seeds(name);
        for seed in &seeds {
            target(seed);
        }
        let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
        config.cases = config.cases.max(SHORT);
        if matches!(config.rng_seed, RngSeed::Random) {
            config.rng_seed = RngSeed::Fixed(SEED);
        }
        let tested = TestRunner::new(config).run(&any_input(seeds), |Input(bytes)| {
            target(&bytes);
            Ok(())
        });
        tested.unwrap_or_else(|failure| panic!("{failure}"));
    }

    /// The files that the fuzzer begins with.
    fn seeds(name: &str) -> Vec<Vec<u8>> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(name);
        let files = std::fs::read_dir(&directory).expect("there are seeds of this name");
        let mut paths: Vec<_> = files.map(|file| file.expect("it can be listed").path()).collect();
        paths.sort();
        paths.iter().map(|path| std::fs::read(path).expect("it can be read")).collect()
    }

    fn any_input(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Input> {
        let spoil = prop_oneof![
            any::<u8>().prop_map(Spoil::Set),
            "[ -~]{1,3}".prop_map(|text| Spoil::Insert(text.into_bytes())),
            vec(any::<u8>(), 1..8).prop_map(Spoil::Insert),
            any::<Index>().prop_map(Spoil::Remove),
            (select(seeds.clone()), any::<(Index, Index)>())
                .prop_map(|(other, (start, end))| Spoil::Splice(other, start, end)),
        ];
        let spoilt = (select(seeds), vec((any::<Index>(), spoil), 1..6)).prop_map(|(mut bytes, spoils)| {
            for (place, spoil) in spoils {
                spoil.apply(place, &mut bytes);
            }
            Input(bytes)
        });
        prop_oneof![9 => spoilt, 1 => vec(any::<u8>(), 0..64).prop_map(Input)]
    }
}
