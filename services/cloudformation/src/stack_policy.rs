//! Stack policies: which updates of which resources a stack lets happen (CFN-SP-01, CFN-SP-02).

use serde::{Deserialize, Serialize};
use standin_kernel::Value;

/// What an update does to a resource that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Update {
    Modify,
    Replace,
    Delete,
}

impl Update {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Modify => "Update:Modify",
            Self::Replace => "Update:Replace",
            Self::Delete => "Update:Delete",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StackPolicy {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    denies: bool,
    actions: Patterns,
    resources: Patterns,
    /// Of resource types, with `*`; none: of every type.
    types: Option<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Patterns {
    These(Vec<String>),
    Others(Vec<String>),
}

/// A statement as it is written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Written {
    #[serde(rename = "Sid")]
    _sid: Option<String>,
    effect: Effect,
    principal: Value,
    action: Option<OneOrMore>,
    not_action: Option<OneOrMore>,
    resource: Option<OneOrMore>,
    not_resource: Option<OneOrMore>,
    condition: Option<Condition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Condition {
    string_equals: Option<OfType>,
    string_like: Option<OfType>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct OfType {
    resource_type: OneOrMore,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    #[serde(rename = "Version")]
    _version: Option<String>,
    statement: Vec<Written>,
}

/// A policy's text, kept as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct PolicyText(pub(crate) String);

const INVALID: &str = "Invalid stack policy";
const RESOURCE: &str = "LogicalResourceId/";
const ACTIONS: [&str; 4] = ["Update:Modify", "Update:Replace", "Update:Delete", "Update:*"];

impl StackPolicy {
    /// Reads a policy for a stack whose template has the resources `known`; else what is wrong.
    pub(crate) fn read(text: &str, known: &[&str]) -> Result<Self, String> {
        let policy = Self::parse(text)?;
        for statement in &policy.statements {
            let (Patterns::These(names) | Patterns::Others(names)) = &statement.resources;
            for name in names.iter().filter(|name| !name.contains('*')) {
                let id = name.strip_prefix(RESOURCE).unwrap_or_default();
                if !known.contains(&id) {
                    return Err(format!(
                        "Unknown logical id '{name}' in statement {{}} - stack policies can only \
                         be applied to logical ids referenced in the template"
                    ));
                }
            }
        }
        Ok(policy)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let document: Document = serde_json::from_str(text).map_err(|_| INVALID.to_owned())?;
        let statements: Result<_, String> =
            document.statement.into_iter().map(Statement::of).collect();
        statements.map(|statements| Self { statements })
    }

    /// Why an update is not allowed, in AWS's words; `None` when it is.
    pub(crate) fn refuses(&self, update: Update, id: &str, type_name: &str) -> Option<String> {
        let applies = |statement: &Statement| statement.applies(update, id, type_name);
        let found = self.statements.iter().enumerate();
        let mut found = found.filter(|(_, statement)| applies(statement)).peekable();
        if found.peek().is_none() {
            return Some(format!(
                "Action not allowed by stack policy: [{}] for resource [{RESOURCE}{id}]",
                update.as_str()
            ));
        }
        let (number, _) = found.find(|(_, statement)| statement.denies)?;
        Some(format!(
            "Action denied by stack policy: Statement [#{}] does not allow [{}] for resource \
             [{RESOURCE}{id}];",
            number + 1,
            update.as_str()
        ))
    }
}

impl PolicyText {
    /// The policy of a text that was read before.
    pub(crate) fn policy(&self) -> Option<StackPolicy> {
        StackPolicy::parse(&self.0).ok()
    }
}

impl Statement {
    fn of(written: Written) -> Result<Self, String> {
        let invalid = || INVALID.to_owned();
        if written.principal != "*" {
            return Err(invalid());
        }
        let patterns = |these: Option<OneOrMore>, others: Option<OneOrMore>| match (these, others) {
            (Some(these), None) => Ok(Patterns::These(these.all())),
            (None, Some(others)) => Ok(Patterns::Others(others.all())),
            _ => Err(invalid()),
        };
        let actions = patterns(written.action, written.not_action)?;
        let resources = patterns(written.resource, written.not_resource)?;
        let (Patterns::These(named) | Patterns::Others(named)) = &actions;
        if named.iter().any(|action| !ACTIONS.contains(&action.as_str())) {
            return Err(invalid());
        }
        let condition = written.condition.unwrap_or_default();
        let types = match (condition.string_equals, condition.string_like) {
            (None, None) => None,
            (Some(only), None) | (None, Some(only)) => Some(only.resource_type.all()),
            (Some(_), Some(_)) => return Err(invalid()),
        };
        Ok(Self { denies: written.effect == Effect::Deny, actions, resources, types })
    }

    fn applies(&self, update: Update, id: &str, type_name: &str) -> bool {
        let of_type = |types: &Vec<String>| types.iter().any(|one| matches(one, type_name));
        self.actions.take(update.as_str())
            && self.resources.take(&format!("{RESOURCE}{id}"))
            && self.types.as_ref().is_none_or(of_type)
    }
}

impl Patterns {
    fn take(&self, name: &str) -> bool {
        match self {
            Self::These(patterns) => patterns.iter().any(|one| matches(one, name)),
            Self::Others(patterns) => !patterns.iter().any(|one| matches(one, name)),
        }
    }
}

impl OneOrMore {
    fn all(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::More(more) => more,
        }
    }
}

/// `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(statements: &str) -> StackPolicy {
        StackPolicy::read(&format!("{{\"Statement\": [{statements}]}}"), &["A", "B"]).unwrap()
    }

    const ALL: &str =
        r#"{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}"#;

    #[test]
    fn cfn_sp_01_what_is_not_allowed_is_denied_and_deny_wins() {
        let deny = r#"{"Effect": "Deny", "Action": ["Update:Replace"], "Principal": "*",
            "Resource": "LogicalResourceId/A"}"#;
        let both = policy(&format!("{ALL}, {deny}"));
        assert_eq!(both.refuses(Update::Modify, "A", "T"), None);
        assert_eq!(
            both.refuses(Update::Replace, "A", "T").unwrap(),
            "Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for \
             resource [LogicalResourceId/A];"
        );
        assert_eq!(both.refuses(Update::Replace, "B", "T"), None);
        assert!(policy("").refuses(Update::Modify, "A", "T").is_some());
    }

    #[test]
    fn cfn_sp_01_not_resource_types_and_patterns() {
        let one = policy(
            r#"{"Effect": "Allow", "NotAction": "Update:Delete", "Principal": "*",
                "NotResource": "LogicalResourceId/B"}"#,
        );
        assert_eq!(one.refuses(Update::Modify, "A", "T"), None);
        assert!(one.refuses(Update::Delete, "A", "T").is_some());
        assert!(one.refuses(Update::Modify, "B", "T").is_some());
        let typed = policy(
            r#"{"Effect": "Allow", "Action": "Update:*", "Principal": "*",
                "Resource": "LogicalResourceId/*",
                "Condition": {"StringLike": {"ResourceType": ["AWS::EC2::*"]}}}"#,
        );
        assert_eq!(typed.refuses(Update::Modify, "A", "AWS::EC2::VPC"), None);
        assert!(typed.refuses(Update::Modify, "A", "AWS::S3::Bucket").is_some());
        assert!(matches("a*c", "abc") && matches("*", "") && matches("a*b*c", "aXbYc"));
        assert!(!matches("a*bc", "abd") && !matches("ab", "abc"));
    }

    #[test]
    fn cfn_sp_02_what_is_no_policy_is_refused() {
        let known = ["A"];
        let wrong = [
            "x".to_owned(),
            "{}".to_owned(),
            ALL.replace("Update:*", "Update:Burn"),
            ALL.replace(r#""Principal": "*""#, r#""Principal": "me""#),
            ALL.replace("Allow", "Perhaps"),
        ];
        for text in wrong {
            let text = if text.starts_with(r#"{"Effect"#) {
                format!("{{\"Statement\": [{text}]}}")
            } else {
                text
            };
            assert_eq!(StackPolicy::read(&text, &known), Err(INVALID.to_owned()), "{text}");
        }
        let unknown = ALL.replace(r#""Resource": "*""#, r#""Resource": "LogicalResourceId/X""#);
        let wrong = StackPolicy::read(&format!("{{\"Statement\": [{unknown}]}}"), &known);
        assert!(wrong.unwrap_err().starts_with("Unknown logical id 'LogicalResourceId/X'"));
    }
}
