//! Whether a record set is healthy: its health check, and what its alias points at.

use super::zone::{Content, Entry, LiveZone, Target};
use standin_kernel::dns::RecordType;

/// What has to be known of the world to judge and to answer.
pub trait Endpoints {
    /// Whether the thing of this host name is here: a load balancer, a distribution, a website.
    fn exists(&self, host: &str) -> bool;

    /// Whether DNS counts it as fit; only load balancers can be unfit (R53-AL-04, R53-AL-07).
    fn is_healthy(&self, host: &str) -> bool;
}

/// Judges record sets of one zone.
#[derive(Clone, Copy)]
pub(crate) struct Judge<'a> {
    pub(crate) zone: &'a LiveZone,
    pub(crate) endpoints: &'a dyn Endpoints,
    /// Whether a health check is healthy, by id; one that is gone counts as healthy (R53-HC-19).
    pub(crate) checks: &'a dyn Fn(&str) -> bool,
}

/// Aliases point at aliases; nobody needs more than this.
pub(crate) const ALIAS_DEPTH_MAX: u8 = 8;

impl Judge<'_> {
    /// Health check and target must both be healthy (R53-AL-10); what has neither always is
    /// (R53-RP-02).
    pub(crate) fn is_healthy(&self, entry: &Entry, kind: RecordType, depth: u8) -> bool {
        let checked = entry.health_check.as_deref().is_none_or(self.checks);
        checked && self.target_is_healthy(entry, kind, depth)
    }

    fn target_is_healthy(&self, entry: &Entry, kind: RecordType, depth: u8) -> bool {
        let Content::Alias { target, evaluate: true } = &entry.content else { return true };
        match target {
            Target::Endpoint { host, .. } => self.endpoints.is_healthy(host),
            // One healthy record of the group is enough (R53-AL-09).
            Target::Record(name) => {
                depth < ALIAS_DEPTH_MAX
                    && self
                        .zone
                        .entries(name, kind)
                        .iter()
                        .any(|entry| self.is_healthy(entry, kind, depth + 1))
            }
        }
    }
}
