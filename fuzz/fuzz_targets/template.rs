//! Whatever stands in a template, it ends in a plan or in errors with their places.

#![no_main]

use libfuzzer_sys::fuzz_target;
use standin_cloudformation::check_template;

fuzz_target!(|text: &str| {
    let types = standin_engine::resource_types();
    for given in [None, Some(&[] as &[(String, String)])] {
        let report = check_template("t.yaml", text, &types, given);
        for error in report.errors {
            assert!(!error.to_string().is_empty());
        }
    }
});
