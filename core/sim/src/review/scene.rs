//! What a template says, as far as a review asks: resources with their properties resolved, in
//! which every `Ref` gives the logical id and every name can be read back to its resource.

use std::collections::BTreeMap;

use standin_cloudformation::template::{
    PseudoParameters, Resources, Scope, Template, TemplateError, read_value,
};
use standin_engine::resource_types;
use standin_kernel::{Env, Value};

use crate::play::Stage;

/// A template with the values of its parameters.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    /// The template as its text stands for, functions as they are written.
    pub(crate) written: Value,
    template: Template,
    scope: Scope,
    /// The parameters' values: given ones, else defaults.
    given: BTreeMap<String, Value>,
    resources: Vec<Item>,
}

/// A resource that exists in the scope.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) logical_id: String,
    pub(crate) type_name: String,
    /// With functions resolved.
    pub(crate) properties: Value,
}

impl Scene {
    /// Reads the template of a stage.
    pub(crate) fn of(stage: &Stage, env: &Env) -> Result<Self, String> {
        let listed = |errors: Vec<TemplateError>| {
            errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        let file = stage.stack["Standin"]["File"].as_str().unwrap_or("template");
        let text = stage.stack["TemplateBody"].as_str().unwrap_or_default();
        let written = read_value(file, text).map_err(listed)?;
        let template = Template::parse(file, text).map_err(listed)?;
        let given: Vec<(String, String)> = stage.stack["Parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| {
                let text = |name: &str| one[name].as_str().map(str::to_owned);
                Some((text("ParameterKey")?, text("ParameterValue")?))
            })
            .collect();
        let scope = template.bind(&given, None, &pseudo(stage, env)).map_err(listed)?;
        let names = Names::of(&template, env);
        let mut resources = Vec::new();
        for planned in template.plan(&scope).map_err(listed)?.resources {
            // What only a running stack knows (an import) leaves a resource without properties.
            let properties = template.resolve(&planned.logical_id, &scope, &names);
            let properties = properties.unwrap_or_default();
            let (logical_id, type_name) = (planned.logical_id, planned.type_name);
            resources.push(Item { logical_id, type_name, properties });
        }
        let mut values = BTreeMap::new();
        for (name, parameter) in written["Parameters"].as_object().into_iter().flatten() {
            values.insert(name.clone(), parameter["Default"].clone());
        }
        values.extend(given.into_iter().map(|(name, value)| (name, Value::from(value))));
        Ok(Self { written, template, scope, given: values, resources })
    }

    pub(crate) fn all<'a>(&'a self, type_name: &'a str) -> impl Iterator<Item = &'a Item> {
        self.resources.iter().filter(move |item| item.type_name == type_name)
    }

    pub(crate) fn get(&self, logical_id: &str) -> Option<&Item> {
        self.resources.iter().find(|item| item.logical_id == logical_id)
    }

    /// The distribution that viewers of this machine see: the first of the template.
    pub(crate) fn distribution(&self) -> Option<&Item> {
        self.all("AWS::CloudFront::Distribution").next()
    }

    /// A value as it is written, or that of the parameter it refers to.
    pub(crate) fn written_value<'a>(&'a self, value: &'a Value) -> Option<&'a Value> {
        match value["Ref"].as_str() {
            Some(name) => self.given.get(name),
            None => Some(value).filter(|value| !value.is_null()),
        }
    }

    pub(crate) fn condition(&self, name: &str) -> Option<bool> {
        self.scope.condition(name)
    }

    /// File, line and text of a property, or of its nearest ancestor that is written.
    pub(crate) fn place(&self, logical_id: &str, path: &str) -> Option<(String, u64)> {
        let place = self.template.locate_in(&self.scope, logical_id, path)?;
        Some((place.file, place.line as u64))
    }

    /// The bucket that an origin's domain name is one of.
    pub(crate) fn bucket_of(&self, domain: &str) -> Option<&Item> {
        let at = domain.find(".s3").unwrap_or(domain.len());
        self.get(&domain[..at]).filter(|item| item.type_name == "AWS::S3::Bucket")
    }

    /// The load balancer that an origin's domain name is one of.
    pub(crate) fn balancer_of(&self, domain: &str) -> Option<&Item> {
        let id = domain.strip_suffix(".DNSName").unwrap_or(domain);
        let item = self.get(id)?;
        (item.type_name == "AWS::ElasticLoadBalancingV2::LoadBalancer").then_some(item)
    }
}

fn pseudo(stage: &Stage, env: &Env) -> PseudoParameters {
    let name = stage.stack["StackName"].as_str().unwrap_or("stack").to_owned();
    PseudoParameters {
        stack_id: format!("arn:aws:cloudformation:{}:{}:stack/{name}/0", env.region, env.account),
        account_id: env.account.clone(),
        region: env.region.clone(),
        stack_name: name,
        notification_arns: Vec::new(),
    }
}

/// Gives every resource its own logical id as name, and attributes that say whose they are.
#[derive(Clone, Debug)]
struct Names {
    physical: BTreeMap<String, String>,
    attributes: BTreeMap<(String, String), Value>,
}

impl Names {
    fn of(template: &Template, env: &Env) -> Self {
        let types = resource_types();
        let mut names = Self { physical: BTreeMap::new(), attributes: BTreeMap::new() };
        for (logical, kind) in template.resources() {
            names.physical.insert(logical.to_owned(), logical.to_owned());
            let known = types.iter().find(|known| known.type_name() == kind);
            for name in known.map_or(&[][..], |known| known.attributes()) {
                let value = attribute(logical, kind, name, &env.region);
                names.attributes.insert((logical.to_owned(), (*name).to_owned()), value.into());
            }
        }
        names
    }
}

impl Resources for Names {
    fn physical_id(&self, logical: &str) -> Option<&str> {
        self.physical.get(logical).map(String::as_str)
    }

    fn attribute(&self, logical: &str, name: &str) -> Option<&Value> {
        self.attributes.get(&(logical.to_owned(), name.to_owned()))
    }

    fn export(&self, _name: &str) -> Option<&Value> {
        None
    }
}

fn attribute(logical: &str, kind: &str, name: &str, region: &str) -> String {
    match (kind, name) {
        ("AWS::S3::Bucket", "DomainName") => format!("{logical}.s3.amazonaws.com"),
        ("AWS::S3::Bucket", "RegionalDomainName") => {
            format!("{logical}.s3.{region}.amazonaws.com")
        }
        ("AWS::S3::Bucket", "WebsiteURL") => {
            format!("http://{logical}.s3-website.{region}.amazonaws.com")
        }
        ("AWS::S3::Bucket", "Arn") => format!("arn:aws:s3:::{logical}"),
        ("AWS::EC2::VPC", "CidrBlock") => "10.0.0.0/16".to_owned(),
        (_, "Id" | "Arn" | "LoadBalancerArn" | "TargetGroupArn" | "ListenerArn") => {
            logical.to_owned()
        }
        _ => format!("{logical}.{name}"),
    }
}

/// The zone a subnet of the template lies in, as far as it says.
pub(crate) fn zone(subnet: &Item) -> Option<&str> {
    subnet.properties["AvailabilityZone"].as_str()
}
