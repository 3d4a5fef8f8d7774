//! Any bytes as a record.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockwork_runtime::__fuzz::record(data));
