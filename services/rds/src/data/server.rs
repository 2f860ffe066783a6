//! Decides which server an instance has: engine, data, parameters, address; and whether the class
//! can bear it.

use standin_kernel::database::{DatabaseEngine, DatabaseSpec};
use standin_kernel::workload::{WorkloadId, WorkloadKind, WorkloadLabels, WorkloadSpec};
use standin_kernel::{Cx, Value};

use crate::parameter::{Effective, class::Class, effective, formula::Surroundings};
use crate::state::Instance;

fn surroundings(instance: &Instance) -> Option<Surroundings> {
    let settings = &instance.settings;
    let class = Class::parse(&settings.class).ok()?;
    Some(Surroundings::of(&class, settings.allocated_storage_gib, settings.port))
}

pub(crate) fn effective_of(instance: &Instance) -> Effective {
    let values = &instance.parameters.values;
    surroundings(instance)
        .map(|surroundings| effective(instance.settings.major(), values, &surroundings))
        .unwrap_or_default()
}

/// RDS-PG-16: more than the class has.
pub(crate) fn too_much_memory(instance: &Instance) -> Option<String> {
    const PAGE_BYTES: u64 = 8192;
    let class = Class::parse(&instance.settings.class).ok()?;
    let values = effective_of(instance).engine;
    let buffers: u64 = values.get("shared_buffers")?.parse().ok()?;
    (buffers.saturating_mul(PAGE_BYTES) > class.memory_for_engine()).then(|| {
        format!(
            "The database instance is in an incompatible-parameters state: shared_buffers asks \
             for more memory than {} has",
            instance.settings.class
        )
    })
}

/// What is to run.
pub(crate) fn spec(instance: &Instance, id: WorkloadId, cx: &Cx<'_>) -> WorkloadSpec {
    let values = effective_of(instance);
    let database = DatabaseSpec {
        engine: DatabaseEngine::Postgres,
        engine_version: instance.settings.engine_version.clone(),
        data: instance.resource_id.clone(),
        snapshot: instance.snapshot.clone(),
        master_username: instance.master_username.clone(),
        master_password: instance.master_password.clone(),
        database: instance.database.clone(),
        parameters: values.engine,
        force_ssl: values.force_ssl,
    };
    WorkloadSpec {
        id,
        kind: WorkloadKind::Database(Box::new(database)),
        image: format!("postgres:{}", instance.settings.engine_version),
        command: Vec::new(),
        environment: Vec::new(),
        address: instance.address,
        ports: vec![instance.settings.port],
        labels: WorkloadLabels {
            task_arn: instance.arn(cx.env),
            container: "postgresql".into(),
            ..WorkloadLabels::default()
        },
        local: Value::Null,
    }
}
