//! Decides which tasks a service starts and stops next, from how its tasks stand; pure.
//!
//! `maximumPercent` bounds all tasks that are not STOPPED, `minimumHealthyPercent` the healthy ones
//! (ECS-SV-02). Each older deployment keeps the tasks that were healthy when a newer one came,
//! until healthy tasks of the newest take their place (ECS-SV-05).

/// How many tasks are wanted and allowed, and those there are.
#[derive(Debug)]
pub(crate) struct Census {
    pub(crate) desired: usize,
    /// No healthy task is stopped when fewer than these would be left.
    pub(crate) floor: usize,
    /// No task is started when more than these would be there.
    pub(crate) ceiling: usize,
    /// One for each deployment, the newest first.
    pub(crate) shares: Vec<Share>,
    pub(crate) members: Vec<Member>,
}

/// What a deployment is entitled to.
#[derive(Debug)]
pub(crate) struct Share {
    /// For the newest one the service's own desired count.
    pub(crate) desired: usize,
    /// Whether its throttle lets tasks start now.
    pub(crate) open: bool,
    /// Given up: no task of it is started any more.
    pub(crate) failed: bool,
}

/// A task that is not STOPPED.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) task: String,
    pub(crate) share: usize,
    pub(crate) rank: Rank,
    /// The larger, the younger.
    pub(crate) serial: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Pending,
    Running,
    Healthy,
    Unhealthy,
    Leaving,
}

/// What is to be done now.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// How many tasks of each deployment are started.
    pub(crate) start: Vec<usize>,
    pub(crate) stop: Vec<String>,
    /// One of these is stopped, for there is no room to replace them otherwise (ECS-SV-04).
    pub(crate) make_room: Vec<String>,
    /// What each deployment is entitled to from now on.
    pub(crate) shares: Vec<usize>,
    /// The bounds leave nothing that could be done (ECS-SV-03).
    pub(crate) stuck: bool,
}

impl Census {
    pub(crate) fn plan(&self) -> Plan {
        let mut plan = Plan {
            start: vec![0; self.shares.len()],
            shares: self.shares.iter().map(|share| share.desired).collect(),
            ..Plan::default()
        };
        let failed = self.shares[0].failed;
        let done = !failed && self.count(0, Rank::Healthy) >= self.desired;
        if done || self.desired == 0 {
            plan.shares[1..].fill(0);
        }
        let mut budget = self.total(Rank::Healthy).saturating_sub(self.floor);
        for share in (1..self.shares.len()).rev() {
            if !failed || self.desired == 0 {
                self.retire(share, &mut plan, &mut budget);
            }
            self.trim(share, &mut plan, &mut budget);
        }
        self.trim(0, &mut plan, &mut budget);
        let missing = self.start(&mut plan);
        let waiting = self.total(Rank::Leaving) > 0 || !plan.stop.is_empty();
        let full = self.members.len() >= self.ceiling;
        if missing > 0 && full && !waiting {
            plan.make_room = self.unhealthy().map(|member| member.task.clone()).collect();
            plan.stuck = self.members.iter().all(|member| member.rank == Rank::Healthy);
        }
        plan
    }

    /// Stops healthy tasks of an older deployment, oldest first, as far as the floor lets them go.
    fn retire(&self, share: usize, plan: &mut Plan, budget: &mut usize) {
        for member in self.ranked(share, Rank::Healthy).into_iter().take(*budget) {
            plan.stop.push(member.task.clone());
            plan.shares[share] = plan.shares[share].saturating_sub(1);
            *budget -= 1;
        }
    }

    /// Stops what a deployment has beyond its share: those farthest from being healthy first, and
    /// unhealthy ones as soon as there are healthy ones in their place.
    fn trim(&self, share: usize, plan: &mut Plan, budget: &mut usize) {
        let entitled = plan.shares[share];
        let healthy = self.ranked(share, Rank::Healthy);
        let healthy: Vec<_> =
            healthy.into_iter().filter(|member| !plan.stop.contains(&member.task)).collect();
        let healthy_count = healthy.len();
        let young = |rank| self.ranked(share, rank).into_iter().rev();
        let unready: Vec<_> = young(Rank::Pending).chain(young(Rank::Running)).collect();
        let mut surplus = (healthy_count + unready.len()).saturating_sub(entitled);
        for member in unready.into_iter().take(surplus) {
            plan.stop.push(member.task.clone());
            surplus -= 1;
        }
        for member in healthy.into_iter().rev().take(surplus.min(*budget)) {
            plan.stop.push(member.task.clone());
            *budget -= 1;
        }
        if healthy_count >= entitled || self.shares[share].failed {
            let unhealthy = self.ranked(share, Rank::Unhealthy);
            plan.stop.extend(unhealthy.into_iter().map(|member| member.task.clone()));
        }
    }

    /// Starts what is missing, older deployments first (ECS-SV-05). Gives how many could be started
    /// if there were room.
    fn start(&self, plan: &mut Plan) -> usize {
        let mut room = self.ceiling.saturating_sub(self.members.len());
        let mut missing_in_all = 0;
        for share in (0..self.shares.len()).rev() {
            if !self.shares[share].open || self.shares[share].failed {
                continue;
            }
            let ranks = [Rank::Pending, Rank::Running, Rank::Healthy];
            let there = |rank: &Rank| {
                let kept = self.ranked(share, *rank).into_iter();
                kept.filter(|member| !plan.stop.contains(&member.task)).count()
            };
            let there: usize = ranks.iter().map(there).sum();
            let missing = plan.shares[share].saturating_sub(there);
            let starting = missing.min(room);
            plan.start[share] = starting;
            room -= starting;
            missing_in_all += missing - starting;
        }
        missing_in_all
    }

    /// Oldest first.
    fn ranked(&self, share: usize, rank: Rank) -> Vec<&Member> {
        let fits = |member: &&Member| member.share == share && member.rank == rank;
        let mut members: Vec<_> = self.members.iter().filter(fits).collect();
        members.sort_by_key(|member| member.serial);
        members
    }

    fn unhealthy(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.rank == Rank::Unhealthy)
    }

    pub(crate) fn count(&self, share: usize, rank: Rank) -> usize {
        self.members.iter().filter(|member| member.share == share && member.rank == rank).count()
    }

    pub(crate) fn total(&self, rank: Rank) -> usize {
        self.members.iter().filter(|member| member.rank == rank).count()
    }
}

/// The least number of healthy tasks; a share of a task counts whole (ECS-SV-02).
pub(crate) fn floor(desired: u32, minimum_healthy_percent: u32) -> usize {
    let tasks = (u64::from(desired) * u64::from(minimum_healthy_percent)).div_ceil(100);
    usize::try_from(tasks.min(u64::from(desired))).unwrap_or(usize::MAX)
}

/// The largest number of tasks; a share of a task does not count (ECS-SV-02).
pub(crate) fn ceiling(desired: u32, maximum_percent: u32) -> usize {
    let tasks = u64::from(desired) * u64::from(maximum_percent) / 100;
    usize::try_from(tasks).unwrap_or(usize::MAX)
}
