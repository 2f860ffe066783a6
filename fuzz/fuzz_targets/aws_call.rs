//! A call on the API port may carry any bytes, whatever the protocol.

#![no_main]

use libfuzzer_sys::fuzz_target;
use standin_kernel::http::read_request;
use standin_wire::model::ENTRIES;
use standin_wire::{aws_json, chunks, detect, form, rest};

fuzz_target!(|bytes: &[u8]| {
    let Ok(Some(read)) = read_request(bytes) else { return };
    let body = &bytes[read.length..];
    let _ = chunks::decode(body);
    let _ = aws_json::input(body);
    let found = detect::service(&read.head, body);
    for entry in found.into_iter().chain(&ENTRIES) {
        let model = entry.model();
        let fields = form::pairs(&String::from_utf8_lossy(body));
        for operation in model.operations.values() {
            let _ = form::input(model, operation.input.as_deref(), &fields);
        }
        if let Some(route) = rest::route(model, &read.head) {
            let _ = rest::input(model, &route, &read.head, Some(body));
        }
    }
});
