//! Whether name servers may answer with a load balancer (R53-AL-08).

use crate::Elbv2;

impl Elbv2 {
    /// Whether every target group that has targets has a healthy one. A load balancer with nothing
    /// but empty groups is unfit; one without any group, which answers by itself, is fit.
    pub fn is_fit_for_dns(&self, host: &str) -> bool {
        let Some(arn) = self.names.get(crate::bare(host)) else { return false };
        let used = self
            .state
            .target_groups
            .keys()
            .filter(|group| self.state.load_balancers_using(group).contains(&arn.as_str()));
        let counts: Vec<(usize, usize)> = used
            .map(|group| {
                let targets = self.balancer.health(group);
                let count = |state: &str| targets.iter().filter(|one| one.state == state).count();
                // A function that nobody checks counts as fit.
                let fit = count("healthy") + count("unavailable");
                (targets.len() - count("draining"), fit)
            })
            .collect();
        let filled = || counts.iter().filter(|(registered, _)| *registered > 0);
        counts.is_empty() || (filled().next().is_some() && filled().all(|(_, fit)| *fit > 0))
    }
}
