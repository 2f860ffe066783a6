//! `AWS::EC2::EIP` (CFN-RS-47). `Ref` gives the address, but tags belong to its allocation, which
//! an update has to look for first.

use standin_kernel::resource::{Job, Progress, Property, ResourceType};
use standin_kernel::{ServiceName, Value, json};

use super::{PLAIN, retag, table, tagged};
use crate::made::{Made, text, with};

#[derive(Debug)]
pub(crate) struct Eip;

pub(crate) const EIP: Eip = Eip;

const MADE: Made = Made {
    type_name: "AWS::EC2::EIP",
    properties: table::EIP,
    attributes: &["AllocationId", "PublicIp"],
    create: |job| {
        let input = with(json!({}), job, &["Domain", "NetworkBorderGroup"]);
        ("ec2:AllocateAddress", tagged(input, job, "elastic-ip"))
    },
    physical_id: |_, reply| text(reply, "/PublicIp"),
    look: |_, ip| vec![("ec2:DescribeAddresses", json!({"PublicIps": [ip]}))],
    known: |_, ip, seen| {
        vec![
            ("AllocationId", json!(text(seen, "/0/Addresses/0/AllocationId"))),
            ("PublicIp", json!(ip)),
        ]
    },
    delete: |_, ip| vec![("ec2:ReleaseAddress", json!({"PublicIp": ip}))],
    gone: &["InvalidAddress.NotFound"],
    ..PLAIN
};

impl ResourceType for Eip {
    fn type_name(&self) -> &'static str {
        MADE.type_name
    }

    fn properties(&self) -> &'static [Property] {
        MADE.properties
    }

    fn attributes(&self) -> &'static [&'static str] {
        MADE.attributes
    }

    fn create(&self, job: &Job<'_>) -> Progress {
        MADE.create(job)
    }

    /// Step 0 looks; the context of every later one is the allocation.
    fn update(&self, job: &Job<'_>) -> Progress {
        let ip = job.physical_id.unwrap_or_default();
        let call = |operation, input: Value, context: String| Progress::Call {
            service: ServiceName::Platform,
            operation,
            input,
            step: job.step + 1,
            context: Value::from(context),
        };
        let allocation = match (job.step, job.reply) {
            (_, Some(Err(error))) => return Progress::refused(error, MADE.service),
            (0, _) => {
                let input = json!({"PublicIps": [ip]});
                return call("ec2:DescribeAddresses", input, String::new());
            }
            (1, Some(Ok(reply))) => text(reply, "/Addresses/0/AllocationId"),
            _ => text(job.context, ""),
        };
        let previous = job.previous.unwrap_or(&Value::Null);
        let index = usize::try_from(job.step - 1).unwrap_or(usize::MAX);
        match retag(job, &allocation, previous).into_iter().nth(index) {
            Some((operation, input)) => call(operation, input, allocation),
            None => Progress::Done {
                physical_id: ip.to_owned(),
                attributes: [
                    ("AllocationId".to_owned(), json!(allocation)),
                    ("PublicIp".to_owned(), json!(ip)),
                ]
                .into(),
            },
        }
    }

    fn delete(&self, job: &Job<'_>) -> Progress {
        MADE.delete(job)
    }
}
