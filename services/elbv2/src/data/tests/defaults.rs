//! Settings as they are on AWS when nobody says otherwise.

use super::*;
use crate::config::{Algorithm, DesyncMode, Matcher, XffMode};

impl Default for LoadBalancerAttributes {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(60),
            drop_invalid_header_fields: false,
            preserve_host_header: false,
            xff_header_processing: XffMode::Append,
            xff_client_port: false,
            desync_mitigation: DesyncMode::Defensive,
            access_logs: false,
        }
    }
}

impl Default for ListenerAttributes {
    fn default() -> Self {
        Self { server_header: true, response_headers: Vec::new() }
    }
}

impl Default for HealthCheck {
    /// AWS's defaults for an HTTP group (ALB-HC-01, ALB-HC-02, ALB-HC-03, ALB-HC-05, ALB-HC-06).
    fn default() -> Self {
        Self {
            enabled: true,
            protocol: Protocol::Http,
            port: None,
            path: "/".into(),
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(5),
            healthy_threshold: 5,
            unhealthy_threshold: 2,
            matcher: Matcher::default(),
        }
    }
}

impl Default for TargetGroupAttributes {
    fn default() -> Self {
        Self {
            deregistration_delay: Duration::from_secs(300),
            slow_start: Duration::ZERO,
            algorithm: Algorithm::RoundRobin,
            stickiness: None,
            minimum_healthy_count: 1,
            minimum_healthy_percentage: None,
            multi_value_headers: false,
        }
    }
}
