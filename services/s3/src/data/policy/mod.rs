//! A bucket policy: who may do what to which part of the bucket (S3-ACC-01, S3-ACC-06). Compiled
//! once when it is put; a request only walks over it.

mod condition;
mod parse;
mod public;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use standin_kernel::{Identity, Time, pattern};

use crate::error::{Refusal, Result};
use condition::Condition;

/// A policy as it was put, and what it means.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Policy {
    text: String,
    statements: Vec<Statement>,
}

#[derive(Clone, Debug)]
struct Statement {
    sid: Option<String>,
    effect: Effect,
    principals: Listed<Principal>,
    /// Patterns; case does not count.
    actions: Listed<String>,
    /// Patterns of ARNs; case counts.
    resources: Listed<String>,
    /// All must hold.
    conditions: Vec<Condition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
}

/// `Action` or, negated, `NotAction`; the same for principals and resources.
#[derive(Clone, Debug)]
struct Listed<T> {
    negated: bool,
    items: Vec<T>,
}

impl<T> Listed<T> {
    fn has(&self, fits: impl Fn(&T) -> bool) -> bool {
        self.items.iter().any(fits) != self.negated
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Principal {
    Anybody,
    /// Twelve digits.
    Account(String),
    /// A user, a role, or CloudFront's origin access identity.
    Arn(String),
    /// `cloudfront.amazonaws.com`
    Service(String),
    /// A canonical user, or somebody another identity provider knows: nobody who asks here.
    Stranger,
}

impl Principal {
    fn is(&self, asker: &Asker<'_>) -> bool {
        match (self, asker.identity) {
            (Self::Anybody, _) => true,
            (Self::Account(account), Identity::Account) => account == asker.account,
            (Self::Service(name), Identity::Service { principal, .. }) => name == principal,
            (Self::Arn(arn), Identity::Service { source_arn, .. }) => **source_arn == **arn,
            _ => false,
        }
    }
}

/// Who asks, and under what circumstances: what conditions look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker<'a> {
    pub(crate) identity: &'a Identity,
    /// The account that owns everything here.
    pub(crate) account: &'a str,
    pub(crate) tls: bool,
    pub(crate) source_ip: IpAddr,
    pub(crate) user_agent: Option<&'a str>,
    pub(crate) referer: Option<&'a str>,
    pub(crate) now: Time,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) asker: &'a Asker<'a>,
    /// `s3:GetObject`
    pub(crate) action: &'a str,
    /// `arn:aws:s3:::bucket/key`
    pub(crate) resource: &'a str,
    pub(crate) detail: Detail<'a>,
}

/// What conditions may look at beside the asker.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Detail<'a> {
    pub(crate) tags: Option<&'a BTreeMap<String, String>>,
    pub(crate) version: Option<&'a str>,
    pub(crate) prefix: Option<&'a str>,
    pub(crate) delimiter: Option<&'a str>,
    pub(crate) max_keys: Option<&'a str>,
}

/// What a policy says, and by which statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Denied {
        statement: usize,
    },
    Allowed {
        statement: usize,
    },
    /// No statement fits.
    Silent,
}

impl Policy {
    /// Reads a policy document, or says what is wrong with it as AWS does.
    pub(crate) fn read(text: &str) -> Result<Self> {
        Ok(Self { text: text.to_owned(), statements: parse::statements(text)? })
    }

    /// Whether the policy fits a bucket: every resource is the bucket or in it, and every statement
    /// has an action for one of its resources.
    pub(crate) fn fits(&self, bucket: &str) -> Result<()> {
        self.statements.iter().try_for_each(|statement| parse::fits(statement, bucket))
    }

    /// The document as it was put.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The `Sid` of a statement.
    pub(crate) fn sid(&self, statement: usize) -> Option<&str> {
        self.statements.get(statement)?.sid.as_deref()
    }

    /// An explicit Deny wins over any Allow (S3-ACC-06).
    pub(crate) fn decide(&self, question: &Question<'_>) -> Decision {
        let mut decision = Decision::Silent;
        for (index, statement) in self.statements.iter().enumerate() {
            if !statement.applies(question) {
                continue;
            }
            match statement.effect {
                Effect::Deny => return Decision::Denied { statement: index },
                Effect::Allow if decision == Decision::Silent => {
                    decision = Decision::Allowed { statement: index };
                }
                Effect::Allow => {}
            }
        }
        decision
    }

    /// Whether Block Public Access takes it for public (S3-ACC-03, S3-ACC-04).
    pub(crate) fn is_public(&self) -> bool {
        self.statements.iter().any(public::is_public)
    }
}

impl Statement {
    fn applies(&self, question: &Question<'_>) -> bool {
        self.actions.has(|action| pattern::matches_ignore_case(action, question.action))
            && self.resources.has(|resource| pattern::matches(resource, question.resource))
            && self.principals.has(|principal| principal.is(question.asker))
            && self.conditions.iter().all(|condition| condition.holds(question))
    }
}

impl TryFrom<String> for Policy {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::read(&text).map_err(|Refusal { message, .. }| message.into_owned())
    }
}

impl From<Policy> for String {
    fn from(policy: Policy) -> Self {
        policy.text
    }
}
