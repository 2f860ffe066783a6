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
        .map(|surroundings| effective(instance.settings.family(), values, &surroundings))
        .unwrap_or_default()
}

/// RDS-PG-16: more than the class has.
pub(crate) fn too_much_memory(instance: &Instance) -> Option<String> {
    let (name, unit_bytes) = match instance.settings.engine {
        DatabaseEngine::Postgres => ("shared_buffers", 8192),
        DatabaseEngine::Mysql | DatabaseEngine::Mariadb => ("innodb_buffer_pool_size", 1),
    };
    let class = Class::parse(&instance.settings.class).ok()?;
    let values = effective_of(instance).engine;
    let buffers: u64 = values.get(name)?.parse().ok()?;
    (buffers.saturating_mul(unit_bytes) > class.memory_for_engine()).then(|| {
        format!(
            "The database instance is in an incompatible-parameters state: {name} asks for more \
             memory than {} has",
            instance.settings.class
        )
    })
}

/// The first of the logs that RDS shows.
const fn log_name(engine: DatabaseEngine) -> &'static str {
    match engine {
        DatabaseEngine::Postgres => "postgresql",
        DatabaseEngine::Mysql | DatabaseEngine::Mariadb => "error",
    }
}

/// What is to run.
pub(crate) fn spec(instance: &Instance, id: WorkloadId, cx: &Cx<'_>) -> WorkloadSpec {
    let values = effective_of(instance);
    let engine = instance.settings.engine;
    let database = DatabaseSpec {
        engine,
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
        image: format!("{}:{}", engine.as_str(), instance.settings.engine_version),
        command: Vec::new(),
        environment: Vec::new(),
        address: instance.address,
        ports: vec![instance.settings.port],
        labels: WorkloadLabels {
            task_arn: instance.arn(cx.env),
            container: log_name(engine).into(),
            ..WorkloadLabels::default()
        },
        local: Value::Null,
    }
}
