//! What a template may ask about the stack's resources and other stacks' exports while its
//! properties are resolved.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use standin_kernel::Value;

use crate::revision::Revision;
use crate::state::Stack;
use crate::template::Resources;

/// The stack as it is, and the exports of the others. Notes which exports are asked for.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    stack: &'a Stack,
    others: &'a BTreeMap<String, Stack>,
    imports: RefCell<BTreeSet<String>>,
}

impl<'a> Known<'a> {
    pub(crate) fn new(stack: &'a Stack, others: &'a BTreeMap<String, Stack>) -> Self {
        Self { stack, others, imports: RefCell::default() }
    }

    pub(crate) fn into_imports(self) -> BTreeSet<String> {
        self.imports.into_inner()
    }
}

impl Resources for Known<'_> {
    fn physical_id(&self, logical: &str) -> Option<&str> {
        let current = self.stack.resource(logical)?.current.as_ref()?;
        Some(&current.id)
    }

    fn attribute(&self, logical: &str, name: &str) -> Option<&Value> {
        self.stack.resource(logical)?.current.as_ref()?.attributes.get(name)
    }

    fn export(&self, name: &str) -> Option<&Value> {
        self.imports.borrow_mut().insert(name.to_owned());
        export(self.others, name)
    }
}

/// What one of `stacks` exports under `name`.
pub(crate) fn export<'s>(stacks: &'s BTreeMap<String, Stack>, name: &str) -> Option<&'s Value> {
    stacks
        .values()
        .flat_map(Stack::exports)
        .find(|(exported, _)| *exported == name)
        .map(|(_, value)| value)
}

/// The first import of a version that no other stack exports (CFN-OU-03). Names of imports cannot
/// depend on resources, so they are known before there is one.
pub(crate) fn missing_import(
    revision: &Revision,
    others: &BTreeMap<String, Stack>,
) -> Option<String> {
    let guess = Guess { any: Value::from("unknown"), others, missing: RefCell::default() };
    for planned in &revision.plan.resources {
        // What cannot be resolved with guesses is found when it is resolved in earnest.
        let _ = revision.template.resolve(&planned.logical_id, &revision.scope, &guess);
    }
    let _ = revision.template.outputs(&revision.scope, &guess);
    guess.missing.into_inner()
}

/// Answers anything.
struct Guess<'a> {
    any: Value,
    others: &'a BTreeMap<String, Stack>,
    missing: RefCell<Option<String>>,
}

impl Resources for Guess<'_> {
    fn physical_id(&self, _logical: &str) -> Option<&str> {
        self.any.as_str()
    }

    fn attribute(&self, _logical: &str, _name: &str) -> Option<&Value> {
        Some(&self.any)
    }

    fn export(&self, name: &str) -> Option<&Value> {
        let found = export(self.others, name);
        if found.is_none() {
            self.missing.borrow_mut().get_or_insert_with(|| name.to_owned());
        }
        found.or(Some(&self.any))
    }
}
