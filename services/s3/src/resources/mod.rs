//! The CloudFormation types of S3.

mod bucket;
mod bucket_policy;

use standin_kernel::resource::ResourceType;

pub(crate) const ALL: &[&dyn ResourceType] = &[&bucket::Bucket, &bucket_policy::BucketPolicy];
