//! The list of services: nothing else knows them all.

use standin_cloudformation::CloudFormation;
use standin_cloudfront::CloudFront;
use standin_ecs::Ecs;
use standin_elbv2::Elbv2;
use standin_kernel::resource::ResourceType;
use standin_kernel::{Service, ServiceName};
use standin_lambda::Lambda;
use standin_platform::Platform;
use standin_rds::Rds;
use standin_route53::Route53;
use standin_s3::S3;

#[derive(Clone, Debug)]
pub struct Services {
    pub cloudformation: CloudFormation,
    pub cloudfront: CloudFront,
    pub elbv2: Elbv2,
    pub ecs: Ecs,
    pub s3: S3,
    pub platform: Platform,
    pub lambda: Lambda,
    pub route53: Route53,
    pub rds: Rds,
}

/// The resource types of all services.
pub fn resource_types() -> Vec<&'static dyn ResourceType> {
    let all: [&dyn Service; 9] = [
        &CloudFormation::default(),
        &CloudFront::new(),
        &Elbv2::new(),
        &Ecs::new(),
        &S3::new(),
        &Platform::new(),
        &Lambda::new(),
        &Route53::new(),
        &Rds::new(),
    ];
    all.iter().flat_map(|service| service.resource_types()).copied().collect()
}

impl Services {
    pub(crate) fn new() -> Self {
        Self {
            cloudformation: CloudFormation::new(resource_types()),
            cloudfront: CloudFront::new(),
            elbv2: Elbv2::new(),
            ecs: Ecs::new(),
            s3: S3::new(),
            platform: Platform::new(),
            lambda: Lambda::new(),
            route53: Route53::new(),
            rds: Rds::new(),
        }
    }

    pub(crate) fn get(&self, name: ServiceName) -> &dyn Service {
        match name {
            ServiceName::CloudFormation => &self.cloudformation,
            ServiceName::CloudFront => &self.cloudfront,
            ServiceName::Elbv2 => &self.elbv2,
            ServiceName::Ecs => &self.ecs,
            ServiceName::S3 => &self.s3,
            ServiceName::Platform => &self.platform,
            ServiceName::Lambda => &self.lambda,
            ServiceName::Route53 => &self.route53,
            ServiceName::Rds => &self.rds,
        }
    }

    pub(crate) fn get_mut(&mut self, name: ServiceName) -> &mut dyn Service {
        match name {
            ServiceName::CloudFormation => &mut self.cloudformation,
            ServiceName::CloudFront => &mut self.cloudfront,
            ServiceName::Elbv2 => &mut self.elbv2,
            ServiceName::Ecs => &mut self.ecs,
            ServiceName::S3 => &mut self.s3,
            ServiceName::Platform => &mut self.platform,
            ServiceName::Lambda => &mut self.lambda,
            ServiceName::Route53 => &mut self.route53,
            ServiceName::Rds => &mut self.rds,
        }
    }
}
