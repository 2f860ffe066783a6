//! The master password that RDS manages in Secrets Manager (RDS-MD-11).

use standin_kernel::{Cx, ServiceName, Value, json};

use crate::Rds;
use crate::data::lifecycle::Goal;
use crate::error::Result;
use crate::state::Status;

pub(super) const ALPHABET: &[u8] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&()*+,-.:;<=>?[]^_{|}~";

const DESCRIPTION: &str = "The secret associated with the primary RDS DB instance: ";

/// Has the secret of a new instance made; the instance starts when it is there.
pub(super) fn make(rds: &mut Rds, cx: &mut Cx<'_>, id: &str) {
    let Some(instance) = rds.state.instances.get(id) else { return };
    let text = json!({
        "username": instance.master_username,
        "password": instance.master_password.0,
    });
    let input = json!({
        "Name": format!("rds!{}", instance.resource_id),
        "Description": format!("{DESCRIPTION}{}", instance.arn(cx.env)),
        "SecretString": text.to_string(),
    });
    let ticket = rds.secrets.last_key_value().map_or(1, |(last, _)| last + 1);
    rds.secrets.insert(ticket, id.to_owned());
    cx.call(ticket, ServiceName::Platform, "secretsmanager:CreateSecret", input);
}

/// Secrets Manager has answered.
pub(crate) fn made(rds: &mut Rds, cx: &mut Cx<'_>, ticket: u64, reply: Result<Value>) {
    let Some(id) = rds.secrets.remove(&ticket) else { return };
    match reply {
        Ok(secret) => {
            if let Some(instance) = rds.state.instances.get_mut(&id) {
                instance.managed_secret_arn = secret["ARN"].as_str().map(str::to_owned);
                rds.state.store_instance(cx, &id);
            }
            rds.start(cx, &id, Goal::Create);
        }
        Err(error) => {
            if let Some(instance) = rds.state.instances.get_mut(&id) {
                instance.failure = Some(error.message);
            }
            rds.set_status(cx, &id, Status::Failed);
        }
    }
}
