//! How a target leaves its group: no new requests at once, time for those under way (ALB-TG-06).

use standin_kernel::Cx;

use super::target_group::{TargetGroups, Timer};
use super::target_health::State;

impl TargetGroups {
    /// Deregisters every registration of `id`, or with a port only that one; an absent target is
    /// no error (ALB-TG-09). Gives back the registrations that are gone already, having no delay:
    /// what is under way on them has failed.
    #[must_use]
    pub(crate) fn deregister(
        &mut self,
        cx: &mut Cx<'_>,
        arn: &str,
        id: &str,
        port: Option<u16>,
    ) -> Vec<u64> {
        let Some(group) = self.groups.get(arn) else { return Vec::new() };
        let meant = group.members.iter().filter(|member| {
            *member.target.id == *id
                && port.is_none_or(|port| port == member.target.port)
                && member.health.state() != State::Draining
        });
        let numbers: Vec<u64> = meant.map(|member| member.number).collect();
        let mut gone = Vec::new();
        for number in numbers {
            self.stop_checks(cx, number);
            let Some((group, at)) = self.find(number) else { continue };
            let delay = group.settings.attributes.deregistration_delay;
            let member = &mut group.members[at];
            // Nothing leads to an unused target any more; with nothing under way it can go.
            let idle = member.health.state() == State::Unused && member.outstanding == 0;
            if idle || delay.is_zero() {
                self.drop_member(cx, number);
                gone.push(number);
                continue;
            }
            member.health.drain();
            member.slow_since = None;
            group.count();
            // The state reads draining until the delay is over, however idle the target is
            // (ALB-TG-07).
            let timer = Timer::DeregistrationDelay(number);
            self.timers.set(timer, cx.now + delay, "deregistration delay");
        }
        gone
    }

    /// Forgets one registration.
    pub(super) fn drop_member(&mut self, cx: &mut Cx<'_>, number: u64) {
        if let Some((group, at)) = self.find(number) {
            group.members.remove(at);
            if group.cursor > at {
                group.cursor -= 1;
            }
            group.count();
        }
        self.forget_timers(cx, number);
    }
}
