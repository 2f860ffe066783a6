//! Any packet is read: as many messages as it has lines at most, and each of them once.

#![no_main]

use libfuzzer_sys::fuzz_target;
use standin_agent::dogstatsd;

fuzz_target!(|packet: &[u8]| {
    let lines = packet.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
    assert!(dogstatsd::read(packet).count() <= lines);
    // A line by itself says the same as among others.
    for (line, message) in packet
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty() && *line != b"\r")
        .zip(dogstatsd::read(packet))
    {
        assert_eq!(dogstatsd::read(line).next(), Some(message));
    }
});
