//! A template with something changed: which property gets which value, and how that finds its way
//! through `Fn::If` and the lists that hold it.

use serde::Serialize;
use standin_kernel::{Bytes, Value, json};

use super::scene::Scene;
use crate::play::{Object, Stage};

/// One thing to change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Edit {
    pub logical_id: String,
    /// `DistributionConfig.CustomErrorResponses[2].ErrorCachingMinTTL`; a list with an index of one
    /// behind its last member gets a new member. Empty: the whole resource is new. With a leading
    /// `/`: an object of that key in the bucket.
    pub path: String,
    /// Null takes the member or the resource away.
    pub value: Value,
}

impl Edit {
    pub(crate) fn new(logical_id: &str, path: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { logical_id: logical_id.to_owned(), path: path.into(), value: value.into() }
    }
}

/// The stage with the edits made; `None` when one of them has no place in the template.
pub(crate) fn changed(stage: &Stage, scene: &Scene, edits: &[Edit]) -> Option<Stage> {
    let mut written = scene.written.clone();
    let mut stage = stage.clone();
    for edit in edits {
        if let Some(key) = edit.path.strip_prefix('/') {
            let object = object(&edit.logical_id, key, edit.value.as_str()?);
            stage.objects.push(object);
            continue;
        }
        let resources = written.get_mut("Resources")?.as_object_mut()?;
        if edit.path.is_empty() && edit.value.is_null() {
            resources.remove(&edit.logical_id)?;
            continue;
        }
        if edit.path.is_empty() {
            resources.insert(edit.logical_id.clone(), edit.value.clone());
            continue;
        }
        let resource = resources.get_mut(&edit.logical_id)?.as_object_mut()?;
        let properties = resource.entry("Properties").or_insert_with(|| json!({}));
        let choose = |name: &str| scene.condition(name).unwrap_or(false);
        set(properties, &steps(&edit.path), &edit.value, &choose)?;
    }
    stage.stack["TemplateBody"] = json!(written.to_string());
    Some(stage)
}

/// Of the files that pages are made of.
fn content_type(key: &str) -> &'static str {
    match key.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        Some("js") => "text/javascript",
        _ => "text/html",
    }
}

/// A page that a bucket gets.
fn object(bucket: &str, key: &str, text: &str) -> Object {
    Object {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        content_type: content_type(key).to_owned(),
        body: Bytes::copy_from_slice(text.as_bytes()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step<'p> {
    Name(&'p str),
    Index(usize),
}

fn steps(path: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (name, indices) = part.split_once('[').unwrap_or((part, ""));
        steps.push(Step::Name(name));
        let indices = indices.split(['[', ']']).filter_map(|index| index.parse().ok());
        steps.extend(indices.map(Step::Index));
    }
    steps
}

fn set(
    node: &mut Value,
    steps: &[Step<'_>],
    value: &Value,
    choose: &dyn Fn(&str) -> bool,
) -> Option<()> {
    let Some((step, rest)) = steps.split_first() else {
        *node = value.clone();
        return Some(());
    };
    if let Some(branch) = branch(node, choose) {
        return set(node.get_mut("Fn::If")?.get_mut(branch)?, steps, value, choose);
    }
    match *step {
        Step::Name(name) => {
            let empty = match rest.first() {
                Some(Step::Index(_)) => json!([]),
                _ => json!({}),
            };
            if rest.is_empty() && value.is_null() {
                return node.as_object_mut()?.remove(name).map(drop);
            }
            let member = node.as_object_mut()?.entry(name).or_insert(empty);
            set(member, rest, value, choose)
        }
        Step::Index(index) => {
            let items = node.as_array_mut()?;
            let there: Vec<usize> =
                (0..items.len()).filter(|at| !absent(&items[*at], choose)).collect();
            match there.get(index) {
                Some(at) if rest.is_empty() && value.is_null() => {
                    items.remove(*at);
                    Some(())
                }
                Some(at) => set(&mut items[*at], rest, value, choose),
                None if index == there.len() && rest.is_empty() => {
                    items.push(value.clone());
                    Some(())
                }
                None => None,
            }
        }
    }
}

/// Which member of `Fn::If` is taken, if it is one.
fn branch(node: &Value, choose: &dyn Fn(&str) -> bool) -> Option<usize> {
    let members = node.as_object().filter(|members| members.len() == 1)?;
    let condition = members.get("Fn::If")?.get(0)?.as_str()?;
    Some(if choose(condition) { 1 } else { 2 })
}

fn absent(node: &Value, choose: &dyn Fn(&str) -> bool) -> bool {
    match branch(node, choose) {
        Some(branch) => absent(&node["Fn::If"][branch], choose),
        None => node["Ref"] == "AWS::NoValue",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_goes_through_conditions_and_counts_what_is_there() {
        let no_value = json!({"Ref": "AWS::NoValue"});
        let mut node = json!({"L": {"Fn::If": ["Yes", [
            {"Fn::If": ["No", {"A": 1}, no_value]}, {"A": 2},
        ], []]}});
        let choose = |name: &str| name == "Yes";
        set(&mut node, &steps("L[0].A"), &json!(5), &choose).unwrap();
        assert_eq!(node["L"]["Fn::If"][1][1], json!({"A": 5}));
        set(&mut node, &steps("L[1]"), &json!("new"), &choose).unwrap();
        assert_eq!(node["L"]["Fn::If"][1][2], "new");
        assert_eq!(set(&mut node, &steps("L[7]"), &json!(1), &choose), None);
        set(&mut node, &steps("M.N"), &json!(1), &choose).unwrap();
        assert_eq!(node["M"]["N"], 1);
        set(&mut node, &steps("L[0]"), &Value::Null, &choose).unwrap();
        assert_eq!(node["L"]["Fn::If"][1][0]["Fn::If"][0], "No");
        assert_eq!(node["L"]["Fn::If"][1][1], "new");
        set(&mut node, &steps("M"), &Value::Null, &choose).unwrap();
        assert_eq!(node.get("M"), None);
    }
}
