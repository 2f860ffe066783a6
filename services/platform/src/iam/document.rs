//! Which policy documents IAM takes: their grammar, not whether anybody is denied by them.

use standin_kernel::{ApiError, Value};

use super::api::error::malformed;

/// Where a document is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Who may assume a role.
    Trust,
    /// What its owner may do.
    Identity,
}

/// Checks a document; its size in characters without white space.
pub(super) fn check(text: &str, of: Use) -> Result<usize, ApiError> {
    let Ok(document) = serde_json::from_str::<Value>(text) else {
        return Err(malformed("This policy contains invalid Json"));
    };
    let Some(members) = document.as_object() else {
        return Err(malformed("Syntax errors in policy."));
    };
    for (name, value) in members {
        let fine = match name.as_str() {
            "Version" => matches!(value.as_str(), Some("2012-10-17" | "2008-10-17")),
            "Id" => value.is_string(),
            "Statement" => true,
            _ => false,
        };
        if !fine {
            return Err(malformed("Syntax errors in policy."));
        }
    }
    let single;
    let statements: &[Value] = match members.get("Statement") {
        Some(Value::Array(list)) => list,
        Some(one @ Value::Object(_)) => {
            single = [one.clone()];
            &single
        }
        _ => return Err(malformed("Syntax errors in policy.")),
    };
    if statements.is_empty() {
        return Err(malformed("Syntax errors in policy."));
    }
    for statement in statements {
        check_statement(statement, of)?;
    }
    Ok(text.chars().filter(|character| !character.is_whitespace()).count())
}

const MEMBERS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

fn check_statement(statement: &Value, of: Use) -> Result<(), ApiError> {
    let has = |name: &str| !statement[name].is_null();
    let known = statement
        .as_object()
        .is_some_and(|members| members.keys().all(|name| MEMBERS.contains(&name.as_str())));
    let effect = matches!(statement["Effect"].as_str(), Some("Allow" | "Deny"));
    if !known || !effect {
        return Err(malformed("Syntax errors in policy."));
    }
    if has("Action") == has("NotAction") {
        return Err(malformed("Policy statement must contain actions."));
    }
    let texts = ["Action", "NotAction", "Resource", "NotResource"];
    if !texts.iter().all(|name| is_texts(&statement[*name])) {
        return Err(malformed("Syntax errors in policy."));
    }
    if has("Condition") && !statement["Condition"].is_object() {
        return Err(malformed("Syntax errors in policy."));
    }
    let resource = has("Resource") || has("NotResource");
    let principal = has("Principal") || has("NotPrincipal");
    match of {
        Use::Trust if resource => Err(malformed("Has prohibited field Resource")),
        Use::Trust if !principal => Err(malformed("Missing required field Principal")),
        Use::Identity if principal => {
            Err(malformed("Policy document should not specify a principal."))
        }
        Use::Identity if !resource => Err(malformed("Policy statement must contain resources.")),
        Use::Identity => check_actions(statement),
        Use::Trust => Ok(()),
    }
}

/// Absent, a text, or a list of texts.
fn is_texts(value: &Value) -> bool {
    match value {
        Value::Null | Value::String(_) => true,
        Value::Array(items) => !items.is_empty() && items.iter().all(Value::is_string),
        _ => false,
    }
}

/// `s3:GetObject`, or `*`; resources are ARNs, or `*`.
fn check_actions(statement: &Value) -> Result<(), ApiError> {
    for action in texts(&statement["Action"]).chain(texts(&statement["NotAction"])) {
        if action != "*" && !action.contains(':') {
            let message =
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
            return Err(malformed(message));
        }
    }
    for resource in texts(&statement["Resource"]).chain(texts(&statement["NotResource"])) {
        if resource != "*" && !resource.starts_with("arn:") && !resource.starts_with("${") {
            let message = format!("Resource {resource} must be in ARN format or \"*\".");
            return Err(malformed(&message));
        }
    }
    Ok(())
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let list = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    value.as_str().into_iter().chain(list)
}

/// As IAM writes documents into its answers: percent-encoded (RFC 3986).
pub(super) fn encoded(document: &str) -> String {
    let mut text = String::with_capacity(document.len() * 2);
    for byte in document.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Use, check, encoded};

    fn message(text: &str, of: Use) -> String {
        check(text, of).map_or_else(|error| error.message, |size| size.to_string())
    }

    #[test]
    fn documents_are_checked_for_their_grammar() {
        let cases = [
            ("{", "This policy contains invalid Json"),
            (r#"{"Version": "2012-10-17"}"#, "Syntax errors in policy."),
            (r#"{"Version": "2020-01-01", "Statement": []}"#, "Syntax errors in policy."),
            (r#"{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#, "63"),
            (
                r#"{"Statement": [{"Effect": "Allow", "Action": "s3:*"}]}"#,
                "Policy statement must contain resources.",
            ),
            (
                r#"{"Statement": [{"Effect": "Allow", "Resource": "*"}]}"#,
                "Policy statement must contain actions.",
            ),
            (
                r#"{"Statement": [{"Effect": "Allow", "Action": "get", "Resource": "*"}]}"#,
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
            ),
            (
                r#"{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "bucket"}]}"#,
                "Resource bucket must be in ARN format or \"*\".",
            ),
        ];
        for (text, wanted) in cases {
            assert_eq!(message(text, Use::Identity), wanted, "{text}");
        }
        let trust = r#"{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole"}}"#;
        assert_eq!(message(trust, Use::Trust), "Missing required field Principal");
    }

    #[test]
    fn answers_carry_documents_percent_encoded() {
        assert_eq!(encoded("{\"a\": \"é~\"}"), "%7B%22a%22%3A%20%22%C3%A9~%22%7D");
    }
}
