//! When a change is where: at once in the control plane, some time later at the edge, later still
//! `Deployed` (CF-DEP-01 to -03).

use std::sync::Arc;

use standin_kernel::{ApiError, Cx, Duration};

use crate::compile;
use crate::data::Edge;
use crate::names::Names;
use std::collections::VecDeque;

use crate::state::{Distribution, FAR, Rollout, State, Timer};

/// AWS switches its edges one by one within some minutes; ours is one of the early ones.
const EDGE_AT_AWS: Duration = Duration::from_secs(60);
/// When the others take a change, by group (CF-DEP-02).
const FAR_AT_AWS: [Duration; FAR] =
    [Duration::from_secs(20), Duration::from_secs(130), Duration::from_secs(220)];
const DEPLOYED_AT_AWS: Duration = Duration::from_secs(240);
/// Long enough to be seen.
const DEPLOYED_FAST: Duration = Duration::from_millis(200);

impl State {
    /// Sends a distribution's present configuration on its way.
    pub(crate) fn roll_out(&mut self, cx: &mut Cx<'_>, id: &str) -> Result<(), ApiError> {
        let settings = &self.distribution(id)?.settings;
        let config = compile::distribution(
            self,
            cx.env,
            settings.names(),
            &settings.config,
            &settings.hint,
        )?;
        let aliases = settings.config.aliases.0.clone();
        let one = self.distribution_mut(id)?;
        one.settings.deployed = cx.now + cx.env.paced(DEPLOYED_FAST, DEPLOYED_AT_AWS);
        one.settings.store(cx);
        let is_change = one.edge.is_some() || !one.arriving.is_empty();
        let config = Arc::new(config);
        let arrives = |after: Duration| Rollout {
            sent: cx.now,
            at: cx.now + cx.env.paced(Duration::ZERO, after),
            is_change,
            aliases: aliases.clone(),
            config: config.clone(),
        };
        one.arriving.push_back(arrives(EDGE_AT_AWS));
        for (far, after) in one.far.iter_mut().zip(FAR_AT_AWS) {
            far.arriving.push_back(arrives(after));
        }
        let (first, deployed) = (one.next_arrival().unwrap_or(cx.now), one.settings.deployed);
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
                Timer::Values { store } => self.values_arrive(cx, edge, &store),
                Timer::Emptied { store } => edge.take_store(&store, None),
                Timer::Forget { distribution, invalidation } => {
                    self.invalidate(edge, &distribution, &invalidation);
                }
            }
        }
    }

    /// The edge takes the next configuration, or several that came together.
    fn arrive(&mut self, cx: &Cx<'_>, id: &str) {
        let Some(one) = self.distributions.get_mut(id) else { return };
        let take = |arriving: &mut VecDeque<Rollout>, has: &mut Option<Rollout>| {
            while arriving.front().is_some_and(|next| next.at <= cx.now) {
                *has = arriving.pop_front();
            }
        };
        take(&mut one.arriving, &mut one.edge);
        for far in &mut one.far {
            take(&mut far.arriving, &mut far.has);
        }
        if let Some(next) = one.next_arrival() {
            let arrival = Timer::Arrival { distribution: id.to_owned() };
            self.timers.set(arrival, next, "configuration arrives at the edge");
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
        let names = |has: &dyn Fn(&Distribution) -> Option<&Rollout>| {
            Names::new(all.iter().filter_map(|one| {
                let edge = has(one)?;
                let names = edge.aliases.iter().chain([&one.settings.domain_name]);
                Some((edge.config.clone(), names.map(String::as_str).collect()))
            }))
        };
        let near = names(&|one| one.edge.as_ref());
        let far = std::array::from_fn(|group| names(&|one| one.far[group].has.as_ref()));
        (self.names, self.far_names) = (near, far);
    }

    /// After a restart everything has arrived; only `Deployed` may still be to come.
    pub(crate) fn restored(&mut self, cx: &mut Cx<'_>) {
        let ids: Vec<String> = self.distributions.keys().cloned().collect();
        for id in ids {
            let settings = &self.distributions[&id].settings;
            let compiled = compile::distribution(
                self,
                cx.env,
                settings.names(),
                &settings.config,
                &settings.hint,
            );
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
                let (sent, at) = (cx.now, cx.now);
                let has = Rollout { sent, at, is_change: false, aliases, config };
                for far in &mut one.far {
                    far.has = Some(has.clone());
                }
                one.edge = Some(has);
            }
        }
        self.rename();
    }
}
