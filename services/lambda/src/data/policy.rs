//! Who may invoke a function, by its resource policy (LAM-FN-03, LAM-UR-01).

use standin_kernel::{Env, Value, json, pattern};

use crate::state::{Function, Statement};

/// Somebody who asks to invoke.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker<'a> {
    /// `elasticloadbalancing.amazonaws.com`, or `*` for anybody.
    pub(crate) principal: &'a str,
    pub(crate) source_arn: Option<&'a str>,
    pub(crate) action: &'a str,
    /// For function URLs: `NONE` or `AWS_IAM`.
    pub(crate) url_auth_type: Option<&'a str>,
}

impl Asker<'_> {
    fn is_named_by(&self, env: &Env, statement: &Statement) -> bool {
        let principal = statement.principal.as_str();
        let action = statement.action.as_str();
        let account = &env.account;
        (principal == "*" || principal == self.principal)
            && (action == self.action || action == "lambda:*" || action == "*")
            && statement.source_arn.as_deref().is_none_or(|wanted| {
                self.source_arn.is_some_and(|have| pattern::matches(wanted, have))
            })
            && statement.source_account.as_ref().is_none_or(|wanted| wanted == account)
            && statement
                .url_auth_type
                .as_deref()
                .is_none_or(|kind| self.url_auth_type == Some(kind))
            && statement.via_url.is_none_or(|via| via == self.url_auth_type.is_some())
    }
}

impl Function {
    /// Whether a statement for this qualifier names the asker.
    pub(crate) fn permits(&self, env: &Env, qualifier: Option<&str>, asker: Asker<'_>) -> bool {
        let policy = self.policies.get(qualifier.unwrap_or(""));
        let mut statements = policy.into_iter().flat_map(|policy| &policy.statements);
        statements.any(|statement| asker.is_named_by(env, statement))
    }
}

impl Statement {
    /// As a policy document has it. `resource`: the function's ARN, qualified.
    pub(crate) fn document(&self, resource: &str) -> Value {
        let principal = match self.principal.as_str() {
            "*" => json!("*"),
            service if service.ends_with(".amazonaws.com") => json!({"Service": service}),
            account if account.bytes().all(|byte| byte.is_ascii_digit()) => {
                json!({"AWS": format!("arn:aws:iam::{account}:root")})
            }
            arn => json!({"AWS": arn}),
        };
        let mut document = json!({
            "Sid": self.sid,
            "Effect": "Allow",
            "Principal": principal,
            "Action": self.action,
            "Resource": resource,
        });
        let mut conditions = serde_json::Map::new();
        let mut equals = serde_json::Map::new();
        if let Some(account) = &self.source_account {
            equals.insert("AWS:SourceAccount".into(), json!(account));
        }
        if let Some(kind) = &self.url_auth_type {
            equals.insert("lambda:FunctionUrlAuthType".into(), json!(kind));
        }
        if !equals.is_empty() {
            conditions.insert("StringEquals".into(), Value::Object(equals));
        }
        if let Some(arn) = &self.source_arn {
            conditions.insert("ArnLike".into(), json!({"AWS:SourceArn": arn}));
        }
        if let Some(via) = self.via_url {
            let via = json!({"lambda:InvokedViaFunctionUrl": via.to_string()});
            conditions.insert("Bool".into(), via);
        }
        if !conditions.is_empty() {
            document["Condition"] = Value::Object(conditions);
        }
        document
    }
}
