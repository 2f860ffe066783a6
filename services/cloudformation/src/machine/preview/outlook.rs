//! What is known of the resources before a change set is executed: what stays is as it is, what
//! will be new is not known yet (CFN-CS-04).

use std::collections::BTreeMap;

use standin_kernel::Value;

use crate::machine::known::export;
use crate::state::Stack;
use crate::template::Resources;

/// What a value is shown as that only the execution will tell.
pub(super) const UNKNOWN: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// What will have become of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Stays,
    /// In place: it keeps its identifier, but any attribute may be another.
    Changes,
    MayBeReplaced,
    Replaced,
    Added,
}

#[derive(Debug)]
pub(super) struct Outlook<'a> {
    stack: &'a Stack,
    others: &'a BTreeMap<String, Stack>,
    fates: BTreeMap<String, Fate>,
    unknown: Value,
}

impl<'a> Outlook<'a> {
    pub(super) fn new(stack: &'a Stack, others: &'a BTreeMap<String, Stack>) -> Self {
        Self { stack, others, fates: BTreeMap::new(), unknown: Value::from(UNKNOWN) }
    }

    pub(super) fn knows(&self, logical_id: &str) -> bool {
        self.fates.contains_key(logical_id)
    }

    pub(super) fn foresee(&mut self, logical_id: &str, fate: Fate) {
        self.fates.insert(logical_id.to_owned(), fate);
    }

    /// Whether `Ref` may give something else.
    pub(super) fn changes_identifier(&self, logical_id: &str) -> bool {
        matches!(
            self.fates.get(logical_id),
            Some(Fate::MayBeReplaced | Fate::Replaced | Fate::Added)
        )
    }

    /// Whether `Fn::GetAtt` may give something else.
    pub(super) fn changes_attributes(&self, logical_id: &str) -> bool {
        self.fates.get(logical_id).is_some_and(|fate| *fate != Fate::Stays)
    }
}

impl Resources for Outlook<'_> {
    fn physical_id(&self, logical: &str) -> Option<&str> {
        if self.changes_identifier(logical) {
            return Some(UNKNOWN);
        }
        let current = self.stack.resource(logical)?.current.as_ref()?;
        Some(&current.id)
    }

    fn attribute(&self, logical: &str, name: &str) -> Option<&Value> {
        if self.changes_attributes(logical) {
            return Some(&self.unknown);
        }
        self.stack.resource(logical)?.current.as_ref()?.attributes.get(name)
    }

    fn export(&self, name: &str) -> Option<&Value> {
        export(self.others, name)
    }
}
