//! A drill as an experiment template of AWS Fault Injection Service, when all of its faults are
//! ones that FIS has.

use std::collections::{BTreeMap, BTreeSet};

use standin_kernel::fault::{FisTarget, target_of, to_fis};
use standin_kernel::{Duration, Value, json};

use crate::drill::{Act, Drill, DrillError, Turn};

/// FIS waits and acts from one minute to twelve hours.
const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(12 * 3600);

/// An experiment template, and what only the stack on AWS knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// The input of `CreateExperimentTemplate`.
    pub template: Value,
    /// Texts of the form `{{Cluster}}` that stand in for names of the stack on AWS, each with what
    /// it is.
    pub to_fill_in: BTreeMap<String, String>,
}

/// The experiment of a drill on a stack of `template`, or the first thing that FIS cannot do.
pub fn experiment(drill: &Drill, template: &Value) -> Result<Experiment, DrillError> {
    if !drill.operations.is_empty() {
        let why = "an experiment of FIS injects faults; it carries out no operations";
        return Err(DrillError::member("operations[0]", why));
    }
    let faults: Vec<(usize, &Turn)> = drill.faults.iter().enumerate().collect();
    let broken = faults.iter().filter(|(_, turn)| matches!(turn.act, Act::Break { .. }));
    let Some(first) = broken.clone().map(|(_, turn)| turn.at).min() else {
        return Err(DrillError::member("faults", "the drill breaks nothing"));
    };
    let mut writer = Writer::new(drill, template);
    for (index, turn) in broken {
        let path = format!("faults[{index}]");
        writer.fault(&path, *index, turn, turn.at.saturating_sub(first)).map_err(|why| {
            let Act::Break { target, mode, .. } = &turn.act else {
                return DrillError::member(&path, why);
            };
            DrillError::member(&path, format!("{target} ({mode}): {why}"))
        })?;
    }
    let role = "{{RoleArn}}".to_owned();
    writer.to_fill_in.insert(role.clone(), "the role that the experiment assumes".to_owned());
    let template = json!({
        "description": format!("The drill {}", drill.name),
        "roleArn": role,
        "stopConditions": [{"source": "none"}],
        "targets": writer.targets,
        "actions": writer.actions,
        "tags": {"drill": drill.name},
    });
    Ok(Experiment { template, to_fill_in: writer.to_fill_in })
}

struct Writer<'a> {
    drill: &'a Drill,
    template: &'a Value,
    targets: BTreeMap<String, Value>,
    actions: BTreeMap<String, Value>,
    to_fill_in: BTreeMap<String, String>,
    waits: BTreeSet<Duration>,
}

impl<'a> Writer<'a> {
    const fn new(drill: &'a Drill, template: &'a Value) -> Self {
        Self {
            drill,
            template,
            targets: BTreeMap::new(),
            actions: BTreeMap::new(),
            to_fill_in: BTreeMap::new(),
            waits: BTreeSet::new(),
        }
    }

    fn fault(
        &mut self,
        path: &str,
        index: usize,
        turn: &Turn,
        offset: Duration,
    ) -> Result<(), String> {
        let Act::Break { target, mode, lasts } = &turn.act else { return Ok(()) };
        let on = self.kind_of(target)?;
        let lasts = if mode.happens_once() {
            None
        } else {
            let lasts = lasts.unwrap_or_else(|| self.until_mended(target, turn.at));
            Some(within_bounds(lasts, "a fault")?)
        };
        let (id, mut parameters) = match &turn.action {
            Some(action) => {
                let aimed_at = target_of(&action.id).map_err(|wrong| wrong.to_string())?;
                if aimed_at != on {
                    return Err(format!("{} is aimed at {}", action.id, aimed_at.as_str()));
                }
                (action.id.clone(), action.parameters.clone())
            }
            None => {
                let (id, parameters) = to_fis(*mode, on, lasts)
                    .ok_or_else(|| "FIS has no action for it".to_owned())?;
                (id.to_owned(), parameters)
            }
        };
        if let Some(lasts) = lasts {
            parameters.insert("duration".into(), iso8601(lasts));
        }
        let slot = match on {
            FisTarget::EcsTask => "Tasks",
            FisTarget::Subnet => "Subnets",
            FisTarget::Database => "DBInstances",
        };
        let name = self.target(target, on);
        let mut action = json!({
            "actionId": id,
            "description": format!("{path} of the drill"),
            "targets": {slot: name},
        });
        if !parameters.is_empty() {
            action["parameters"] = json!(parameters);
        }
        if !offset.is_zero() {
            action["startAfter"] = json!([self.wait(offset)?]);
        }
        self.actions.insert(format!("fault-{index}"), action);
        Ok(())
    }

    /// Waits from the beginning of the experiment, the first fault's time.
    fn wait(&mut self, offset: Duration) -> Result<String, String> {
        let offset = within_bounds(offset, "the time since the first fault")?;
        let name = format!("wait-{}s", offset.as_secs());
        if self.waits.insert(offset) {
            let action = json!({
                "actionId": "aws:fis:wait", "parameters": {"duration": iso8601(offset)},
            });
            self.actions.insert(name.clone(), action);
        }
        Ok(name)
    }

    /// When the drill mends the target after `at`, else its end.
    fn until_mended(&self, target: &str, at: Duration) -> Duration {
        let mends = |turn: &&Turn| match &turn.act {
            Act::Repair { target: Some(named) } => named == target,
            Act::Repair { target: None } => true,
            Act::Break { .. } => false,
        };
        let later = self.drill.faults.iter().filter(|turn| turn.at >= at);
        let mended = later.filter(mends).map(|turn| turn.at).min();
        mended.unwrap_or(self.drill.duration).saturating_sub(at)
    }

    fn resource(&self, logical_id: &str) -> &Value {
        &self.template["Resources"][logical_id]
    }

    fn kind_of(&self, target: &str) -> Result<FisTarget, String> {
        let (logical_id, number) = split(target);
        match (self.resource(logical_id)["Type"].as_str(), number) {
            (Some("AWS::ECS::Service"), _) => Ok(FisTarget::EcsTask),
            (Some("AWS::EC2::Subnet"), None) => Ok(FisTarget::Subnet),
            (Some("AWS::RDS::DBInstance"), None) => Ok(FisTarget::Database),
            _ => Err("FIS breaks services, one task of a service (Service/1), subnets and \
                      databases"
                .into()),
        }
    }

    /// The target's name in the experiment. `Service/1` is any one task: FIS chooses by chance.
    fn target(&mut self, target: &str, on: FisTarget) -> String {
        let (logical_id, number) = split(target);
        let selection = if number.is_some() { "COUNT(1)" } else { "ALL" };
        let name = match number {
            Some(_) => format!("one-of-{logical_id}"),
            None => logical_id.to_owned(),
        };
        let mut written = json!({"resourceType": on.as_str(), "selectionMode": selection});
        match on {
            FisTarget::EcsTask => {
                let properties = self.resource(logical_id)["Properties"].clone();
                let cluster = self.name_of(&properties["Cluster"], "the cluster's name");
                let service = match properties["ServiceName"].as_str() {
                    Some(name) => name.to_owned(),
                    None => self.placeholder(logical_id, "the service's name"),
                };
                written["parameters"] = json!({"cluster": cluster, "service": service});
            }
            FisTarget::Subnet => {
                let arn = self.placeholder(logical_id, "the subnet's ARN");
                written["resourceArns"] = json!([arn]);
            }
            FisTarget::Database => {
                let arn = self.placeholder(logical_id, "the DB instance's ARN");
                written["resourceArns"] = json!([arn]);
            }
        }
        self.targets.insert(name.clone(), written);
        name
    }

    /// A name that is written in the template, or what stands in for it.
    fn name_of(&mut self, value: &Value, what: &str) -> String {
        match (value.as_str(), value["Ref"].as_str()) {
            (Some(name), _) => name.to_owned(),
            (None, Some(logical_id)) => self.placeholder(logical_id, what),
            (None, None) => self.placeholder("Cluster", what),
        }
    }

    fn placeholder(&mut self, logical_id: &str, what: &str) -> String {
        let text = format!("{{{{{logical_id}}}}}");
        self.to_fill_in.insert(text.clone(), what.to_owned());
        text
    }
}

/// `Service/1` as logical id and number.
fn split(target: &str) -> (&str, Option<&str>) {
    match target.split_once('/') {
        Some((logical_id, number)) => (logical_id, Some(number)),
        None => (target, None),
    }
}

fn within_bounds(time: Duration, what: &str) -> Result<Duration, String> {
    if (SHORTEST..=LONGEST).contains(&time) && time.subsec_nanos() == 0 {
        return Ok(time);
    }
    let seconds = time.as_secs_f64();
    Err(format!(
        "{what} takes whole seconds from one minute to twelve hours in FIS; {seconds}s is not"
    ))
}

/// `PT90S`
fn iso8601(time: Duration) -> String {
    format!("PT{}S", time.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template() -> Value {
        json!({"Resources": {
            "Cluster": {"Type": "AWS::ECS::Cluster"},
            "Service": {"Type": "AWS::ECS::Service", "Properties": {
                "Cluster": {"Ref": "Cluster"}, "ServiceName": "shop"}},
            "North": {"Type": "AWS::EC2::Subnet"},
            "Bucket": {"Type": "AWS::S3::Bucket"},
        }})
    }

    fn of(faults: &Value) -> Result<Experiment, String> {
        let drill = Drill::from_value(json!({
            "name": "n", "template": "t", "duration": "10m",
            "viewers": [{"name": "v", "get": "/", "every": "1s"}], "faults": faults,
        }))
        .unwrap();
        experiment(&drill, &template()).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn faults_become_actions_at_their_times() {
        let experiment = of(&json!([
            {"at": "20s", "break": "Service/1", "action": "aws:ecs:stop-task"},
            {"at": "80s", "break": "North", "mode": "cut", "for": "2m"},
            {"at": "80s", "break": "Service", "mode": "loss=30%"},
            {"at": "5m", "repair": "Service"},
        ]))
        .unwrap();
        let actions = &experiment.template["actions"];
        assert_eq!(actions["fault-0"]["actionId"], "aws:ecs:stop-task");
        assert_eq!(actions["fault-0"].get("startAfter"), None);
        assert_eq!(actions["fault-0"]["targets"], json!({"Tasks": "one-of-Service"}));
        assert_eq!(actions["wait-60s"]["parameters"], json!({"duration": "PT60S"}));
        assert_eq!(actions["fault-1"]["startAfter"], json!(["wait-60s"]));
        assert_eq!(actions["fault-1"]["parameters"], json!({"duration": "PT120S", "scope": "all"}));
        let loss = json!({"duration": "PT220S", "lossPercent": "30"});
        assert_eq!(actions["fault-2"]["parameters"], loss);
        let one = &experiment.template["targets"]["one-of-Service"];
        assert_eq!(one["parameters"], json!({"cluster": "{{Cluster}}", "service": "shop"}));
        assert_eq!(one["selectionMode"], "COUNT(1)");
        let names: Vec<_> = experiment.to_fill_in.keys().map(String::as_str).collect();
        assert_eq!(names, ["{{Cluster}}", "{{North}}", "{{RoleArn}}"]);
    }

    #[test]
    fn what_fis_cannot_do_is_refused_by_its_fault() {
        let refusal = |fault: Value| of(&json!([fault])).unwrap_err();
        let hang = refusal(json!({"at": 1, "break": "Service", "mode": "hang"}));
        assert_eq!(hang, "faults[0]: Service (hang): FIS has no action for it");
        let bucket = refusal(json!({"at": 1, "break": "Bucket", "mode": "missing"}));
        assert!(bucket.starts_with("faults[0]: Bucket (missing): FIS breaks services"), "{bucket}");
        let short = refusal(json!({"at": 1, "break": "North", "mode": "cut", "for": "30s"}));
        assert!(short.contains("from one minute to twelve hours"), "{short}");
        let aimed = refusal(json!({"at": 1, "break": "North", "action": "aws:ecs:stop-task"}));
        assert!(aimed.contains("aws:ecs:stop-task is aimed at aws:ecs:task"), "{aimed}");
        assert_eq!(of(&json!([])).unwrap_err(), "faults: the drill breaks nothing");
    }
}
