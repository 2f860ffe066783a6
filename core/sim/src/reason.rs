//! Why an answer is what it is, as timelines show it: a decision, the setting behind it with its
//! place in the template, the ledger row; and which of an answer's decisions made it differ from
//! the answer before.

use std::fmt;

use serde::{Deserialize, Serialize};
use standin_kernel::Value;

/// One decision on the way of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The service that decided.
    pub service: String,
    /// What was decided, as a noun: `behavior`, `target`, `error page`.
    pub step: String,
    pub says: String,
    /// `Distribution.DistributionConfig.Origins[0].Id`; the logical id comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
    /// Where the setting stands in the template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The row of the ledger: `CF-ERR-05`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
}

impl Reason {
    /// From a fact as `Engine::located` prints it.
    pub fn from_located(located: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let setting = &located["setting"];
        let owner = text(&setting["logical_id"]).or_else(|| text(&setting["resource"]));
        let property = text(&setting["property"]);
        Self {
            service: text(&located["service"]).unwrap_or_default(),
            step: text(&located["step"]).unwrap_or_default(),
            says: text(&located["says"]).unwrap_or_default(),
            setting: owner.zip(property).map(|(owner, property)| format!("{owner}.{property}")),
            file: text(&setting["file"]),
            line: setting["line"].as_u64(),
            row: text(&located["row"]),
        }
    }

    /// The decision is backed by a setting or a known behaviour; the others only tell what came.
    const fn decides(&self) -> bool {
        self.setting.is_some() || self.row.is_some()
    }

    /// The same decision, whatever the seconds and the task in it.
    fn is_like(&self, other: &Self) -> bool {
        let words = |says: &str| says.replace(|c: char| c.is_ascii_digit(), "");
        self.service == other.service
            && self.step == other.step
            && words(&self.says) == words(&other.says)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.service, self.step, self.says)?;
        if let Some(setting) = &self.setting {
            write!(f, " ({setting}")?;
            if let Some(line) = self.line {
                write!(f, ", line {line}")?;
            }
            f.write_str(")")?;
        }
        match &self.row {
            Some(row) => write!(f, " [{row}]"),
            None => Ok(()),
        }
    }
}

/// Steps that follow from a failure; what comes before them is the failure itself.
const CONSEQUENCES: [&str; 2] = ["error page", "error caching"];

/// A change of the configuration that has just arrived: whatever else is new is new because of it.
const CHANGE: &str = "configuration change";

/// The decision that made an answer differ from those before it: the last new one before the
/// answer began to travel back, or what came back when the way there was the same. `before`: the
/// decisions of the first answer of the kind before.
pub fn deciding<'a>(reasons: &'a [Reason], before: &[Reason]) -> Option<&'a Reason> {
    let is_new = |reason: &&Reason| !before.iter().any(|old| old.is_like(reason));
    if let Some(change) = reasons.iter().filter(is_new).find(|reason| reason.step == CHANGE) {
        return Some(change);
    }
    let mut found = None;
    for reason in reasons.iter().filter(is_new) {
        if CONSEQUENCES.contains(&reason.step.as_str()) && found.is_some() {
            break;
        }
        if reason.decides() {
            found = Some(reason);
            continue;
        }
        found = found.or(Some(reason));
        break;
    }
    found.or_else(|| reasons.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(step: &'static str, says: &str, row: Option<&'static str>) -> Reason {
        Reason {
            service: "cloudfront".into(),
            step: step.into(),
            says: says.into(),
            setting: None,
            file: None,
            line: None,
            row: row.map(str::to_owned),
        }
    }

    #[test]
    fn the_failure_decides_and_not_what_follows_from_it() {
        let before = [reason("cache", "1 s old", Some("CF-TTL-09"))];
        let after = [
            reason("cache", "27 s old", Some("CF-TTL-09")),
            reason("target", "there is none", Some("ALB-ER-01")),
            reason("origin", "answered 503", None),
            reason("error page", "a page stands in", Some("CF-CER-05")),
        ];
        assert_eq!(deciding(&after, &before), Some(&after[1]));
        assert_eq!(deciding(&after[3..], &before), Some(&after[3]));
        assert_eq!(deciding(&after[..1], &before), Some(&after[0]));
        assert_eq!(deciding(&after, &after[..2]), Some(&after[2]));
        assert_eq!(deciding(&[], &before), None);
    }

    #[test]
    fn a_change_that_has_just_arrived_decides() {
        let before = [reason("behavior", "the default", Some("CF-BEH-01"))];
        let after = [
            reason(CHANGE, "took a change 20 s after it was made", Some("CF-DEP-02")),
            reason("behavior", "/closed", Some("CF-BEH-01")),
        ];
        assert_eq!(deciding(&after, &before), Some(&after[0]));
        assert_eq!(deciding(&after, &after[..1]), Some(&after[1]));
    }

    #[test]
    fn prints_setting_line_and_row() {
        let located = serde_json::json!({
            "service": "elbv2", "step": "target", "says": "none", "row": "ALB-ER-01",
            "setting": {"logical_id": "Group", "property": "Targets", "line": 7},
        });
        let text = Reason::from_located(&located).to_string();
        assert_eq!(text, "elbv2 target: none (Group.Targets, line 7) [ALB-ER-01]");
    }
}
