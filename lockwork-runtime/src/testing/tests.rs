//! The knobs do what they say.
