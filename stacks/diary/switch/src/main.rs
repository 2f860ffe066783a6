//! The switch.

fn main() {}
