//! Any text as a URL, and as a password in one.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockwork_runtime::__fuzz::url(data));
