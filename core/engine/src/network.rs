//! What a network does to one exchange of messages: how much later it comes, with luck from the
//! seed.

use standin_kernel::{Address, Duration, Rng};

/// How far places are from each other. On one machine there is no such thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// From a point of presence to load balancers, buckets and other origins.
    pub edge_origin: Span,
    /// From a load balancer to a task.
    pub balancer_task: Span,
}

/// How long a message and its answer are on their way together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub typical: Duration,
    /// Give or take up to this much; never more than `typical`.
    pub jitter: Duration,
}

impl Span {
    /// One way there and back, with luck.
    pub fn trip(self, luck: &mut Rng) -> Duration {
        around(self.typical, self.jitter, luck)
    }
}

impl Network {
    pub(crate) fn trip(&self, to: &Address, luck: &mut Rng) -> Duration {
        match to {
            Address::Name { .. } => self.edge_origin.trip(luck),
            Address::Socket(_) => self.balancer_task.trip(luck),
        }
    }
}

/// The first wait of a sender whose packet was lost; each further one is twice as long (RFC 6298).
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// `by`, give or take up to `jitter`, each time by as much as luck has it.
pub(crate) fn around(by: Duration, jitter: Duration, luck: &mut Rng) -> Duration {
    let jitter_ns = u64::try_from(jitter.as_nanos()).unwrap_or(u64::MAX / 2);
    let less = by.saturating_sub(jitter);
    less + Duration::from_nanos(luck.below(jitter_ns.saturating_mul(2).saturating_add(1)))
}

/// How much later a message comes of which `percent` of a hundred packets are lost and sent again.
/// `most` or more: it has not come by then.
pub(crate) fn retransmitted(percent: u8, most: Duration, luck: &mut Rng) -> Duration {
    let (mut late, mut wait) = (Duration::ZERO, FIRST_WAIT);
    while late < most && luck.below(100) < u64::from(percent) {
        late += wait;
        wait *= 2;
    }
    late
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_within_its_bounds() {
        let mut luck = Rng::new(1);
        let (by, jitter) = (Duration::from_millis(200), Duration::from_millis(10));
        for _ in 0..1000 {
            let late = around(by, jitter, &mut luck);
            assert!(late >= by - jitter && late <= by + jitter);
        }
        assert_eq!(around(by, Duration::ZERO, &mut luck), by);
    }

    #[test]
    fn a_cut_never_lets_anything_through_and_loss_some() {
        let mut luck = Rng::new(1);
        let most = Duration::from_secs(10);
        assert!(retransmitted(100, most, &mut luck) >= most);
        let on_time = (0..1000).filter(|_| retransmitted(30, most, &mut luck).is_zero()).count();
        assert!((650..750).contains(&on_time), "{on_time}");
    }
}
