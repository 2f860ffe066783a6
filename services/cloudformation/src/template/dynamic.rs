//! Dynamic references: texts in properties that stand for values kept elsewhere, read when the
//! resource is created or updated (CFN-DR-*).

use standin_kernel::{ServiceName, Value, json};

use super::Template;
use super::error::{Stage, TemplateError};
use super::expr::{BOTH, Expr, ExprKind};

/// What a reference means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dynamic {
    /// A parameter of the parameter store, with its version, if one is asked for.
    Parameter { name: String, versioned: bool, secure: bool },
    /// A secret, or a member of it.
    Secret { id: String, key: String, stage: String, version: String },
}

/// CFN-DR-01
const MOST: usize = 60;

/// `{{resolve:...}}`, the first in a text.
pub(crate) fn first(text: &str) -> Option<&str> {
    let from = &text[text.find("{{resolve:")?..];
    Some(from.find("}}").map_or(from, |end| &from[..end + 2]))
}

/// Whether a property of a type may hold the value of a SecureString (CFN-DR-03).
pub(crate) fn takes_secure(type_name: &str, property: &str) -> bool {
    matches!(type_name, "AWS::RDS::DBInstance" | "AWS::RDS::DBCluster")
        && property == "MasterUserPassword"
}

/// CFN-DR-03
pub(crate) fn secure_refused(type_name: &str, property: &str) -> String {
    format!("SSM Secure reference is not supported in: [{type_name}/Properties/{property}]")
}

impl Dynamic {
    pub(crate) fn parse(reference: &str) -> Result<Self, String> {
        let wrong = || format!("Incorrect format is used in the dynamic reference: {reference}");
        let inner = reference.strip_prefix("{{resolve:").and_then(|it| it.strip_suffix("}}"));
        let (service, rest) = inner.and_then(|inner| inner.split_once(':')).ok_or_else(wrong)?;
        if rest.is_empty() || rest.ends_with('\\') {
            return Err(wrong());
        }
        match service {
            "ssm" | "ssm-secure" => {
                let parts: Vec<&str> = rest.split(':').collect();
                let number = |text: &str| text.parse::<u64>().is_ok();
                let versioned = match parts[..] {
                    [name] if !name.is_empty() => false,
                    [name, version] if !name.is_empty() && number(version) => true,
                    _ => return Err(wrong()),
                };
                let secure = service == "ssm-secure";
                Ok(Self::Parameter { name: rest.to_owned(), versioned, secure })
            }
            "secretsmanager" => {
                // The parts of an ARN are parts of the id.
                let skip = if rest.starts_with("arn:") { 6 } else { 0 };
                let mut colons = rest.match_indices(':').map(|(at, _)| at);
                let end = colons.nth(skip).unwrap_or(rest.len());
                let mut parts = rest[end..].split(':').skip(1);
                let mut next = || parts.next().unwrap_or_default().to_owned();
                let (what, key, stage, version) = (next(), next(), next(), next());
                if !matches!(what.as_str(), "" | "SecretString")
                    || parts.next().is_some()
                    || !(stage.is_empty() || version.is_empty())
                {
                    return Err(wrong());
                }
                Ok(Self::Secret { id: rest[..end].to_owned(), key, stage, version })
            }
            _ => Err(wrong()),
        }
    }

    /// The operation that gives the value.
    pub(crate) fn call(&self) -> (ServiceName, &'static str, Value) {
        match self {
            Self::Parameter { name, secure, .. } => {
                let input = json!({"Name": name, "WithDecryption": secure});
                (ServiceName::Platform, "ssm:GetParameter", input)
            }
            Self::Secret { id, stage, version, .. } => {
                let mut input = json!({"SecretId": id});
                for (member, value) in [("VersionStage", stage), ("VersionId", version)] {
                    if !value.is_empty() {
                        input[member] = json!(value);
                    }
                }
                (ServiceName::Platform, "secretsmanager:GetSecretValue", input)
            }
        }
    }

    /// The value in the operation's answer.
    pub(crate) fn value(&self, answer: &Value) -> Result<String, String> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        match self {
            Self::Parameter { name, secure, .. } => {
                let parameter = &answer["Parameter"];
                if !secure && parameter["Type"] == "SecureString" {
                    // CFN-DR-02
                    return Err(format!(
                        "Non-secure ssm prefix was used for secure parameter: {name}"
                    ));
                }
                text(&parameter["Value"]).ok_or_else(|| format!("{name} has no value"))
            }
            Self::Secret { key, .. } => {
                let missing = "Could not find a value associated with JSONKey in SecretString";
                let whole = text(&answer["SecretString"]).ok_or(missing)?;
                if key.is_empty() {
                    return Ok(whole);
                }
                let members: Value = serde_json::from_str(&whole).map_err(|_| missing)?;
                match &members[key] {
                    Value::Null => Err(missing.to_owned()),
                    Value::String(text) => Ok(text.clone()),
                    other => Ok(other.to_string()),
                }
            }
        }
    }
}

/// What can be said against a template's references as they are written.
pub(super) fn check(template: &Template) -> Vec<TemplateError> {
    let mut errors = Vec::new();
    let mut count = 0;
    for resource in &template.resources {
        let ExprKind::Map(fields) = &resource.properties.kind else { continue };
        for field in fields {
            each(&field.value, &mut |expr, reference| {
                count += 1;
                let wrong = match Dynamic::parse(reference) {
                    Err(wrong) => wrong,
                    Ok(Dynamic::Parameter { secure: true, .. })
                        if !takes_secure(&resource.type_name, &field.key) =>
                    {
                        secure_refused(&resource.type_name, &field.key)
                    }
                    Ok(_) => return,
                };
                let mark = template.source.find(expr.mark, "{{resolve:");
                errors.push(template.source.error(Stage::Form, mark, wrong));
            });
        }
    }
    for output in &template.outputs {
        each(&output.value, &mut |expr, reference| {
            let mark = template.source.find(expr.mark, "{{resolve:");
            errors.push(template.source.error(Stage::Unsupported, mark, misplaced(reference)));
        });
    }
    for declared in &template.parameters {
        let reference = declared.default.as_deref().and_then(first);
        let parsed = reference.map(Dynamic::parse);
        // CFN-DR-02
        if let Some(Ok(Dynamic::Parameter { versioned: false, .. })) = parsed {
            let name = &declared.name;
            let message = format!("Parameter '{name}': a dynamic reference needs a version here");
            errors.push(template.source.error(Stage::Form, declared.mark, message));
        }
    }
    if count > MOST {
        let message = format!("Template format error: more than {MOST} dynamic references");
        errors.push(TemplateError::nowhere(&template.source.file, Stage::Form, message));
    }
    errors
}

/// Every reference that is written out in a text of its own.
fn each(expr: &Expr, found: &mut dyn FnMut(&Expr, &str)) {
    expr.walk(BOTH, &mut |part| {
        let ExprKind::Text(text) = &part.kind else { return };
        let mut rest = text.as_str();
        while let Some(reference) = first(rest) {
            // Put together by functions, it is looked at when it is whole.
            if !reference.ends_with("}}") {
                return;
            }
            found(part, reference);
            let at = rest.find("{{resolve:").unwrap_or_default();
            rest = &rest[at + reference.len()..];
        }
    });
}

pub(super) fn misplaced(reference: &str) -> String {
    format!("Dynamic references are supported in properties of resources only: {reference}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cfn_dr_01_the_forms_of_a_reference() {
        let secret = |id: &str, key: &str, stage: &str, version: &str| {
            let [id, key, stage, version] = [id, key, stage, version].map(str::to_owned);
            Ok(Dynamic::Secret { id, key, stage, version })
        };
        let parse = |inner: &str| Dynamic::parse(&format!("{{{{resolve:{inner}}}}}"));
        let parameter = |name: &str, versioned: bool, secure: bool| {
            Ok(Dynamic::Parameter { name: name.to_owned(), versioned, secure })
        };
        assert_eq!(parse("ssm:/app/x"), parameter("/app/x", false, false));
        assert_eq!(parse("ssm-secure:/app/x:3"), parameter("/app/x:3", true, true));
        assert_eq!(parse("secretsmanager:S"), secret("S", "", "", ""));
        assert_eq!(parse("secretsmanager:S:SecretString:k"), secret("S", "k", "", ""));
        assert_eq!(parse("secretsmanager:S:SecretString:k::v"), secret("S", "k", "", "v"));
        let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:S-AbCdEf";
        let whole = format!("secretsmanager:{arn}:SecretString:k:AWSPREVIOUS");
        assert_eq!(parse(&whole), secret(arn, "k", "AWSPREVIOUS", ""));
        assert_eq!(parse(&format!("secretsmanager:{arn}")), secret(arn, "", "", ""));
        for wrong in [
            "ssm:",
            "ssm:/app/x:label",
            "ssm:/app/x\\",
            "other:x",
            "secretsmanager:S:SecretBinary",
            "secretsmanager:S:SecretString:k:stage:version",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
