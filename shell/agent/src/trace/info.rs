//! Says what tracers are told of the agent (DD-TR-07).

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::payload::AGENT_VERSION;
use crate::settings::Settings;

/// The paths that are served and told; `/v0.7/config` is not, for remote configuration is off
/// (DD-TR-13), and neither is what the Agent passes on to other intakes.
pub const ENDPOINTS: [&str; 5] =
    ["/v0.3/traces", "/v0.4/traces", "/v0.5/traces", "/v0.6/stats", "/dogstatsd/v2/proxy"];

/// The answer to `GET /info`.
pub fn document(settings: &Settings) -> Value {
    let traces = &settings.traces;
    let socket = traces.socket.as_ref().map(|path| path.display().to_string());
    json!({
        "version": AGENT_VERSION,
        "git_commit": "",
        "endpoints": ENDPOINTS,
        "feature_flags": [],
        "client_drop_p0s": false,
        "span_meta_structs": false,
        "long_running_spans": false,
        "evp_proxy_allowed_headers": [],
        "config": {
            "default_env": if settings.env.is_empty() { "none" } else { &settings.env },
            "target_tps": traces.target_tps,
            "max_eps": 200,
            "receiver_port": traces.port,
            "receiver_socket": socket.unwrap_or_default(),
            "connection_limit": 0,
            "receiver_timeout": 0,
            "max_request_bytes": traces.most_bytes,
            "statsd_port": settings.dogstatsd.port,
            "analyzed_spans_by_service": {},
            "obfuscation": {},
        },
    })
}

/// What every answer carries: a digest of that document.
pub fn state(document: &Value) -> String {
    let digest = Sha256::digest(document.to_string());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
