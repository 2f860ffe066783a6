//! Whether somebody may do something to a bucket or to an object in it: policy, Block Public Access
//! and ACLs together (S3-ACC-03, S3-ACC-06).

use standin_kernel::{Cx, Identity};

use super::fact;
use super::policy::{Asker, Decision, Detail, Question};
use crate::state::{Acl, Bucket};

/// Who asks, and of which bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access<'a> {
    pub(crate) bucket: &'a Bucket,
    pub(crate) asker: &'a Asker<'a>,
}

/// Why somebody may or may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Statement(usize),
    Owner,
    Acl,
    DeniedBy(usize),
    /// S3-ACC-03: RestrictPublicBuckets over a public policy.
    Restricted,
    Nothing,
}

impl Verdict {
    pub(crate) const fn allows(self) -> bool {
        matches!(self, Self::Statement(_) | Self::Owner | Self::Acl)
    }
}

impl Access<'_> {
    /// Whether `action` is allowed on the object `key`, or on the bucket when there is none. `acl`
    /// is the object's or the bucket's.
    pub(crate) fn may(
        &self,
        cx: &mut Cx<'_>,
        action: &str,
        key: Option<&str>,
        detail: Detail<'_>,
        acl: Acl,
    ) -> bool {
        let verdict = self.verdict(action, key, detail, acl);
        cx.note(|| self.explain(action, verdict));
        verdict.allows()
    }

    pub(crate) fn verdict(
        &self,
        action: &str,
        key: Option<&str>,
        detail: Detail<'_>,
        acl: Acl,
    ) -> Verdict {
        let settings = &self.bucket.settings;
        let owner = *self.asker.identity == Identity::Account;
        let anonymous = *self.asker.identity == Identity::Anonymous;
        let blocks = settings.blocks();
        if let Some(policy) = &settings.policy {
            let resource = match key {
                Some(key) => format!("arn:aws:s3:::{}/{key}", settings.name),
                None => format!("arn:aws:s3:::{}", settings.name),
            };
            let question = Question { asker: self.asker, action, resource: &resource, detail };
            match policy.decide(&question) {
                Decision::Denied { statement } => return Verdict::DeniedBy(statement),
                _ if owner => return Verdict::Owner,
                Decision::Allowed { .. }
                    if anonymous && blocks.restrict_public_buckets && policy.is_public() =>
                {
                    return Verdict::Restricted;
                }
                Decision::Allowed { statement } => return Verdict::Statement(statement),
                Decision::Silent => {}
            }
        }
        let by_acl = settings.acls_enabled() && !blocks.ignore_public_acls && acl.anybody_reads();
        match owner {
            true => Verdict::Owner,
            false if by_acl => Verdict::Acl,
            false => Verdict::Nothing,
        }
    }

    fn explain(&self, action: &str, verdict: Verdict) -> standin_kernel::Fact {
        let settings = &self.bucket.settings;
        let who = match self.asker.identity {
            Identity::Anonymous | Identity::Workload(_) => "an anonymous reader",
            Identity::Account => "the account",
            Identity::Service { source_arn, .. } => source_arn,
        };
        let policy = settings.policy.as_ref();
        let named = |index| match policy.and_then(|policy| policy.sid(index)) {
            Some(sid) => format!("statement {index} ({sid}) of the bucket policy"),
            None => format!("statement {index} of the bucket policy"),
        };
        let place = |index| format!("PolicyDocument.Statement[{index}]");
        let (says, setting, row) = match verdict {
            Verdict::Statement(index) => {
                let says = format!("{} allows {action} to {who}", named(index));
                (says, place(index), "S3-ACC-01")
            }
            Verdict::DeniedBy(index) => {
                let says = format!("{} denies {action} to {who}", named(index));
                (says, place(index), "S3-ACC-06")
            }
            Verdict::Owner => {
                (format!("{who} owns the bucket"), "PolicyDocument".to_owned(), "S3-ACC-06")
            }
            Verdict::Acl => {
                let says = format!("an ACL allows {action} to everybody");
                (says, "AccessControl".to_owned(), "S3-ACC-05")
            }
            Verdict::Restricted => {
                let says = format!("the policy is public and the bucket restricted: not for {who}");
                let setting = "PublicAccessBlockConfiguration.RestrictPublicBuckets";
                (says, setting.to_owned(), "S3-ACC-03")
            }
            Verdict::Nothing => {
                let says = match policy {
                    Some(_) => {
                        format!("no statement of the bucket policy allows {action} to {who}")
                    }
                    None => format!("the bucket has no policy that allows {action} to {who}"),
                };
                (says, "PolicyDocument".to_owned(), "S3-ACC-06")
            }
        };
        fact("access", says).setting(&settings.name, setting).row(row)
    }
}
