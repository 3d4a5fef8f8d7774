//! Every kind of function that the attribute takes, compiled and run: it fails once, then succeeds.

mod free;
