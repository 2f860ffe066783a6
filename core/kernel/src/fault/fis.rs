//! What AWS Fault Injection Service calls our faults: one table from its action ids and parameters
//! to modes, and back. A parameter that cannot be honoured is refused by name.

use std::collections::BTreeMap;

use super::Mode;
use crate::time::Duration;
use crate::workload::Signal;

/// What an action is aimed at, in the words of FIS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FisTarget {
    /// `aws:ecs:task`
    EcsTask,
    /// `aws:ec2:subnet`
    Subnet,
    /// `aws:rds:db`
    Database,
}

impl FisTarget {
    /// The resource type as an experiment template writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EcsTask => "aws:ecs:task",
            Self::Subnet => "aws:ec2:subnet",
            Self::Database => "aws:rds:db",
        }
    }
}

/// Why an action cannot be carried out here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FisError {
    #[error("there is no action {0} here; there are: {known}", known = known())]
    UnknownAction(String),
    #[error("{action} cannot be carried out here: {why}")]
    Unsupported { action: String, why: &'static str },
    #[error("{action}: the parameter {name} is missing")]
    Missing { action: &'static str, name: &'static str },
    #[error("{action}: {name}={value}: {why}")]
    Wrong { action: &'static str, name: String, value: String, why: &'static str },
}

/// An action of FIS: what it is aimed at, which parameters it has, how they are read.
struct Action {
    id: &'static str,
    target: FisTarget,
    parameters: &'static [&'static str],
    read: fn(&Parameters<'_>) -> Result<Mode, FisError>,
}

/// Parameters of how FIS gets at a task, which needs nothing of the kind here.
const ACCESS: [&str; 3] = ["installDependencies", "useEcsFaultInjectionEndpoints", "interface"];

const ACTIONS: [Action; 7] = [
    Action {
        id: "aws:ecs:stop-task",
        target: FisTarget::EcsTask,
        parameters: &[],
        read: |_| Ok(Mode::StopTask),
    },
    Action {
        id: "aws:ecs:task-kill-process",
        target: FisTarget::EcsTask,
        parameters: &["processName", "signal"],
        read: kill_process,
    },
    Action {
        id: "aws:ecs:task-network-blackhole-port",
        target: FisTarget::EcsTask,
        parameters: &["duration", "port", "trafficType", "protocol"],
        read: blackhole,
    },
    Action {
        id: "aws:ecs:task-network-latency",
        target: FisTarget::EcsTask,
        parameters: &[
            "duration",
            "delayMilliseconds",
            "jitterMilliseconds",
            "sources",
            "flowsPercent",
        ],
        read: latency,
    },
    Action {
        id: "aws:ecs:task-network-packet-loss",
        target: FisTarget::EcsTask,
        parameters: &["duration", "lossPercent", "sources", "flowsPercent"],
        read: packet_loss,
    },
    Action {
        id: "aws:network:disrupt-connectivity",
        target: FisTarget::Subnet,
        parameters: &["duration", "scope"],
        read: disrupt,
    },
    Action {
        id: "aws:rds:reboot-db-instances",
        target: FisTarget::Database,
        parameters: &["forceFailover"],
        read: reboot,
    },
];

/// Actions of FIS that have no counterpart, and why.
const UNSUPPORTED: [(&str, &str); 7] = [
    (
        "aws:ecs:task-cpu-stress",
        "a task has no processor of its own on one machine; slow answers are mode slow=2s, and the \
         limits of a container are written in its Model",
    ),
    ("aws:ecs:task-io-stress", "a task has no disk of its own on one machine"),
    ("aws:ecs:drain-container-instances", "Fargate has no container instances"),
    ("aws:rds:failover-db-cluster", "there are instances here, and no clusters"),
    ("aws:fis:inject-api-internal-error", "the API is only asked by people here"),
    ("aws:fis:inject-api-throttle-error", "the API is only asked by people here"),
    ("aws:fis:inject-api-unavailable-error", "the API is only asked by people here"),
];

fn known() -> String {
    ACTIONS.map(|action| action.id).join(", ")
}

/// The mode that an action of FIS stands for. Parameters as FIS has them: all of them text.
pub fn from_fis(action: &str, parameters: &BTreeMap<String, String>) -> Result<Mode, FisError> {
    let action = find(action)?;
    for (name, value) in parameters {
        if ACCESS.contains(&name.as_str()) || action.parameters.contains(&name.as_str()) {
            continue;
        }
        return Err(FisError::Wrong {
            action: action.id,
            name: name.clone(),
            value: value.clone(),
            why: "the action has no such parameter, or none that is honoured here",
        });
    }
    let parameters = Parameters { action: action.id, given: parameters };
    (action.read)(&parameters)
}

/// How long an action lasts; `None` when it says nothing or happens once.
pub fn duration_of(
    action: &str,
    parameters: &BTreeMap<String, String>,
) -> Result<Option<Duration>, FisError> {
    let parameters = Parameters { action: find(action)?.id, given: parameters };
    let Some(text) = parameters.get("duration") else { return Ok(None) };
    match parse_iso8601(text) {
        Some(lasts) => Ok(Some(lasts)),
        None => Err(parameters.wrong("duration", "is no length of time such as PT5M")),
    }
}

/// What an action is aimed at.
pub fn target_of(action: &str) -> Result<FisTarget, FisError> {
    find(action).map(|action| action.target)
}

/// The action and its parameters that a mode is on AWS; `None` when FIS has none for it. `lasts`
/// goes into `duration`.
pub fn to_fis(
    mode: Mode,
    on: FisTarget,
    lasts: Option<Duration>,
) -> Option<(&'static str, BTreeMap<String, String>)> {
    let mut parameters = BTreeMap::new();
    let mut set = |name: &str, value: String| parameters.insert(name.to_owned(), value);
    let id = match (mode, on) {
        (Mode::StopTask, FisTarget::EcsTask) => "aws:ecs:stop-task",
        (Mode::Loss(100), FisTarget::Subnet) => {
            set("scope", "all".to_owned());
            "aws:network:disrupt-connectivity"
        }
        (Mode::Loss(percent), FisTarget::EcsTask) => {
            set("lossPercent", percent.to_string());
            "aws:ecs:task-network-packet-loss"
        }
        (Mode::Latency { by, jitter }, FisTarget::EcsTask) => {
            set("delayMilliseconds", by.as_millis().to_string());
            set("jitterMilliseconds", jitter.as_millis().to_string());
            "aws:ecs:task-network-latency"
        }
        (Mode::Blackhole(port), FisTarget::EcsTask) => {
            set("port", port.to_string());
            set("protocol", "tcp".to_owned());
            set("trafficType", "ingress".to_owned());
            "aws:ecs:task-network-blackhole-port"
        }
        (Mode::Reboot | Mode::Failover, FisTarget::Database) => {
            set("forceFailover", (mode == Mode::Failover).to_string());
            "aws:rds:reboot-db-instances"
        }
        // Killing a process needs its name, which no template knows.
        _ => return None,
    };
    if let (Some(lasts), false) = (lasts, mode.happens_once()) {
        set("duration", format!("PT{}S", lasts.as_secs().max(1)));
    }
    Some((id, parameters))
}

fn find(id: &str) -> Result<&'static Action, FisError> {
    if let Some(action) = ACTIONS.iter().find(|action| action.id == id) {
        return Ok(action);
    }
    match UNSUPPORTED.iter().find(|(known, _)| *known == id) {
        Some((_, why)) => Err(FisError::Unsupported { action: id.to_owned(), why }),
        None => Err(FisError::UnknownAction(id.to_owned())),
    }
}

struct Parameters<'a> {
    action: &'static str,
    given: &'a BTreeMap<String, String>,
}

impl<'a> Parameters<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        self.given.get(name).map(String::as_str)
    }

    fn wrong(&self, name: &str, why: &'static str) -> FisError {
        let value = self.get(name).unwrap_or("").to_owned();
        FisError::Wrong { action: self.action, name: name.to_owned(), value, why }
    }

    /// A whole number within bounds, both included; the default of FIS when it is left out.
    fn number(
        &self,
        name: &'static str,
        default: u64,
        bounds: (u64, u64),
    ) -> Result<u64, FisError> {
        let Some(text) = self.get(name) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| (bounds.0..=bounds.1).contains(number));
        number.ok_or_else(|| self.wrong(name, "is not a whole number within its bounds"))
    }

    /// Only one value is honoured; it is also what counts when the parameter is left out.
    fn only(&self, name: &str, honoured: &[&str], why: &'static str) -> Result<(), FisError> {
        match self.get(name) {
            Some(text) if !honoured.contains(&text) => Err(self.wrong(name, why)),
            _ => Ok(()),
        }
    }

    fn whole_network(&self) -> Result<(), FisError> {
        self.only("sources", &["", "0.0.0.0/0"], "only the whole network is honoured (0.0.0.0/0)")?;
        self.only("flowsPercent", &["100"], "only 100 is honoured")
    }
}

/// Every container is one process here, so `processName` says nothing that is not known.
fn kill_process(given: &Parameters<'_>) -> Result<Mode, FisError> {
    match given.get("signal") {
        None | Some("SIGTERM") => Ok(Mode::Kill(Signal::Term)),
        Some("SIGKILL") => Ok(Mode::Kill(Signal::Kill)),
        Some(_) => Err(given.wrong("signal", "is neither SIGTERM nor SIGKILL")),
    }
}

fn blackhole(given: &Parameters<'_>) -> Result<Mode, FisError> {
    given.only("trafficType", &["ingress"], "only ingress is honoured: tasks ask nobody here")?;
    given.only("protocol", &["tcp"], "only tcp is honoured")?;
    if given.get("port").is_none() {
        return Err(FisError::Missing { action: given.action, name: "port" });
    }
    let port = given.number("port", 0, (1, 65_535))?;
    Ok(Mode::Blackhole(u16::try_from(port).unwrap_or(0)))
}

fn latency(given: &Parameters<'_>) -> Result<Mode, FisError> {
    given.whole_network()?;
    let by = given.number("delayMilliseconds", 200, (0, 600_000))?;
    let jitter = given.number("jitterMilliseconds", 10, (0, by))?;
    Ok(Mode::Latency { by: Duration::from_millis(by), jitter: Duration::from_millis(jitter) })
}

fn packet_loss(given: &Parameters<'_>) -> Result<Mode, FisError> {
    given.whole_network()?;
    let percent = given.number("lossPercent", 7, (1, 100))?;
    Ok(Mode::Loss(u8::try_from(percent).unwrap_or(100)))
}

fn disrupt(given: &Parameters<'_>) -> Result<Mode, FisError> {
    let why = "only all is honoured: the network of one machine has no inside and outside";
    if given.get("scope").is_none() {
        return Err(FisError::Missing { action: given.action, name: "scope" });
    }
    given.only("scope", &["all"], why)?;
    Ok(Mode::Loss(100))
}

fn reboot(given: &Parameters<'_>) -> Result<Mode, FisError> {
    match given.get("forceFailover") {
        None | Some("false") => Ok(Mode::Reboot),
        Some("true") => Ok(Mode::Failover),
        Some(_) => Err(given.wrong("forceFailover", "is neither true nor false")),
    }
}

/// `PT1M30S`, `PT2H`: hours, minutes and seconds of ISO 8601.
fn parse_iso8601(text: &str) -> Option<Duration> {
    let mut rest = text.strip_prefix("PT").filter(|rest| !rest.is_empty())?;
    let mut seconds = 0_u64;
    for (unit, scale) in [('H', 3600), ('M', 60), ('S', 1)] {
        if let Some((number, after)) = rest.split_once(unit) {
            seconds = seconds.checked_add(number.parse::<u64>().ok()?.checked_mul(scale)?)?;
            rest = after;
        }
    }
    rest.is_empty().then_some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(action: &str, given: &[(&str, &str)]) -> Result<Mode, FisError> {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        from_fis(action, &given.collect())
    }

    #[test]
    fn actions_have_the_defaults_of_fis() {
        let mode = |action, given: &[(&str, &str)]| read(action, given).map(|m| m.to_string());
        assert_eq!(mode("aws:ecs:stop-task", &[]).as_deref(), Ok("stop-task"));
        let kill = "aws:ecs:task-kill-process";
        assert_eq!(mode(kill, &[("processName", "app")]).as_deref(), Ok("terminate"));
        assert_eq!(mode(kill, &[("signal", "SIGKILL")]).as_deref(), Ok("kill"));
        let latency = "aws:ecs:task-network-latency";
        assert_eq!(mode(latency, &[("duration", "PT1M")]).as_deref(), Ok("latency=0.2s/0.01s"));
        assert_eq!(mode("aws:ecs:task-network-packet-loss", &[]).as_deref(), Ok("loss=7%"));
        let cut = "aws:network:disrupt-connectivity";
        assert_eq!(mode(cut, &[("scope", "all")]).as_deref(), Ok("cut"));
    }

    #[test]
    fn what_cannot_be_honoured_is_refused_by_name() {
        let why = |action, given: &[(&str, &str)]| read(action, given).unwrap_err().to_string();
        assert!(why("aws:ecs:burn", &[]).contains("there is no action aws:ecs:burn"));
        assert!(why("aws:ecs:task-cpu-stress", &[]).contains("no processor of its own"));
        let hole = "aws:ecs:task-network-blackhole-port";
        assert!(why(hole, &[]).contains("port is missing"));
        let egress = [("port", "80"), ("trafficType", "egress")];
        assert!(why(hole, &egress).contains("trafficType=egress"));
        let some = [("sources", "DYNAMODB")];
        assert!(why("aws:ecs:task-network-latency", &some).contains("sources=DYNAMODB"));
        assert!(why("aws:ecs:stop-task", &[("x", "1")]).contains("x=1"));
        assert!(why("aws:network:disrupt-connectivity", &[]).contains("scope is missing"));
    }

    #[test]
    fn what_goes_to_fis_comes_back_the_same() {
        for text in ["stop-task", "loss=30%", "latency=0.2s/0.01s", "blackhole=8080"] {
            let mode: Mode = text.parse().unwrap();
            let (id, given) = to_fis(mode, FisTarget::EcsTask, None).unwrap();
            assert_eq!(from_fis(id, &given), Ok(mode));
        }
        for mode in [Mode::Reboot, Mode::Failover] {
            let (id, given) = to_fis(mode, FisTarget::Database, None).unwrap();
            assert_eq!(from_fis(id, &given), Ok(mode));
        }
        let minute = Some(Duration::from_secs(90));
        let (id, given) = to_fis(Mode::Loss(100), FisTarget::Subnet, minute).unwrap();
        assert_eq!((given["scope"].as_str(), given["duration"].as_str()), ("all", "PT90S"));
        assert_eq!(from_fis(id, &given), Ok(Mode::Loss(100)));
        assert_eq!(duration_of(id, &given), Ok(minute));
        assert_eq!(to_fis(Mode::Hang, FisTarget::EcsTask, None), None);
    }

    #[test]
    fn durations_are_iso_8601() {
        assert_eq!(parse_iso8601("PT1M30S"), Some(Duration::from_secs(90)));
        assert_eq!(parse_iso8601("PT2H"), Some(Duration::from_secs(7200)));
        for text in ["", "PT", "5M", "PT5", "PT-1M"] {
            assert_eq!(parse_iso8601(text), None);
        }
    }
}
