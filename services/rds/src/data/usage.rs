//! What an instance's server uses of what its class and storage give it, for CloudWatch (CW-MT-12).

use standin_kernel::metric::{self, Datum, Meter, Minute, Statistics, Values};
use standin_kernel::workload::{Usage, WorkloadId};
use standin_kernel::{Cx, Deadline, Duration};

use crate::Rds;
use crate::parameter::class::Class;

/// How long after its end AWS shows the values of a minute: about another one.
const LAG: Duration = Duration::from_secs(60);

/// What was seen of one instance in a minute.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    over: Duration,
    cpu: Duration,
    vcpus: u64,
    /// The last that was seen, in bytes and sessions.
    freeable_memory: Option<u64>,
    free_storage: Option<u64>,
    sessions: Option<u64>,
}

/// What was seen of all instances, by identifier.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meters(Meter<String, Seen>);

impl Meters {
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.0.deadline()
    }

    /// Tells CloudWatch of the minutes that are over.
    pub(crate) fn tell(&mut self, cx: &mut Cx<'_>) {
        while let Some(Minute { began, counts, .. }) = self.0.take(cx.now) {
            let data = counts.into_iter().flat_map(|(id, seen)| data(&id, &seen));
            metric::put(cx, "AWS/RDS", began, data);
        }
    }
}

impl Rds {
    /// A server was measured.
    pub(crate) fn used(&mut self, cx: &mut Cx<'_>, of: WorkloadId, usage: Usage) {
        let Some(id) = self.served_by(of) else { return };
        let Some(instance) = self.state.instances.get(&id) else { return };
        let Ok(class) = Class::parse(&instance.settings.class) else { return };
        let storage = u64::from(instance.settings.allocated_storage_gib) << 30;
        let seen = self.meters.0.count(cx, LAG, id);
        seen.over += usage.over;
        seen.cpu += usage.cpu;
        seen.vcpus = class.vcpus;
        seen.freeable_memory = Some(class.memory_bytes.saturating_sub(usage.memory_bytes));
        seen.free_storage = usage.data_bytes.map(|bytes| storage.saturating_sub(bytes));
        seen.sessions = usage.sessions;
    }
}

fn data(id: &str, seen: &Seen) -> Vec<Datum> {
    let allowed_s = seen.over.as_secs_f64() * seen.vcpus as f64;
    let cpu = (allowed_s > 0.0).then(|| 100.0 * seen.cpu.as_secs_f64() / allowed_s);
    let number = |value: Option<u64>| value.map(|value| value as f64);
    let values = [
        ("CPUUtilization", "Percent", cpu),
        ("DatabaseConnections", "Count", number(seen.sessions)),
        ("FreeStorageSpace", "Bytes", number(seen.free_storage)),
        ("FreeableMemory", "Bytes", number(seen.freeable_memory)),
    ];
    let datum = |(name, unit, value): (&'static str, &'static str, Option<f64>)| {
        let dimensions = vec![("DBInstanceIdentifier", id.to_owned())];
        let values = Values::Statistics(Statistics::one(value?));
        Some(Datum { name, dimensions, unit, values })
    };
    values.into_iter().filter_map(datum).collect()
}
