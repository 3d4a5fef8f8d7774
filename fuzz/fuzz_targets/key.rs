//! Any text as namespaces and keys.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockwork_runtime::__fuzz::key(data));
