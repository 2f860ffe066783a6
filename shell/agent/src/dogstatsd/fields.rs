//! Reads what metrics, events and service checks have in common: tags, and where they come from.

use std::str::FromStr;

/// How many tags of the task a message gets (DD-SC-03).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cardinality {
    None,
    #[default]
    Low,
    Orchestrator,
    High,
}

impl FromStr for Cardinality {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "none" => Ok(Self::None),
            "low" => Ok(Self::Low),
            "orchestrator" => Ok(Self::Orchestrator),
            "high" => Ok(Self::High),
            _ => Err(()),
        }
    }
}

/// Where a message says it comes from (DD-DS-07).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// `c:`, without its prefix `ci-`; one that names a cgroup's inode is kept with `in-`.
    pub container_id: Option<String>,
    /// `e:`, as it is.
    pub external_data: Option<String>,
    /// `card:`, or the tag `dd.internal.card`.
    pub cardinality: Option<Cardinality>,
    /// The tag `dd.internal.entity_id`.
    pub entity_id: Option<String>,
}

impl Origin {
    /// Takes a field that says something of the origin; `false` when it does not.
    pub(super) fn take(&mut self, field: &str) -> bool {
        if let Some(id) = field.strip_prefix("c:") {
            let id = id.strip_prefix("ci-").unwrap_or(id);
            self.container_id = Some(id.to_owned()).filter(|id| !id.is_empty());
        } else if let Some(data) = field.strip_prefix("e:") {
            self.external_data = Some(data.to_owned());
        } else if let Some(cardinality) = field.strip_prefix("card:") {
            self.cardinality = cardinality.parse().ok();
        } else {
            return false;
        }
        true
    }
}

/// The tags of `#a:1,b`, and what some of them say besides (DD-DS-12). `host` is set by a tag
/// `host:x`; an empty one takes the host away.
pub(super) fn tags(text: &str, host: &mut Option<String>, origin: &mut Origin) -> Vec<String> {
    let mut tags = Vec::new();
    for tag in text.split(',').filter(|tag| !tag.is_empty()) {
        if let Some(name) = tag.strip_prefix("host:") {
            *host = Some(name.to_owned());
        } else if let Some(cardinality) = tag.strip_prefix("dd.internal.card:") {
            origin.cardinality = cardinality.parse().ok();
        } else if let Some(id) = tag.strip_prefix("dd.internal.entity_id:") {
            origin.entity_id = Some(id.to_owned());
        } else {
            tags.push(tag.to_owned());
        }
    }
    tags
}
