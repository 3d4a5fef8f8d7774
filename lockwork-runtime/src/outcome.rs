//! What a finished job gives its callers. Knows no store.

use std::cell::Cell;

use crate::bounds::Shared;
use crate::record::Value;

/// The value of a completed job, and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome<T> {
    /// What the body returned, as decoded from its record: the same for every caller in the fleet.
    pub value: T,
    /// Whether it was this very call whose body completed the job.
    pub ran_here: bool,
    /// The number of the attempt that completed the job.
    pub attempt: u32,
    /// `HOST/PID` of the process that completed the job.
    pub holder: String,
}

/// The largest value, in bytes of JSON.
const LARGEST_VALUE: usize = 1 << 20;

/// How much room for a value to be written is kept, in bytes.
const MOST_ROOM: usize = 4096;

thread_local! {
    /// Where this thread writes its next value first.
    static ROOM: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl Value {
    /// The value as it travels. What cannot travel, or would not come back, does not undo the job: it says why.
    pub(crate) fn encode<T: Shared>(value: &T) -> Self {
        // Not where the record keeps it, which has no more room than it needs.
        let mut json = ROOM.take();
        let written = serde_json::to_writer(&mut json, value).map_err(|error| error.to_string());
        let written = written.and_then(|()| str::from_utf8(&json).map_err(|error| error.to_string()));
        let encoded = match written {
            Ok(json) => Self::checked::<T>(json),
            Err(error) => Self::Unshared(format!("it cannot be written as JSON: {error}")),
        };
        json.clear();
        json.shrink_to(MOST_ROOM);
        ROOM.set(json);
        encoded
    }

    /// What can be read back, and is not too large.
    fn checked<T: Shared>(json: &str) -> Self {
        if LARGEST_VALUE < json.len() {
            return Self::Unshared(format!("it has {} bytes of JSON, {LARGEST_VALUE} are allowed", json.len()));
        }
        match serde_json::from_str::<T>(json) {
            Ok(_) => Self::Json(json.into()),
            Err(error) => Self::Unshared(format!("it cannot be read back from its JSON: {error}")),
        }
    }

    /// # Errors
    ///
    /// Why there is no value of this type.
    pub(crate) fn decode<T: Shared>(&self) -> Result<T, String> {
        match self {
            Self::Json(json) => serde_json::from_str(json).map_err(|error| {
                format!("its recorded value is not of this program's type ({error}); was it another version's?")
            }),
            Self::Unshared(why) => Err(why.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn there_and_back<T: Shared>(value: &T) -> Result<T, String> {
        Value::encode(value).decode()
    }

    #[test]
    fn unit_and_nothing_travel() {
        assert_eq!(there_and_back(&()), Ok(()));
        assert_eq!(there_and_back(&None::<u8>), Ok(None));
    }

    #[test]
    fn what_cannot_travel_says_why() {
        let tuple_keys = HashMap::from([((1, 2), 3)]);
        assert!(there_and_back(&tuple_keys).expect_err("JSON has no such keys").contains("written"));
        assert!(there_and_back(&f64::INFINITY).expect_err("JSON has no infinity").contains("read back"));
        let largest = "x".repeat(LARGEST_VALUE - 2);
        assert_eq!(there_and_back(&largest), Ok(largest.clone()));
        assert!(there_and_back(&format!("{largest}x")).expect_err("it is too large").contains("1048577 bytes"));
    }

    proptest! {
        #[test]
        fn floats_come_back_bit_for_bit(value in any::<f64>().prop_filter("JSON has only finite ones", |f| f.is_finite())) {
            prop_assert_eq!(there_and_back(&value).expect("it is finite").to_bits(), value.to_bits());
        }
    }
}
