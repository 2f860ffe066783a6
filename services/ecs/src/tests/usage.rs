//! What CloudWatch is told of the tasks of services.

use standin_kernel::workload::{Usage, WorkloadEvent, WorkloadId};
use standin_kernel::{Duration, Service, Value, json};

use super::Bench;

fn uses(bench: &mut Bench, workload: WorkloadId, cpu_ms: u64, memory_mib: u64) {
    let usage = Usage {
        over: Duration::from_secs(20),
        cpu: Duration::from_millis(cpu_ms),
        memory_bytes: memory_mib << 20,
        sessions: None,
        data_bytes: None,
    };
    bench.with(|ecs, cx| ecs.workload(cx, workload, WorkloadEvent::Used(usage)));
}

fn told<'m>(metrics: &'m Value, name: &str) -> &'m Value {
    let data = metrics["MetricData"].as_array().unwrap();
    data.iter().find(|datum| datum["MetricName"] == name).unwrap()
}

#[test]
fn cw_mt_11_use_is_told_in_per_cent_of_the_tasks_size() {
    let mut bench = Bench::serving();
    assert!(bench.metrics.is_empty(), "nothing was measured");
    let workloads: Vec<WorkloadId> = bench.running.keys().copied().collect();
    assert_eq!(workloads.len(), 2);
    // A quarter of a processor and 512 MiB each: 20 s are 5 s of a processor.
    for _ in 0..2 {
        uses(&mut bench, workloads[0], 2500, 128);
        uses(&mut bench, workloads[1], 500, 256);
        bench.run(20);
    }
    bench.run(60);
    let [metrics] = &bench.metrics[..] else { panic!("{:?}", bench.metrics) };
    assert_eq!(metrics["Namespace"], "AWS/ECS");
    let cpu = told(metrics, "CPUUtilization");
    let dimensions = json!([
        {"Name": "ClusterName", "Value": "main"}, {"Name": "ServiceName", "Value": "diary"},
    ]);
    assert_eq!((&cpu["Dimensions"], &cpu["Unit"]), (&dimensions, &json!("Percent")));
    let values = |sum: f64, least: f64, most: f64| {
        let samples = 2.0;
        json!({"SampleCount": samples, "Sum": sum, "Minimum": least, "Maximum": most})
    };
    assert_eq!(cpu["StatisticValues"], values(60.0, 10.0, 50.0));
    let memory = told(metrics, "MemoryUtilization");
    assert_eq!(memory["StatisticValues"], values(75.0, 25.0, 50.0));
}

#[test]
fn cw_mt_11_tasks_of_no_service_have_no_metrics() {
    let mut bench = Bench::ready();
    bench.ok(
        "RunTask",
        json!({
            "cluster": "main", "taskDefinition": "web", "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
        }),
    );
    bench.run(60);
    let workload = *bench.running.keys().next().unwrap();
    uses(&mut bench, workload, 2500, 128);
    bench.run(120);
    assert!(bench.metrics.is_empty());
}
