//! Tests of the data plane through its door.
