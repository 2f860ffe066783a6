//! An origin may answer with any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use standin_kernel::http::read_response;

fuzz_target!(|bytes: &[u8]| {
    for to_head in [false, true] {
        if let Ok(Some(read)) = read_response(bytes, to_head) {
            assert!(read.length <= bytes.len());
            assert!((100..=999).contains(&read.head.status));
        }
    }
});
