//! The attributes of listeners.

use serde::Deserialize;
use standin_kernel::control::input;
use standin_kernel::{Cx, Value, json};

use super::attribute::{self, Attribute, Form, Pair};
use crate::Elbv2;
use crate::config::ListenerAttributes;
use crate::error::{Result, conflicting};
use crate::state::{Attributes, ListenerProtocol};

const SERVER: &str = "routing.http.response.server.enabled";

const NO_TLS: &str = "no TLS session ends at the load balancer here";

/// Response headers that listeners can set (ALB-LS-06), each with its key.
const RESPONSE_HEADERS: &[(&str, &str)] = &[
    ("routing.http.response.strict_transport_security.header_value", "Strict-Transport-Security"),
    (
        "routing.http.response.access_control_allow_origin.header_value",
        "Access-Control-Allow-Origin",
    ),
    (
        "routing.http.response.access_control_allow_methods.header_value",
        "Access-Control-Allow-Methods",
    ),
    (
        "routing.http.response.access_control_allow_headers.header_value",
        "Access-Control-Allow-Headers",
    ),
    (
        "routing.http.response.access_control_allow_credentials.header_value",
        "Access-Control-Allow-Credentials",
    ),
    (
        "routing.http.response.access_control_expose_headers.header_value",
        "Access-Control-Expose-Headers",
    ),
    ("routing.http.response.access_control_max_age.header_value", "Access-Control-Max-Age"),
    ("routing.http.response.content_security_policy.header_value", "Content-Security-Policy"),
    ("routing.http.response.x_content_type_options.header_value", "X-Content-Type-Options"),
    ("routing.http.response.x_frame_options.header_value", "X-Frame-Options"),
];

/// Request headers of TLS sessions that can be renamed, each with its key. HTTPS listeners only.
const REQUEST_HEADERS: &[(&str, &str)] = &[
    (
        "routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name",
        "X-Amzn-Mtls-Clientcert-Serial-Number",
    ),
    (
        "routing.http.request.x_amzn_mtls_clientcert_issuer.header_name",
        "X-Amzn-Mtls-Clientcert-Issuer",
    ),
    (
        "routing.http.request.x_amzn_mtls_clientcert_subject.header_name",
        "X-Amzn-Mtls-Clientcert-Subject",
    ),
    (
        "routing.http.request.x_amzn_mtls_clientcert_validity.header_name",
        "X-Amzn-Mtls-Clientcert-Validity",
    ),
    ("routing.http.request.x_amzn_mtls_clientcert_leaf.header_name", "X-Amzn-Mtls-Clientcert-Leaf"),
    ("routing.http.request.x_amzn_mtls_clientcert.header_name", "X-Amzn-Mtls-Clientcert"),
    ("routing.http.request.x_amzn_tls_version.header_name", "X-Amzn-Tls-Version"),
    ("routing.http.request.x_amzn_tls_cipher_suite.header_name", "X-Amzn-Tls-Cipher-Suite"),
];

/// Every key of a listener of the protocol.
fn table(protocol: ListenerProtocol) -> Vec<Attribute> {
    let mut table = vec![Attribute::honoured(SERVER, "true", Form::Bool)];
    table.extend(
        RESPONSE_HEADERS.iter().map(|(key, _)| Attribute::honoured(key, "", Form::Text(1024))),
    );
    if protocol == ListenerProtocol::Https {
        table.extend(
            REQUEST_HEADERS
                .iter()
                .map(|(key, name)| Attribute::no_effect(key, name, Form::Text(40), NO_TLS)),
        );
    }
    table
}

/// What a key has when nobody set it.
pub(crate) fn default_of(key: &str) -> Option<&'static str> {
    attribute::default_of(&table(ListenerProtocol::Https), key)
}

/// What the data plane goes by.
pub(crate) fn compiled(have: &Attributes) -> ListenerAttributes {
    let header = |(key, name): &(&str, &str)| {
        let value = have.get(*key).filter(|value| !value.is_empty())?;
        Some(((*name).into(), value.as_str().into()))
    };
    ListenerAttributes {
        server_header: have.get(SERVER).is_none_or(|value| value == "true"),
        response_headers: RESPONSE_HEADERS.iter().filter_map(header).collect(),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Modify {
    listener_arn: String,
    attributes: Vec<Pair>,
}

pub(super) fn modify(elbv2: &mut Elbv2, cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Modify = input("ModifyListenerAttributes", value)?;
    attribute::few(asked.attributes.len())?;
    let one = elbv2.state.listener_mut(&asked.listener_arn)?;
    let table = table(one.protocol);
    let of_tls = |pair: &Pair| REQUEST_HEADERS.iter().any(|(key, _)| *key == pair.key);
    if one.protocol == ListenerProtocol::Http && asked.attributes.iter().any(of_tls) {
        return Err(conflicting("These attributes are supported only on HTTPS listeners"));
    }
    one.attributes = attribute::changed(cx, "Listener", &table, &one.attributes, asked.attributes)?;
    one.store(cx);
    let shown = attribute::shown(&table, &one.attributes);
    let load_balancer = one.load_balancer_arn.clone();
    elbv2.reconfigure(cx, &load_balancer);
    Ok(json!({"Attributes": shown}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    listener_arn: String,
}

pub(super) fn describe(elbv2: &mut Elbv2, _cx: &mut Cx<'_>, value: &Value) -> Result<Value> {
    let asked: Describe = input("DescribeListenerAttributes", value)?;
    let one = elbv2.state.listener(&asked.listener_arn)?;
    Ok(json!({"Attributes": attribute::shown(&table(one.protocol), &one.attributes)}))
}
