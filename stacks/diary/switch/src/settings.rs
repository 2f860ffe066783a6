//! What the template tells the switch about its stack.

use jiff::tz::TimeZone;

use crate::Mode;

/// The settings, from the function's environment variables.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the windows lie: a path of parameters.
    pub windows_path: String,
    /// The parameter that says what was last done.
    pub state_parameter: String,
    pub key_value_store_arn: String,
    /// The secret that signs operators' cookies.
    pub pass_secret: String,
    pub bucket: String,
    /// Where the page lies in the bucket.
    pub page_key: String,
    pub distribution_id: String,
    pub mode: Mode,
    pub schedule_group: String,
    pub scheduler_role_arn: String,
    /// The zone in which readers are told times.
    pub zone: TimeZone,
}

impl Settings {
    /// Reads them; the error names the variable.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let needed = |name: &str| {
            let value = variable(name).filter(|value| !value.is_empty());
            value.ok_or_else(|| format!("the environment variable {name} is not set"))
        };
        let zone_name = variable("DISPLAY_ZONE").unwrap_or_else(|| "Asia/Tokyo".into());
        let mode = variable("MODE").unwrap_or_else(|| "kvs".into());
        Ok(Self {
            windows_path: needed("WINDOWS_PATH")?,
            state_parameter: needed("STATE_PARAMETER")?,
            key_value_store_arn: needed("KEY_VALUE_STORE_ARN")?,
            pass_secret: needed("PASS_SECRET")?,
            bucket: needed("PAGES_BUCKET")?,
            page_key: variable("PAGE_KEY")
                .unwrap_or_else(|| "maintenance/planned/index.html".into()),
            distribution_id: needed("DISTRIBUTION_ID")?,
            mode: Mode::parse(&mode)
                .ok_or_else(|| format!("MODE is {mode}, but must be kvs, origin or origin-path"))?,
            schedule_group: needed("SCHEDULE_GROUP")?,
            scheduler_role_arn: needed("SCHEDULER_ROLE_ARN")?,
            zone: diary_window::zone(&zone_name)
                .ok_or_else(|| format!("DISPLAY_ZONE is {zone_name}, which is no time zone"))?,
        })
    }
}
