//! Outcomes of runs by what the runs looked at: the same code that sees the same gives the same.

use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use standin_kernel::evaluation::{KeyValues, Program};
use standin_kernel::{Evaluated, Evaluation, Value};

/// What one run looked at besides its event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Looked {
    pub(crate) now: bool,
    pub(crate) chance: bool,
    pub(crate) request_id: bool,
    /// What `kvs.meta()` tells.
    pub(crate) store: bool,
    /// Keys of the store, with what was there.
    pub(crate) values: BTreeMap<String, Option<String>>,
}

impl Looked {
    /// Whether no other run can be alike: each has its own time, chance and request id.
    const fn is_alone(&self) -> bool {
        self.now || self.chance || self.request_id
    }
}

/// Events whose outcomes are kept at most; then all begins anew.
const EVENTS_MAX: usize = 4096;

/// Runs of one event at different edges, or with other values in the store.
const RUNS_MAX: usize = 16;

/// Outcomes by event.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    by_event: Mutex<HashMap<Event, Vec<Run>>>,
}

/// An event, found by its address first: what makes events keeps them and gives them out again.
#[derive(Debug, Eq)]
struct Event(Arc<Value>);

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Hash for Event {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Events of one path are few; what else they have is compared.
        self.0["request"]["uri"].as_str().hash(state);
    }
}

#[derive(Debug)]
struct Run {
    program: Arc<Program>,
    raw_query: Option<String>,
    edge_location: Arc<str>,
    store: Option<Arc<KeyValues>>,
    looked: Looked,
    outcome: Arc<Evaluated>,
}

impl Remembered {
    /// The outcome of an earlier run that saw the same.
    pub(crate) fn outcome(&self, evaluation: &Evaluation) -> Option<Arc<Evaluated>> {
        let by_event = self.by_event.lock().unwrap_or_else(PoisonError::into_inner);
        let runs = by_event.get(&Event(Arc::clone(&evaluation.event)))?;
        runs.iter().find(|run| run.is_like(evaluation)).map(|run| Arc::clone(&run.outcome))
    }

    pub(crate) fn keep(&self, evaluation: &Evaluation, looked: Looked, outcome: &Arc<Evaluated>) {
        if looked.is_alone() {
            return;
        }
        let run = Run {
            program: Arc::clone(&evaluation.program),
            raw_query: evaluation.raw_query.clone(),
            edge_location: Arc::clone(&evaluation.edge_location),
            store: evaluation.store.clone(),
            looked,
            outcome: Arc::clone(outcome),
        };
        let mut by_event = self.by_event.lock().unwrap_or_else(PoisonError::into_inner);
        if by_event.len() >= EVENTS_MAX {
            by_event.clear();
        }
        let runs = by_event.entry(Event(Arc::clone(&evaluation.event))).or_default();
        if runs.len() >= RUNS_MAX {
            runs.remove(0);
        }
        runs.push(run);
    }
}

impl Run {
    fn is_like(&self, evaluation: &Evaluation) -> bool {
        let same_program =
            Arc::ptr_eq(&self.program, &evaluation.program) || self.program == evaluation.program;
        same_program
            && self.edge_location == evaluation.edge_location
            && self.raw_query == evaluation.raw_query
            && (self.is_of_store(&evaluation.store) || self.read_the_same(&evaluation.store))
    }

    fn is_of_store(&self, store: &Option<Arc<KeyValues>>) -> bool {
        match (&self.store, store) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        }
    }

    fn read_the_same(&self, store: &Option<Arc<KeyValues>>) -> bool {
        let (Some(one), Some(other)) = (&self.store, store) else { return false };
        let same =
            |(key, value): (&String, &Option<String>)| other.values.get(key) == value.as_ref();
        one.id == other.id && !self.looked.store && self.looked.values.iter().all(same)
    }
}

#[cfg(test)]
mod tests {
    use standin_kernel::evaluation::KeyValues;
    use standin_kernel::{Duration, Evaluation, Evaluator, json};

    use super::Remembered;
    use crate::QuickJs;
    use crate::tests::evaluation;

    /// Whether the outcome of `one` is taken for that of `other`.
    fn again(one: &Evaluation, other: &Evaluation) -> bool {
        let quick = QuickJs::default();
        quick.evaluate(one);
        let remembered: &Remembered = &quick.remembered;
        let found = remembered.outcome(other);
        // Whatever is remembered is what a run of its own would give.
        let own = QuickJs::default().evaluate(other);
        assert!(found.as_ref().is_none_or(|found| *found == own));
        found.is_some()
    }

    fn with_id(code: &str, id: &str) -> Evaluation {
        let mut one = evaluation(code);
        let mut event = (*one.event).clone();
        event["context"] = json!({"eventType": "viewer-request"});
        one.event = event.into();
        one.request_id = Some(id.into());
        one
    }

    fn later(one: &Evaluation) -> Evaluation {
        let now = one.now + Duration::from_secs(1);
        Evaluation { now, seed: one.seed + 1, exchange: None, ..one.clone() }
    }

    #[test]
    fn what_looks_at_nothing_else_is_run_once_for_an_event() {
        let one = with_id("function handler(event) { return event.request; }", "id-1");
        let other = Evaluation { request_id: Some("id-2".into()), ..later(&one) };
        assert!(again(&one, &other));
        let mut elsewhere = (*other.event).clone();
        elsewhere["request"]["uri"] = json!("/b");
        assert!(!again(&one, &Evaluation { event: elsewhere.into(), ..other.clone() }));
        assert!(!again(&one, &Evaluation { edge_location: "LHR5".into(), ..other.clone() }));
        assert!(!again(&one, &Evaluation { raw_query: None, ..other }));
    }

    #[test]
    fn other_code_of_the_same_version_is_other_code() {
        let one = evaluation("function handler() { return 1; }");
        assert!(!again(&one, &evaluation("function handler() { return 2; }")));
    }

    #[test]
    fn who_looks_at_the_clock_at_chance_or_at_the_id_is_run_each_time() {
        for expression in [
            "Date.now()",
            "new Date().getTime()",
            "String(new Date())",
            "Date()",
            "Math.random()",
            "event.context.requestId",
            "JSON.stringify(event)",
            "Object.assign({}, event.context)",
        ] {
            let code = format!("function handler(event) {{ return {expression}; }}");
            let one = with_id(&code, "id-1");
            assert!(!again(&one, &later(&one)), "{expression}");
        }
        let one = with_id("function handler() { return Date.UTC(2030, 1, 1); }", "id-1");
        assert!(again(&one, &later(&one)));
    }

    #[test]
    fn cf_fn_03_the_request_id_is_a_member_like_others() {
        let code = "function handler(event) { const context = event.context; \
                    const keys = Object.keys(context); context.requestId = 'mine'; \
                    return [keys, context.requestId]; }";
        let made = QuickJs::default().evaluate(&with_id(code, "id-1"));
        assert_eq!(made.result, Ok(json!([["eventType", "requestId"], "mine"])));
    }

    #[test]
    fn a_store_that_changed_counts_where_it_was_read() {
        let code = "import cf from 'cloudfront'; \
                    async function handler() { return await cf.kvs().get('maintenance'); }";
        let one = evaluation(code);
        let changed = |change: &dyn Fn(&mut KeyValues)| {
            let mut store = one.store.as_deref().cloned().unwrap_or_default();
            change(&mut store);
            Evaluation { store: Some(store.into()), ..later(&one) }
        };
        assert!(again(&one, &changed(&|_| ())));
        let other = |store: &mut KeyValues| drop(store.values.insert("other".into(), "1".into()));
        assert!(again(&one, &changed(&other)));
        let off =
            |store: &mut KeyValues| drop(store.values.insert("maintenance".into(), "".into()));
        assert!(!again(&one, &changed(&off)));
        assert!(!again(&one, &changed(&|store| store.id = "store-2".into())));
        assert!(!again(&one, &Evaluation { store: None, ..later(&one) }));
        let code = "import cf from 'cloudfront'; \
                    async function handler() { return (await cf.kvs().meta()).keyCount; }";
        let counting = Evaluation { program: evaluation(code).program, ..one.clone() };
        let more = Evaluation { program: counting.program.clone(), ..changed(&other) };
        assert!(!again(&counting, &more));
    }
}
