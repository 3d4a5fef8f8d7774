//! The attribute of lockwork.
