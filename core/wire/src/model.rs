//! The tables of AWS's protocols: which operations there are, and the shapes of their documents.
//! `cargo xtask wire` writes the tables; they hold names and types, no prose.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use standin_kernel::ServiceName;

/// How a service's operations travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    Query,
    Ec2,
    Json,
    RestXml,
    RestJson,
    /// Never a table's own: what SDKs may speak instead (CloudWatch).
    #[serde(skip)]
    Cbor,
}

/// One service's table.
#[derive(Debug, Deserialize)]
pub struct Model {
    pub protocol: Protocol,
    /// `2015-12-01`
    pub version: String,
    /// The service's name in a signature's scope.
    pub signing: String,
    /// The prefix of `X-Amz-Target`.
    #[serde(default)]
    pub target: Option<String>,
    /// XML namespace of its documents.
    #[serde(default)]
    pub namespace: Option<String>,
    pub operations: BTreeMap<String, Operation>,
    pub shapes: BTreeMap<String, Shape>,
}

#[derive(Debug, Deserialize)]
pub struct Operation {
    pub method: String,
    /// Path and query as a pattern: `/{Bucket}/{Key+}?acl`.
    pub uri: String,
    #[serde(default)]
    pub input: Option<String>,
    #[serde(default)]
    pub output: Option<String>,
    /// The element around the output of the query protocol.
    #[serde(default)]
    pub wrapper: Option<String>,
    /// The status of its success, when not 200.
    #[serde(default)]
    pub status: Option<u16>,
}

/// What a value looks like.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Shape {
    Structure {
        members: Vec<Member>,
        /// The member that is the whole body.
        #[serde(default)]
        payload: Option<String>,
    },
    List {
        of: String,
        /// The element of one item; `member` when left out.
        #[serde(default)]
        element: Option<String>,
        #[serde(default)]
        flat: bool,
    },
    Map {
        key: String,
        value: String,
        #[serde(default)]
        flat: bool,
    },
    Text,
    Integer,
    Number,
    Bool,
    Time,
    Blob,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Member {
    pub name: String,
    pub shape: String,
    /// Its name on the wire, when it is another.
    #[serde(default)]
    pub wire: Option<String>,
    /// Where it stands, when not in the body.
    #[serde(default)]
    pub at: Option<Location>,
    #[serde(default)]
    pub flat: bool,
    /// An attribute of the XML element.
    #[serde(default)]
    pub attribute: bool,
    #[serde(default)]
    pub required: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Location {
    Uri,
    Query,
    Header,
    /// Every header with the wire name as its prefix.
    Headers,
    Status,
}

impl Member {
    pub fn wire_name(&self) -> &str {
        self.wire.as_deref().unwrap_or(&self.name)
    }
}

impl Model {
    pub fn shape(&self, name: &str) -> &Shape {
        self.shapes.get(name).unwrap_or(&Shape::Text)
    }

    /// Members of a structure.
    pub fn members(&self, name: &str) -> &[Member] {
        match self.shapes.get(name) {
            Some(Shape::Structure { members, .. }) => members,
            _ => &[],
        }
    }
}

/// A table and who carries its operations out.
#[derive(Debug)]
pub struct Entry {
    /// As in `aws NAME ...`.
    pub name: &'static str,
    pub service: ServiceName,
    text: &'static str,
    model: OnceLock<Model>,
}

impl Entry {
    const fn new(name: &'static str, service: ServiceName, text: &'static str) -> Self {
        Self { name, service, text, model: OnceLock::new() }
    }

    /// An operation as the machine that carries it out knows it: where several services share one,
    /// with the service's name in front.
    pub fn name_of(&self, operation: &str) -> String {
        let shares =
            self.service == ServiceName::Platform || self.name == "cloudfront-keyvaluestore";
        if shares { format!("{}:{operation}", self.name) } else { operation.to_owned() }
    }

    /// The table, read when it is first needed.
    pub fn model(&self) -> &Model {
        self.model.get_or_init(|| {
            // The text is part of the program; a test reads every one of them.
            serde_json::from_str(self.text).unwrap_or_else(|wrong| panic!("{}: {wrong}", self.name))
        })
    }
}

macro_rules! entry {
    ($name:literal, $service:ident) => {
        Entry::new(
            $name,
            ServiceName::$service,
            include_str!(concat!("../tables/", $name, ".json")),
        )
    };
}

/// All services on the endpoint.
pub static ENTRIES: [Entry; 20] = [
    entry!("acm", Platform),
    entry!("application-autoscaling", Platform),
    entry!("cloudformation", CloudFormation),
    entry!("cloudfront", CloudFront),
    entry!("cloudfront-keyvaluestore", CloudFront),
    entry!("cloudwatch", Platform),
    entry!("ec2", Platform),
    entry!("ecs", Ecs),
    entry!("elbv2", Elbv2),
    entry!("events", Platform),
    entry!("iam", Platform),
    entry!("lambda", Lambda),
    entry!("logs", Platform),
    entry!("rds", Rds),
    entry!("route53", Route53),
    entry!("s3", S3),
    entry!("scheduler", Platform),
    entry!("secretsmanager", Platform),
    entry!("ssm", Platform),
    entry!("sts", Platform),
];

/// The entry with this name.
pub fn entry(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_can_be_read_and_names_only_shapes_it_has() {
        for entry in &ENTRIES {
            let model = entry.model();
            assert!(!model.operations.is_empty(), "{}", entry.name);
            let operations = model.operations.values();
            let mut named: Vec<&String> = operations
                .flat_map(|operation| operation.input.iter().chain(&operation.output))
                .collect();
            for shape in model.shapes.values() {
                match shape {
                    Shape::Structure { members, .. } => {
                        named.extend(members.iter().map(|member| &member.shape));
                    }
                    Shape::List { of, .. } => named.push(of),
                    Shape::Map { key, value, .. } => named.extend([key, value]),
                    _ => {}
                }
            }
            for name in named {
                assert!(model.shapes.contains_key(name), "{}: {name}", entry.name);
            }
        }
    }
}
