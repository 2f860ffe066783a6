//! Whatever stands in a drill's file, it ends in a story or in an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use standin_cloudformation::template::read_value;
use standin_sim::Drill;

fuzz_target!(|text: &str| {
    if let Ok(value) = read_value("d.yaml", text) {
        let _ = Drill::from_value(value);
    }
});
