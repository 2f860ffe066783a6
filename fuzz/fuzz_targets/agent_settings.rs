//! Whatever the environment of the agent says is read or refused by name.

#![no_main]

use libfuzzer_sys::fuzz_target;
use standin_agent::Settings;

const NAMES: [&str; 8] = [
    "STANDIN_AGENT_CONTROL",
    "STANDIN_INTAKE_URL",
    "STANDIN_TASK_CONTAINERS",
    "DD_DD_URL",
    "DD_ADDITIONAL_ENDPOINTS",
    "DD_APM_REPLACE_TAGS",
    "DD_METRIC_FILTERLIST",
    "DD_HISTOGRAM_PERCENTILES",
];

fuzz_target!(|values: Vec<String>| {
    let variables: Vec<(String, String)> =
        NAMES.iter().map(ToString::to_string).zip(values).collect();
    if let Err(wrong) = Settings::read(&variables) {
        assert!(!wrong.name.is_empty());
    }
});
