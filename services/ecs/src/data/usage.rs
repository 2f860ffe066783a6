//! What tasks of services use of the processors and memory that their definition gives them, for
//! CloudWatch (CW-MT-11).

use std::collections::BTreeMap;

use standin_kernel::metric::{self, Datum, Meter, Minute, Statistics, Values};
use standin_kernel::workload::{Usage, WorkloadId};
use standin_kernel::{Cx, Deadline, Duration};

use crate::api::Size;

/// How long after its end AWS shows the values of a minute: about another one.
const LAG: Duration = Duration::from_secs(60);

const MIB: f64 = 1_048_576.0;
const UNITS_OF_A_PROCESSOR: f64 = 1024.0;

/// A task of a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Whose {
    pub(crate) cluster: String,
    pub(crate) service: String,
    pub(crate) task_arn: String,
}

#[derive(Clone, Debug, Default)]
struct Used {
    size: Option<Size>,
    cpu_s: f64,
    /// Memory times seconds.
    byte_seconds: f64,
    /// How long each container was looked at.
    over_s: BTreeMap<WorkloadId, f64>,
}

/// The use of all tasks in the minutes that have not been told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meters(Meter<Whose, Used>);

impl Meters {
    /// A container of a task was measured.
    pub(crate) fn used(
        &mut self,
        cx: &Cx<'_>,
        whose: Whose,
        size: Size,
        workload: WorkloadId,
        usage: Usage,
    ) {
        let used = self.0.count(cx, LAG, whose);
        let over_s = usage.over.as_secs_f64();
        used.size = Some(size);
        used.cpu_s += usage.cpu.as_secs_f64();
        used.byte_seconds += usage.memory_bytes as f64 * over_s;
        *used.over_s.entry(workload).or_default() += over_s;
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.0.deadline()
    }

    /// Tells CloudWatch of the minutes that are over.
    pub(crate) fn tell(&mut self, cx: &mut Cx<'_>) {
        while let Some(Minute { began, counts, .. }) = self.0.take(cx.now) {
            metric::put(cx, "AWS/ECS", began, data(counts));
        }
    }
}

/// A value of each task, joined by service.
fn data(tasks: BTreeMap<Whose, Used>) -> Vec<Datum> {
    let mut services: BTreeMap<(String, String), [Vec<f64>; 2]> = BTreeMap::new();
    for (whose, used) in tasks {
        let Some(percent) = used.percent() else { continue };
        let values = services.entry((whose.cluster, whose.service)).or_default();
        for (values, percent) in values.iter_mut().zip(percent) {
            values.push(percent);
        }
    }
    let datum = |((cluster, service), values): ((String, String), [Vec<f64>; 2])| {
        ["CPUUtilization", "MemoryUtilization"].into_iter().zip(values).map(
            move |(name, values)| {
                let dimensions =
                    vec![("ClusterName", cluster.clone()), ("ServiceName", service.clone())];
                let values = Values::Statistics(joined(&values));
                Datum { name, dimensions, unit: "Percent", values }
            },
        )
    };
    services.into_iter().flat_map(datum).collect()
}

fn joined(values: &[f64]) -> Statistics {
    Statistics {
        samples: values.len() as f64,
        sum: values.iter().sum(),
        minimum: values.iter().copied().fold(f64::INFINITY, f64::min),
        maximum: values.iter().copied().fold(0.0, f64::max),
    }
}

impl Used {
    /// Processors and memory in per cent of what the definition gives; `None` when nothing was
    /// looked at.
    fn percent(&self) -> Option<[f64; 2]> {
        let over_s = self.over_s.values().copied().fold(0.0, f64::max);
        let size = self.size.filter(|_| over_s > 0.0)?;
        let processors = f64::from(size.cpu) / UNITS_OF_A_PROCESSOR;
        let memory = f64::from(size.memory) * MIB;
        let (cpu, bytes) = (self.cpu_s / over_s, self.byte_seconds / over_s);
        Some([100.0 * cpu / processors, 100.0 * bytes / memory])
    }
}
