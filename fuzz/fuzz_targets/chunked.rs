//! A chunked body gives the same bytes however it is cut into pieces.

#![no_main]

use libfuzzer_sys::fuzz_target;
use standin_kernel::http::Chunked;

fuzz_target!(|input: (u8, &[u8])| {
    let (cut, bytes) = (usize::from(input.0).max(1), input.1);
    let mut whole = Vec::new();
    let mut decoder = Chunked::default();
    let in_one = decoder.decode(bytes, &mut whole);
    let mut pieces = Vec::new();
    let mut decoder = Chunked::default();
    let (mut start, mut end) = (0, 0);
    while end < bytes.len() {
        end = (end + cut).min(bytes.len());
        match decoder.decode(&bytes[start..end], &mut pieces) {
            Ok(count) => start += count,
            Err(_) => {
                assert!(in_one.is_err());
                return;
            }
        }
        if decoder.is_done() {
            break;
        }
    }
    if in_one.is_ok() {
        assert_eq!(pieces, whole);
    }
});
