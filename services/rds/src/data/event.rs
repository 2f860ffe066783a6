//! RDS's events: which there are, in RDS's words, and how long they are kept.

use serde::{Deserialize, Serialize};
use standin_kernel::{Cx, Duration, Time};

use crate::state::State;

/// Events are kept for so long (RDS-EV-07).
pub(crate) const KEPT: Duration = Duration::from_secs(14 * 24 * 3600);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) source: String,
    pub(crate) source_type: SourceType,
    /// `RDS-EVENT-0006`
    pub(crate) id: String,
    pub(crate) message: String,
    pub(crate) categories: Vec<String>,
    pub(crate) at: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SourceType {
    #[serde(rename = "db-instance")]
    Instance,
    #[serde(rename = "db-parameter-group")]
    ParameterGroup,
    #[serde(rename = "db-snapshot")]
    Snapshot,
}

impl SourceType {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Instance => "db-instance",
            Self::ParameterGroup => "db-parameter-group",
            Self::Snapshot => "db-snapshot",
        }
    }
}

/// What can be told of an instance (RDS-EV-01 to RDS-EV-06).
#[derive(Clone, Debug)]
pub(crate) enum Happened {
    Created,
    Deleted,
    Shutdown,
    Restarted,
    Stopped,
    Started,
    Failed(String),
    IncompatibleParameters(String),
    FailoverStarted,
    FailoverCompleted,
    ParameterGroupAttached(String),
    ClassChangeStarted,
    ClassChangeFinished(String),
    CredentialsReset,
    StorageChangeStarted,
    StorageChangeFinished,
    MultiAzStarted,
    MultiAzFinished,
    VersionUpgraded,
    Renamed(String),
}

impl Happened {
    fn words(&self) -> (&'static str, &'static [&'static str], String) {
        const AVAILABILITY: &[&str] = &["availability"];
        const FAILOVER: &[&str] = &["failover"];
        const CHANGE: &[&str] = &["configuration change"];
        let (id, categories, text): (_, &[&str], &str) = match self {
            Self::Created => ("0005", &["creation"], "DB instance created"),
            Self::Deleted => ("0003", &["deletion"], "DB instance deleted"),
            Self::Shutdown => ("0004", AVAILABILITY, "DB instance shutdown"),
            Self::Restarted => ("0006", AVAILABILITY, "DB instance restarted"),
            Self::Stopped => ("0087", &["notification"], "DB instance stopped"),
            Self::Started => ("0088", &["notification"], "DB instance started"),
            Self::Failed(why) => ("0031", &["failure"], why),
            Self::IncompatibleParameters(why) => ("0035", &["failure"], why),
            Self::FailoverStarted => ("0013", FAILOVER, "Multi-AZ instance failover started."),
            Self::FailoverCompleted => ("0049", FAILOVER, "Multi-AZ instance failover completed"),
            Self::ParameterGroupAttached(name) => {
                let text = format!("Updated to use DBParameterGroup {name}");
                return ("0011", CHANGE, text);
            }
            Self::ClassChangeStarted => {
                ("0012", CHANGE, "Applying modification to database instance class")
            }
            Self::ClassChangeFinished(class) => {
                let text = format!("Finished applying modification to DB instance class {class}");
                return ("0014", CHANGE, text);
            }
            Self::CredentialsReset => ("0016", CHANGE, "Reset master credentials"),
            Self::StorageChangeStarted => {
                ("0018", CHANGE, "Applying modification to allocated storage")
            }
            Self::StorageChangeFinished => {
                ("0017", CHANGE, "Finished applying modification to allocated storage")
            }
            Self::MultiAzStarted => {
                ("0024", CHANGE, "Applying modification to convert to a Multi-AZ DB instance")
            }
            Self::MultiAzFinished => (
                "0025",
                CHANGE,
                "Finished applying modification to convert to a Multi-AZ DB instance",
            ),
            Self::VersionUpgraded => ("0047", &["maintenance"], "Database instance patched"),
            Self::Renamed(new) => {
                let text = format!("Renamed instance to {new}");
                return ("0067", CHANGE, text);
            }
        };
        (id, categories, text.to_owned())
    }
}

impl State {
    /// Tells what has happened to an instance.
    pub(crate) fn happened(&mut self, cx: &mut Cx<'_>, instance: &str, what: &Happened) {
        let (id, categories, message) = what.words();
        self.tell(cx, SourceType::Instance, instance, id, categories, message);
    }

    /// RDS-EV-03: a parameter's new value, with how it is applied.
    pub(crate) fn parameter_changed(&mut self, cx: &mut Cx<'_>, group: &str, text: String) {
        self.tell(cx, SourceType::ParameterGroup, group, "0037", &["configuration change"], text);
    }

    /// RDS-EV-06
    pub(crate) fn snapshot_happened(&mut self, cx: &mut Cx<'_>, snapshot: &str, created: bool) {
        let (id, text) = match created {
            false => ("0040", "Creating manual snapshot"),
            true => ("0042", "Manual snapshot created"),
        };
        self.tell(cx, SourceType::Snapshot, snapshot, id, &["creation"], text.to_owned());
    }

    fn tell(
        &mut self,
        cx: &mut Cx<'_>,
        source_type: SourceType,
        source: &str,
        id: &str,
        categories: &[&str],
        message: String,
    ) {
        while let Some(oldest) = self.events.first_entry() {
            if cx.now.since(oldest.get().at) <= KEPT {
                break;
            }
            let (number, _) = oldest.remove_entry();
            self.store_event(cx, number);
        }
        let number = self.events.last_key_value().map_or(0, |(number, _)| number + 1);
        cx.log("rds", format!("{source}: {message}"));
        let event = Event {
            source: source.to_owned(),
            source_type,
            id: format!("RDS-EVENT-{id}"),
            message,
            categories: categories.iter().map(|word| (*word).to_owned()).collect(),
            at: cx.now,
        };
        self.events.insert(number, event);
        self.store_event(cx, number);
    }
}
