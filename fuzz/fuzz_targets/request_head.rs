//! A viewer may send any bytes: the reader ends in a head, in an error or in a wish for more, and a
//! head that is written again reads back as itself.

#![no_main]

use libfuzzer_sys::fuzz_target;
use standin_kernel::http::{read_request, write_request};

fuzz_target!(|bytes: &[u8]| {
    let Ok(Some(read)) = read_request(bytes) else { return };
    assert!(read.length <= bytes.len());
    let mut written = Vec::new();
    write_request(&mut written, &read.head, read.framing);
    if let Ok(Some(again)) = read_request(&written) {
        assert_eq!(again.head.method, read.head.method);
        assert_eq!(again.head.target, read.head.target);
        assert_eq!(again.head.host(), read.head.host());
    }
});
