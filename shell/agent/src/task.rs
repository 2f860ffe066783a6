//! Decides which tags of the task and of its containers a message gets (DD-SC-03).

use serde::Deserialize;

use crate::dogstatsd::{Cardinality, Origin};

/// One container beside the agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Container {
    pub name: String,
    pub image: String,
    /// The id that a sender may give as its origin.
    pub id: String,
}

/// The task whose sidecar the agent is; all empty when it runs by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Task {
    /// `arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID`
    pub arn: String,
    /// `arn:aws:ecs:REGION:ACCOUNT:task-definition/FAMILY:REVISION`
    pub definition_arn: String,
    pub zone: Option<String>,
    pub containers: Vec<Container>,
}

impl Task {
    /// The tags of everything the task sends.
    pub fn tags(&self, cardinality: Cardinality) -> Vec<String> {
        let mut tags = Vec::new();
        if cardinality == Cardinality::None || self.arn.is_empty() {
            return tags;
        }
        let mut add = |name: &str, value: Option<&str>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                tags.push(format!("{name}:{value}"));
            }
        };
        let definition = self.definition_arn.rsplit('/').next().unwrap_or_default();
        let (family, version) = definition.split_once(':').unwrap_or((definition, ""));
        add("ecs_cluster_name", self.arn.split('/').nth(1));
        add("region", self.arn.split(':').nth(3));
        add("availability-zone", self.zone.as_deref());
        add("task_family", Some(family));
        add("task_name", Some(family));
        add("task_version", Some(version));
        if cardinality >= Cardinality::Orchestrator {
            add("task_arn", Some(&self.arn));
        }
        tags
    }

    /// The tags of the container that a message says it comes from; none when no container of the
    /// task has that id or name.
    pub fn tags_of(&self, origin: &Origin, cardinality: Cardinality) -> Vec<String> {
        let known =
            |id: &String| self.containers.iter().find(|one| one.id == *id || one.name == *id);
        let Some(container) = origin.container_id.as_ref().and_then(known) else {
            return Vec::new();
        };
        container.tags(cardinality)
    }
}

impl Container {
    fn tags(&self, cardinality: Cardinality) -> Vec<String> {
        if cardinality == Cardinality::None {
            return Vec::new();
        }
        let (name, tag) = image_parts(&self.image);
        let short = name.rsplit('/').next().unwrap_or_default();
        let mut tags = vec![
            format!("ecs_container_name:{}", self.name),
            format!("docker_image:{}", self.image),
            format!("image_name:{name}"),
            format!("short_image:{short}"),
        ];
        if !tag.is_empty() {
            tags.push(format!("image_tag:{tag}"));
        }
        if cardinality == Cardinality::High {
            tags.push(format!("container_id:{}", self.id));
            tags.push(format!("container_name:{}", self.name));
        }
        tags
    }
}

/// Name and tag of `registry:5000/name:tag@digest`.
fn image_parts(image: &str) -> (&str, &str) {
    let image = image.split('@').next().unwrap_or_default();
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (image, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task() -> Task {
        Task {
            arn: "arn:aws:ecs:eu-west-1:123456789012:task/main/abc".into(),
            definition_arn: "arn:aws:ecs:eu-west-1:123456789012:task-definition/diary:7".into(),
            zone: Some("eu-west-1a".into()),
            containers: vec![Container {
                name: "app".into(),
                image: "registry:5000/team/diary-app:3".into(),
                id: "c1".into(),
            }],
        }
    }

    #[test]
    fn dd_sc_03_tags_of_the_task_by_cardinality() {
        let low = [
            "ecs_cluster_name:main",
            "region:eu-west-1",
            "availability-zone:eu-west-1a",
            "task_family:diary",
            "task_name:diary",
            "task_version:7",
        ];
        assert_eq!(task().tags(Cardinality::Low), low);
        let more = task().tags(Cardinality::Orchestrator);
        assert_eq!(more[..6], low);
        assert_eq!(more[6..], ["task_arn:arn:aws:ecs:eu-west-1:123456789012:task/main/abc"]);
        assert!(task().tags(Cardinality::None).is_empty());
    }

    #[test]
    fn dd_sc_03_tags_of_a_container_whose_origin_is_known() {
        let from = |id: &str| Origin { container_id: Some(id.into()), ..Origin::default() };
        let low = [
            "ecs_container_name:app",
            "docker_image:registry:5000/team/diary-app:3",
            "image_name:registry:5000/team/diary-app",
            "short_image:diary-app",
            "image_tag:3",
        ];
        assert_eq!(task().tags_of(&from("c1"), Cardinality::Low), low);
        let high = task().tags_of(&from("c1"), Cardinality::High);
        assert_eq!(high[5..], ["container_id:c1", "container_name:app"]);
        assert!(task().tags_of(&from("else"), Cardinality::High).is_empty());
        assert!(task().tags_of(&Origin::default(), Cardinality::High).is_empty());
    }
}
