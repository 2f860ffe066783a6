//! Tests of several modules together.

mod signature;
