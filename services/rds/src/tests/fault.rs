//! Databases whose machines are broken on purpose.

use standin_kernel::database::{DatabaseCommand, Trouble};
use standin_kernel::fault::Mode;
use standin_kernel::{Duration, json};

use super::Bench;
use crate::Broken;

impl Bench {
    /// All that is broken: instances with their zones, and zones.
    fn break_only(&mut self, broken: &[(Option<&str>, &str, Mode)]) {
        let text = |text: &str| Some(text.to_owned());
        let broken = broken.iter().map(|(instance, zone, mode)| Broken {
            instance: instance.map(str::to_owned),
            zone: text(zone),
            mode: *mode,
        });
        self.rds.set_broken(broken.collect(), self.now);
        self.settle();
    }

    fn troubles(&self) -> Vec<Option<Trouble>> {
        let told = self.told.iter().filter_map(|command| match command {
            DatabaseCommand::Trouble(trouble) => Some(*trouble),
            _ => None,
        });
        told.collect()
    }
}

#[test]
fn a_broken_machine_has_no_server_until_it_is_mended() {
    let mut bench = Bench::new();
    bench.instance("diary", json!({}));
    let zone = bench.described("diary")["AvailabilityZone"].as_str().unwrap().to_owned();
    bench.break_only(&[(Some("other"), &zone, Mode::Stop)]);
    assert_eq!(bench.status("diary"), "available");
    bench.break_only(&[(Some("diary"), &zone, Mode::Stop)]);
    bench.pass(Duration::from_secs(3600));
    assert_eq!((bench.status("diary").as_str(), bench.launched.len()), ("rebooting", 1));
    assert!(bench.rds.running_server("diary").is_none());
    bench.break_only(&[]);
    assert_eq!((bench.status("diary").as_str(), bench.launched.len()), ("available", 2));
}

#[test]
fn rds_ha_05_a_standby_takes_over_when_the_primarys_zone_is_lost() {
    let mut bench = Bench::new();
    bench.instance("diary", json!({"MultiAZ": true}));
    let zones = |bench: &mut Bench| {
        let one = bench.described("diary");
        let zone = |name: &str| one[name].as_str().unwrap().to_owned();
        (zone("AvailabilityZone"), zone("SecondaryAvailabilityZone"))
    };
    let (first, second) = zones(&mut bench);
    bench.break_only(&[(None, &first, Mode::Stop)]);
    assert_eq!(bench.status("diary"), "available");
    assert_eq!(zones(&mut bench), (second.clone(), first.clone()));
    // The zone that the standby would be in now is still lost: nobody is there to take over.
    bench.break_only(&[(None, &first, Mode::Stop), (None, &second, Mode::Stop)]);
    bench.pass(Duration::from_secs(600));
    assert_eq!(bench.status("diary"), "rebooting");
    bench.break_only(&[]);
    assert_eq!(bench.status("diary"), "available");
}

#[test]
fn rds_ha_05_a_primary_that_answers_nothing_is_given_up_if_there_is_a_standby() {
    let mut bench = Bench::new();
    bench.instance("diary", json!({"MultiAZ": true}));
    let zone = bench.described("diary")["AvailabilityZone"].as_str().unwrap().to_owned();
    bench.break_only(&[(Some("diary"), &zone, Mode::Hang)]);
    assert_ne!(bench.described("diary")["AvailabilityZone"], zone);
    assert_eq!(bench.troubles(), []);
    assert!(bench.events().contains(&"Multi-AZ instance failover completed".to_owned()));
}

#[test]
fn a_server_hears_of_its_trouble_once_and_again_after_a_restart() {
    let mut bench = Bench::new();
    bench.instance("diary", json!({}));
    let zone = bench.described("diary")["AvailabilityZone"].as_str().unwrap().to_owned();
    let full = [(Some("diary"), zone.as_str(), Mode::Refuse)];
    bench.break_only(&full);
    bench.break_only(&full);
    assert_eq!(bench.troubles(), [Some(Trouble::NoSessionLeft)]);
    bench.ok("RebootDBInstance", json!({"DBInstanceIdentifier": "diary"}));
    assert_eq!(bench.troubles().len(), 2);
    bench.break_only(&[(Some("diary"), &zone, Mode::Hang)]);
    bench.break_only(&[]);
    assert_eq!(bench.troubles()[2..], [Some(Trouble::Hangs), None]);
}
