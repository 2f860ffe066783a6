//! What a network does to one exchange of messages: how much later it comes, with luck from the
//! seed.

use standin_kernel::{Duration, Rng};

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
