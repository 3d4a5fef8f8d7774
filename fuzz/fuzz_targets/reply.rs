//! Any bytes as a Redis server's answer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockwork_runtime::__fuzz::reply(data));
