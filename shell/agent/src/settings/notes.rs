//! Says which variables of the Agent have no effect here, and why.

/// Variables that are read; every other one that begins with `DD_` is told about.
const READ: &[&str] = &[
    "DD_ADDITIONAL_ENDPOINTS",
    "DD_API_KEY",
    "DD_APM_DD_URL",
    "DD_APM_ENABLED",
    "DD_APM_ERROR_TPS",
    "DD_APM_FILTER_TAGS_REJECT",
    "DD_APM_FILTER_TAGS_REQUIRE",
    "DD_APM_IGNORE_RESOURCES",
    "DD_APM_MAX_PAYLOAD_SIZE",
    "DD_APM_MAX_TPS",
    "DD_APM_PROBABILISTIC_SAMPLER_ENABLED",
    "DD_APM_PROBABILISTIC_SAMPLER_SAMPLING_PERCENTAGE",
    "DD_APM_RECEIVER_PORT",
    "DD_APM_RECEIVER_SOCKET",
    "DD_APM_REPLACE_TAGS",
    "DD_APM_TARGET_TPS",
    "DD_CMD_PORT",
    "DD_DD_URL",
    "DD_DOGSTATSD_BUFFER_SIZE",
    "DD_DOGSTATSD_EXPIRY_SECONDS",
    "DD_DOGSTATSD_FLUSH_INCOMPLETE_BUCKETS",
    "DD_DOGSTATSD_ORIGIN_DETECTION_CLIENT",
    "DD_DOGSTATSD_PORT",
    "DD_DOGSTATSD_SOCKET",
    "DD_DOGSTATSD_TAGS",
    "DD_DOGSTATSD_TAG_CARDINALITY",
    "DD_ENABLE_PAYLOADS_EVENTS",
    "DD_ENABLE_PAYLOADS_SERIES",
    "DD_ENABLE_PAYLOADS_SERVICE_CHECKS",
    "DD_ENABLE_PAYLOADS_SKETCHES",
    "DD_ENV",
    "DD_EXTRA_TAGS",
    "DD_FORWARDER_BACKOFF_BASE",
    "DD_FORWARDER_BACKOFF_FACTOR",
    "DD_FORWARDER_BACKOFF_MAX",
    "DD_FORWARDER_NUM_WORKERS",
    "DD_FORWARDER_OUTDATED_FILE_IN_DAYS",
    "DD_FORWARDER_RECOVERY_INTERVAL",
    "DD_FORWARDER_RETRY_QUEUE_PAYLOADS_MAX_SIZE",
    "DD_FORWARDER_STOP_TIMEOUT",
    "DD_FORWARDER_STORAGE_MAX_SIZE_IN_BYTES",
    "DD_FORWARDER_STORAGE_MAX_DISK_RATIO",
    "DD_FORWARDER_STORAGE_PATH",
    "DD_FORWARDER_TIMEOUT",
    "DD_HISTOGRAM_AGGREGATES",
    "DD_HISTOGRAM_PERCENTILES",
    "DD_HOSTNAME",
    "DD_METRIC_FILTERLIST",
    "DD_SERIALIZER_COMPRESSOR_KIND",
    "DD_SERVICE",
    "DD_SITE",
    "DD_STATSD_METRIC_BLOCKLIST",
    "DD_STATSD_METRIC_NAMESPACE",
    "DD_TAGS",
    "DD_URL",
    "DD_USE_DOGSTATSD",
    "DD_USE_V2_API_SERIES",
    "DD_VERSION",
];

/// What asks for nothing that the stand-in does not do anyway.
const AS_ASKED: &[&str] = &[
    "DD_AGENT_HOST",
    "DD_APM_NON_LOCAL_TRAFFIC",
    "DD_DOGSTATSD_NON_LOCAL_TRAFFIC",
    "DD_DOGSTATSD_URL",
    "DD_TRACE_AGENT_URL",
];

/// Variables that ask for what is not here, by how they begin.
const WITHOUT_EFFECT: &[(&str, &str)] = &[
    ("DD_PROXY_", "the stand-in sends to this machine and needs no proxy"),
    ("DD_SKIP_SSL_VALIDATION", "the stand-in speaks no TLS to an intake"),
    ("DD_MIN_TLS_VERSION", "the stand-in speaks no TLS to an intake"),
    ("DD_LOGS_", "the Agent reads no logs of other containers on Fargate either"),
    ("DD_PROCESS_", "processes are not looked at"),
    ("DD_REMOTE_CONFIGURATION_", "remote configuration is off"),
    ("DD_ECS_TASK_COLLECTION_ENABLED", "there is no task metadata endpoint to read"),
    ("DD_INSTALL_INFO_", "nobody is told how it was installed"),
    ("DD_DOGSTATSD_ORIGIN_DETECTION", "a socket's peer tells nothing of its container here"),
    ("DD_LOG_", "its log says the same at every level"),
    ("DD_RUNTIME_SECURITY_", "workload security is not here"),
];

/// A line for each variable that has no effect.
pub(super) fn of(variables: &[(String, String)]) -> Vec<String> {
    let names = variables.iter().map(|(name, _)| name.as_str());
    names.filter_map(note).collect()
}

fn note(name: &str) -> Option<String> {
    if !name.starts_with("DD_") || READ.contains(&name) || AS_ASKED.contains(&name) {
        return None;
    }
    let known = WITHOUT_EFFECT.iter().find(|(begins, _)| name.starts_with(begins));
    let why = known.map_or("the stand-in does not know it", |(_, why)| why);
    Some(format!("{name} has no effect here: {why}"))
}
