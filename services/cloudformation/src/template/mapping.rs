//! The Mappings section: two levels of names, then a string or a list (CFN-IN-15, CFN-IN-17).

use standin_kernel::Value;

use super::section::{Findings, count};
use super::tree::{Node, NodeKind};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mapping {
    pub(super) name: String,
    tops: Vec<(String, Vec<(String, Value)>)>,
}

pub(super) fn read(findings: &mut Findings<'_>, section: Option<&Node>) -> Vec<Mapping> {
    let Some(section) = section else { return Vec::new() };
    count(findings, section, "mappings", 200);
    let entries = findings.entries(section, "Template format error: Mappings must be an object.");
    let mut mappings = Vec::new();
    for entry in entries {
        findings.logical_name(entry, "Mappings");
        let not_map = |name: &str| {
            format!("Template format error: Every Mappings member {name} must be a map")
        };
        let tops = findings.entries(&entry.value, &not_map(&entry.key));
        count(findings, &entry.value, "mapping attributes", 200);
        let mut read = Vec::new();
        for top in tops {
            let seconds = findings.entries(&top.value, &not_map(&top.key));
            for second in seconds {
                attribute(findings, &second.value);
            }
            let seconds = seconds.iter().map(|one| (one.key.clone(), one.value.to_value()));
            read.push((top.key.clone(), seconds.collect()));
        }
        mappings.push(Mapping { name: entry.key.clone(), tops: read });
    }
    mappings
}

fn attribute(findings: &mut Findings<'_>, node: &Node) {
    let good = match &node.kind {
        NodeKind::Map(_) => false,
        NodeKind::List(items) => {
            items.iter().all(|item| !matches!(item.kind, NodeKind::Map(_) | NodeKind::List(_)))
        }
        _ => true,
    };
    if !good {
        let message = "Template format error: Every Mappings attribute must be a String or a List.";
        let hint = "functions are not allowed in Mappings".to_owned();
        findings.hinted(node.mark, message, hint);
    }
}

/// The value under two names, or what AWS says when there is none.
pub(super) fn find<'m>(
    mappings: &'m [Mapping],
    map: &str,
    top: &str,
    second: &str,
) -> Result<&'m Value, String> {
    let Some(mapping) = mappings.iter().find(|mapping| mapping.name == map) else {
        return Err(format!(
            "Template error: Mapping named '{map}' is not present in the 'Mappings' section of \
                template."
        ));
    };
    mapping
        .tops
        .iter()
        .find(|(name, _)| name == top)
        .and_then(|(_, seconds)| seconds.iter().find(|(name, _)| name == second))
        .map(|(_, value)| value)
        .ok_or_else(|| format!("Template error: Unable to get mapping for {map}::{top}::{second}"))
}
