//! When a change is where: at once in the control plane, some time later at the edge, later still
//! `Deployed` (CF-DEP-01 to -03).

use std::sync::Arc;

use standin_kernel::{ApiError, Cx, Duration};

use crate::compile;
use crate::data::Edge;
use crate::names::Names;
use crate::state::{Distribution, Rollout, State, Timer};

/// AWS switches its edges one by one within some minutes; ours is one of the early ones.
const EDGE_AT_AWS: Duration = Duration::from_secs(60);
const DEPLOYED_AT_AWS: Duration = Duration::from_secs(240);
/// Long enough to be seen.
const DEPLOYED_FAST: Duration = Duration::from_millis(200);

impl State {
    /// Sends a distribution's present configuration on its way.
    pub(crate) fn roll_out(&mut self, cx: &mut Cx<'_>, id: &str) -> Result<(), ApiError> {
        let at = cx.now + cx.env.paced(Duration::ZERO, EDGE_AT_AWS);
        let settings = &self.distribution(id)?.settings;
        let config = compile::distribution(self, cx.env, id, &settings.config, &settings.hint)?;
        let aliases = settings.config.aliases.0.clone();
        let one = self.distribution_mut(id)?;
        one.settings.deployed = cx.now + cx.env.paced(DEPLOYED_FAST, DEPLOYED_AT_AWS);
        one.settings.store(cx);
        one.arriving.push_back(Rollout { at, aliases, config: Arc::new(config) });
        let (first, deployed) = (one.arriving[0].at, one.settings.deployed);
        let distribution = id.to_owned();
        let arrival = Timer::Arrival { distribution: distribution.clone() };
        self.timers.set(arrival, first, "configuration arrives at the edge");
        self.timers.set(Timer::Deployed { distribution }, deployed, "distribution deployed");
        Ok(())
    }

    /// A distribution is no more; the edge hears of it with the next `catch_up`.
    pub(crate) fn drop_distribution(&mut self, cx: &mut Cx<'_>, id: &str) {
        self.distributions.remove(id);
        self.timers.clear(&Timer::Arrival { distribution: id.to_owned() });
        self.timers.clear(&Timer::Deployed { distribution: id.to_owned() });
        let gone = Timer::Gone { distribution: id.to_owned() };
        self.timers.set(gone, cx.now, "distribution deleted");
    }

    /// Does what is due.
    pub(crate) fn catch_up(&mut self, cx: &mut Cx<'_>, edge: &mut Edge) {
        while let Some(timer) = self.timers.pop(cx.now) {
            match timer {
                Timer::Arrival { distribution } => self.arrive(cx, &distribution),
                Timer::Deployed { distribution } => {
                    cx.log("cloudfront", format!("distribution {distribution} is deployed"));
                }
                Timer::Gone { distribution } => {
                    edge.forget(&distribution);
                    self.rename();
                }
                Timer::Forget { distribution, invalidation } => {
                    self.invalidate(edge, &distribution, &invalidation);
                }
            }
        }
    }

    /// The edge takes the next configuration, or several that came together.
    fn arrive(&mut self, cx: &Cx<'_>, id: &str) {
        let Some(one) = self.distributions.get_mut(id) else { return };
        while one.arriving.front().is_some_and(|next| next.at <= cx.now) {
            one.edge = one.arriving.pop_front();
        }
        if let Some(next) = one.arriving.front() {
            let arrival = Timer::Arrival { distribution: id.to_owned() };
            self.timers.set(arrival, next.at, "configuration arrives at the edge");
        }
        self.rename();
    }

    fn invalidate(&self, edge: &mut Edge, id: &str, invalidation: &str) {
        let Some(one) = self.distributions.get(id) else { return };
        if let Some(invalidation) = one.invalidations.get(invalidation) {
            edge.invalidate(id, &invalidation.paths);
        }
    }

    /// Rebuilds the names under which the edge finds distributions.
    fn rename(&mut self) {
        let mut all: Vec<&Distribution> = self.distributions.values().collect();
        all.sort_by_key(|one| one.settings.number);
        self.names = Names::new(all.into_iter().filter_map(|one| {
            let edge = one.edge.as_ref()?;
            let names = edge.aliases.iter().chain([&one.settings.domain_name]);
            Some((edge.config.clone(), names.map(String::as_str).collect()))
        }));
    }

    /// After a restart everything has arrived; only `Deployed` may still be to come.
    pub(crate) fn restored(&mut self, cx: &mut Cx<'_>) {
        let ids: Vec<String> = self.distributions.keys().cloned().collect();
        for id in ids {
            let settings = &self.distributions[&id].settings;
            let compiled =
                compile::distribution(self, cx.env, &id, &settings.config, &settings.hint);
            let config = match compiled {
                Ok(config) => Arc::new(config),
                Err(error) => {
                    cx.log("cloudfront", format!("distribution {id} cannot be served: {error}"));
                    continue;
                }
            };
            let aliases = settings.config.aliases.0.clone();
            let deployed = settings.deployed;
            if deployed > cx.now {
                let timer = Timer::Deployed { distribution: id.clone() };
                self.timers.set(timer, deployed, "distribution deployed");
            }
            if let Some(one) = self.distributions.get_mut(&id) {
                one.edge = Some(Rollout { at: cx.now, aliases, config });
            }
        }
        self.rename();
    }
}
