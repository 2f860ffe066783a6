//! What CloudWatch is told of instances.

use standin_kernel::workload::{Usage, WorkloadEvent};
use standin_kernel::{Duration, json};

use super::Bench;

const GIB: u64 = 1 << 30;

#[test]
fn cw_mt_12_use_is_told_against_the_class_and_the_storage() {
    let mut bench = Bench::new();
    bench.instance("diary", json!({}));
    let (workload, _) = bench.launched[0];
    // db.t3.micro has two processors and 1 GiB; the storage is 20 GiB.
    let mut usage = Usage {
        over: Duration::from_secs(20),
        cpu: Duration::from_secs(10),
        memory_bytes: GIB / 4,
        sessions: Some(3),
        data_bytes: Some(2 * GIB),
    };
    for sessions in [3, 5] {
        usage.sessions = Some(sessions);
        bench.event(workload, WorkloadEvent::Used(usage));
    }
    bench.pass(Duration::from_secs(61));
    let [metrics] = &bench.metrics[..] else { panic!("{:?}", bench.metrics) };
    assert_eq!(metrics["Namespace"], "AWS/RDS");
    let data = metrics["MetricData"].as_array().unwrap();
    for (name, unit, value) in [
        ("CPUUtilization", "Percent", 25.0),
        ("DatabaseConnections", "Count", 5.0),
        ("FreeStorageSpace", "Bytes", (18 * GIB) as f64),
        ("FreeableMemory", "Bytes", (GIB / 4 * 3) as f64),
    ] {
        let datum = data.iter().find(|datum| datum["MetricName"] == name).unwrap();
        assert_eq!(datum["StatisticValues"]["Sum"], value, "{name}");
        assert_eq!(datum["StatisticValues"]["SampleCount"], 1.0);
        assert_eq!(datum["Unit"], unit);
        let dimensions = json!([{"Name": "DBInstanceIdentifier", "Value": "diary"}]);
        assert_eq!(datum["Dimensions"], dimensions);
    }
}

#[test]
fn cw_mt_12_what_is_not_measured_is_not_told() {
    let mut bench = Bench::new();
    bench.instance("diary", json!({}));
    bench.pass(Duration::from_secs(120));
    assert!(bench.metrics.is_empty());
}
