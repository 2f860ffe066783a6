//! What is counted of requests and answers, for CloudWatch (ALB-LG-06, ALB-LG-07).

use std::sync::Arc;

use standin_kernel::metric::{Meter, Minute, Spread};
use standin_kernel::{Cx, Deadline, Duration, LinkFailure, Time};

/// How long after its end AWS shows the values of a minute: about another one.
const LAG: Duration = Duration::from_secs(60);

/// Of what is counted: a load balancer's own doing, or what it has from a target group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Whose {
    /// ARNs.
    pub(crate) load_balancer: Arc<str>,
    pub(crate) target_group: Option<Arc<str>>,
}

/// Statuses by their first digit: 2 to 5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ByClass([u64; 4]);

impl ByClass {
    fn add(&mut self, status: u16) {
        if let Some(count) =
            usize::from(status / 100).checked_sub(2).and_then(|at| self.0.get_mut(at))
        {
            *count += 1;
        }
    }

    /// From 2XX to 5XX.
    pub(crate) const fn counts(self) -> [u64; 4] {
        self.0
    }

    pub(crate) fn join(&mut self, other: Self) {
        for (mine, its) in self.0.iter_mut().zip(other.0) {
            *mine += its;
        }
    }
}

/// The counters of one minute.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// Requests for which a target was chosen.
    pub(crate) requests: u64,
    pub(crate) fixed_responses: u64,
    pub(crate) redirects: u64,
    pub(crate) redirects_too_long: u64,
    pub(crate) not_compliant: u64,
    /// Of the load balancer's own answers.
    pub(crate) own: ByClass,
    pub(crate) own_500: u64,
    pub(crate) own_502: u64,
    pub(crate) own_503: u64,
    pub(crate) own_504: u64,
    /// Of targets' answers.
    pub(crate) target: ByClass,
    pub(crate) connection_errors: u64,
    pub(crate) tls_errors: u64,
    /// While the group failed open.
    pub(crate) unhealthy_routing: u64,
    pub(crate) response_times: Spread,
}

impl Counts {
    /// An answer of the load balancer's own.
    pub(crate) fn own(&mut self, status: u16) {
        self.own.add(status);
        match status {
            500 => self.own_500 += 1,
            502 => self.own_502 += 1,
            503 => self.own_503 += 1,
            504 => self.own_504 += 1,
            _ => {}
        }
    }

    /// A target's answer, `took` after it was asked.
    pub(crate) fn answered(&mut self, status: u16, took: Duration) {
        self.target.add(status);
        self.response_times.add(took);
    }

    /// A target gave no answer.
    pub(crate) const fn failed(&mut self, failure: LinkFailure) {
        match failure {
            LinkFailure::Refused | LinkFailure::ConnectTimeout | LinkFailure::NameNotFound => {
                self.connection_errors += 1;
            }
            LinkFailure::Tls => self.tls_errors += 1,
            _ => {}
        }
    }

    /// Adds what was counted of another target group.
    pub(crate) fn join(&mut self, other: &Self) {
        self.requests += other.requests;
        self.target.join(other.target);
        self.connection_errors += other.connection_errors;
        self.tls_errors += other.tls_errors;
        self.unhealthy_routing += other.unhealthy_routing;
        self.response_times.join(&other.response_times);
    }
}

/// The counters of all load balancers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meters(Meter<Whose, Counts>);

impl Meters {
    /// The counters of a load balancer.
    pub(crate) fn of(&mut self, cx: &Cx<'_>, load_balancer: &Arc<str>) -> &mut Counts {
        let whose = Whose { load_balancer: Arc::clone(load_balancer), target_group: None };
        self.0.count(cx, LAG, whose)
    }

    /// Those of its requests to a target group.
    pub(crate) fn of_group(
        &mut self,
        cx: &Cx<'_>,
        load_balancer: &Arc<str>,
        target_group: &Arc<str>,
    ) -> &mut Counts {
        let target_group = Some(Arc::clone(target_group));
        self.0.count(cx, LAG, Whose { load_balancer: Arc::clone(load_balancer), target_group })
    }

    /// The minute under way is to be told, whatever happens in it.
    pub(crate) fn begin(&mut self, cx: &Cx<'_>) {
        self.0.begin(cx, LAG);
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.0.deadline()
    }

    pub(crate) fn take(&mut self, now: Time) -> Option<Minute<Whose, Counts>> {
        self.0.take(now)
    }
}
