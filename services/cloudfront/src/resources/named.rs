//! `AWS::CloudFront::CachePolicy`, `OriginRequestPolicy`, `ResponseHeadersPolicy` and
//! `OriginAccessControl`: one document each, created, replaced and deleted (CFN-RS-02, -05 to -07).

mod table;

use std::collections::BTreeMap;

use standin_kernel::resource::{Job, Progress, Property, ResourceType};
use standin_kernel::{Value, json};

use super::convert::quantified;
use super::{call, refused, without_hint};

/// What differs between the four.
#[derive(Debug)]
pub(super) struct Named {
    type_name: &'static str,
    properties: &'static [Property],
    attributes: &'static [&'static str],
    /// The member around the document in answers, and that of the document.
    noun: &'static str,
    config: &'static str,
    create: &'static str,
    get: &'static str,
    update: &'static str,
    delete: &'static str,
}

pub(super) const CACHE_POLICY: Named = Named {
    type_name: "AWS::CloudFront::CachePolicy",
    properties: table::CACHE_POLICY,
    attributes: &["Id", "LastModifiedTime"],
    noun: "CachePolicy",
    config: "CachePolicyConfig",
    create: "CreateCachePolicy",
    get: "GetCachePolicy",
    update: "UpdateCachePolicy",
    delete: "DeleteCachePolicy",
};

pub(super) const ORIGIN_REQUEST_POLICY: Named = Named {
    type_name: "AWS::CloudFront::OriginRequestPolicy",
    properties: table::ORIGIN_REQUEST_POLICY,
    attributes: &["Id", "LastModifiedTime"],
    noun: "OriginRequestPolicy",
    config: "OriginRequestPolicyConfig",
    create: "CreateOriginRequestPolicy",
    get: "GetOriginRequestPolicy",
    update: "UpdateOriginRequestPolicy",
    delete: "DeleteOriginRequestPolicy",
};

pub(super) const RESPONSE_HEADERS_POLICY: Named = Named {
    type_name: "AWS::CloudFront::ResponseHeadersPolicy",
    properties: table::RESPONSE_HEADERS_POLICY,
    attributes: &["Id", "LastModifiedTime"],
    noun: "ResponseHeadersPolicy",
    config: "ResponseHeadersPolicyConfig",
    create: "CreateResponseHeadersPolicy",
    get: "GetResponseHeadersPolicy",
    update: "UpdateResponseHeadersPolicy",
    delete: "DeleteResponseHeadersPolicy",
};

pub(super) const ORIGIN_ACCESS_CONTROL: Named = Named {
    type_name: "AWS::CloudFront::OriginAccessControl",
    properties: table::ORIGIN_ACCESS_CONTROL,
    attributes: &["Id"],
    noun: "OriginAccessControl",
    config: "OriginAccessControlConfig",
    create: "CreateOriginAccessControl",
    get: "GetOriginAccessControl",
    update: "UpdateOriginAccessControl",
    delete: "DeleteOriginAccessControl",
};

/// Steps: for an update or a deletion the current version is asked for first.
const BEGIN: u32 = 0;
const LOOKED: u32 = 1;
const MADE: u32 = 2;

impl ResourceType for Named {
    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn properties(&self) -> &'static [Property] {
        self.properties
    }

    fn attributes(&self) -> &'static [&'static str] {
        self.attributes
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        if let Some(refused) = without_hint(job, self.type_name) {
            return refused;
        }
        match job.reply {
            None => {
                let input = json!({self.config: self.document(job)});
                call(self.create, input, MADE, Value::Null)
            }
            Some(Err(error)) => refused(self.type_name, error),
            Some(Ok(answer)) => self.done(answer),
        }
    }

    fn update(&self, job: &Job<'_>) -> Progress {
        if let Some(refused) = without_hint(job, self.type_name) {
            return refused;
        }
        match (job.step, job.reply) {
            (_, Some(Err(error))) => refused(self.type_name, error),
            (LOOKED, Some(Ok(answer))) => {
                let input = json!({
                    "Id": job.physical_id,
                    "IfMatch": answer["ETag"],
                    self.config: self.document(job),
                });
                call(self.update, input, MADE, Value::Null)
            }
            (_, Some(Ok(answer))) => self.done(answer),
            _ => call(self.get, json!({"Id": job.physical_id}), LOOKED, Value::Null),
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        let gone = || Progress::Done {
            physical_id: job.physical_id.unwrap_or_default().to_owned(),
            attributes: BTreeMap::new(),
        };
        match (job.step, job.reply) {
            (BEGIN, _) => call(self.get, json!({"Id": job.physical_id}), LOOKED, Value::Null),
            (_, Some(Err(error))) if error.status == 404 => gone(),
            (_, Some(Err(error))) => refused(self.type_name, error),
            (LOOKED, Some(Ok(answer))) => {
                let input = json!({"Id": job.physical_id, "IfMatch": answer["ETag"]});
                call(self.delete, input, MADE, Value::Null)
            }
            _ => gone(),
        }
    }
}

impl Named {
    fn document(&self, job: &Job<'_>) -> Value {
        quantified(&job.properties[self.config])
    }

    fn done(&self, answer: &Value) -> Progress {
        let made = &answer[self.noun];
        let named = |name: &&'static str| ((*name).to_owned(), made[*name].clone());
        Progress::Done {
            physical_id: made["Id"].as_str().unwrap_or_default().to_owned(),
            attributes: self.attributes.iter().map(named).collect(),
        }
    }
}
