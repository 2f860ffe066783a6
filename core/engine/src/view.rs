//! What people and programs are shown of the engine: what can be broken, where a fact's setting
//! stands in the template.

use standin_kernel::{Fact, Value, json};

use crate::Engine;
use crate::places::BREAKABLE;

impl Engine {
    /// The logical ids that `break` takes, in the order of their stacks.
    pub fn breakable(&self) -> Vec<String> {
        let cloudformation = &self.services.cloudformation;
        cloudformation
            .resources()
            .filter(|resource| BREAKABLE.contains(&resource.resource_type.as_str()))
            .map(|resource| resource.logical_id.clone())
            .collect()
    }

    /// A fact with its setting's logical id, file, line and text, as `explain --json` prints it.
    pub fn located(&self, fact: &Fact) -> Value {
        let mut shown = json!({
            "service": fact.service.as_str(),
            "step": fact.step,
            "says": fact.says,
            "row": fact.row,
        });
        if let Some(setting) = &fact.setting {
            let cloudformation = &self.services.cloudformation;
            let mut place = json!({"property": setting.property, "resource": setting.resource});
            if let Some((stack, logical_id)) = cloudformation.find_physical(&setting.resource) {
                place["stack"] = json!(stack);
                place["logical_id"] = json!(logical_id);
            }
            if let Some(at) = cloudformation.locate(&setting.resource, &setting.property) {
                place["file"] = json!(at.file);
                place["line"] = json!(at.line);
                place["text"] = json!(at.text.trim());
            }
            shown["setting"] = place;
        }
        shown
    }

    /// What is broken, as `status` shows it.
    pub fn faults_shown(&self) -> Vec<Value> {
        let shown = |active: &crate::ActiveFault| {
            json!({
                "target": active.fault.target,
                "mode": active.fault.mode.to_string(),
                "since": active.since.iso8601(),
                "until": active.fault.until.map(standin_kernel::Time::iso8601),
            })
        };
        self.faults.iter().map(shown).collect()
    }
}
