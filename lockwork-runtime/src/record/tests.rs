//! Tables of transitions, and properties.
