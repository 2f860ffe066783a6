//! Which record sets of a name and type are answered: the policy picks, then health is looked at
//! (R53-RP-01).

use standin_kernel::Rng;

use super::location::Place;
use super::zone::{Entry, Policy};
use crate::record_set::{Failover, GeoLocation};
use crate::state::Location;

/// Records in a multivalue answer (R53-RP-14).
const MULTIVALUE_MAX: usize = 8;

/// Who asks, as far as policies care.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker<'a> {
    pub(crate) location: Option<&'a Location>,
    /// Taken for the nearest when nothing is known of the location.
    pub(crate) home_region: &'a str,
}

/// What was chosen, and why.
#[derive(Debug)]
pub(crate) struct Choice<'e> {
    pub(crate) entries: Vec<&'e Entry>,
    pub(crate) why: &'static str,
    pub(crate) row: &'static str,
}

/// Chooses among all record sets of a name and type. Empty only when no location fits.
pub(crate) fn choose<'e>(
    entries: &'e [Entry],
    healthy: &dyn Fn(&Entry) -> bool,
    asker: Asker<'_>,
    rng: &mut Rng,
) -> Choice<'e> {
    let Some(first) = entries.first() else {
        return Choice { entries: Vec::new(), why: "no record set", row: "R53-ZN-04" };
    };
    match &first.policy {
        Policy::Simple => Choice { entries: vec![first], why: "a simple record", row: "R53-RP-15" },
        Policy::Failover(_) => failover(entries, healthy),
        Policy::Weighted(_) => weighted(entries, healthy, rng),
        Policy::Multivalue => multivalue(entries, healthy, rng),
        Policy::Latency(_) => {
            let from = asker.location.and_then(|at| at.region.as_deref());
            let from = from.unwrap_or(asker.home_region);
            let (why, row) = ("the Region with the least latency that is healthy", "R53-RP-10");
            nearest(entries, healthy, from, asker.home_region, (why, row))
        }
        Policy::Geoproximity(..) => {
            let from = asker.location.and_then(|at| at.region.as_deref());
            let from = from.unwrap_or(asker.home_region);
            let (why, row) = ("the nearest that is healthy, with bias", "R53-RP-12");
            nearest(entries, healthy, from, asker.home_region, (why, row))
        }
        Policy::Geolocation(_) => geolocation(entries, healthy, asker.location),
    }
}

/// R53-RP-04
fn failover<'e>(entries: &'e [Entry], healthy: &dyn Fn(&Entry) -> bool) -> Choice<'e> {
    let of = |role: Failover| {
        entries.iter().find(|entry| matches!(entry.policy, Policy::Failover(is) if is == role))
    };
    let (primary, secondary) = (of(Failover::Primary), of(Failover::Secondary));
    let (entry, why) = match (primary, secondary) {
        (Some(primary), _) if healthy(primary) => (Some(primary), "the primary is healthy"),
        (Some(primary), Some(secondary)) => match healthy(secondary) {
            true => (Some(secondary), "the primary is unhealthy, the secondary is not"),
            false => (Some(primary), "both are unhealthy, so the primary"),
        },
        (Some(primary), None) => (Some(primary), "there is no secondary"),
        (None, secondary) => (secondary, "there is no primary"),
    };
    Choice { entries: entry.into_iter().collect(), why, row: "R53-RP-04" }
}

/// R53-RP-07, R53-RP-08
fn weighted<'e>(
    entries: &'e [Entry],
    healthy: &dyn Fn(&Entry) -> bool,
    rng: &mut Rng,
) -> Choice<'e> {
    let some = |zero: bool, only_healthy: bool| -> Vec<&'e Entry> {
        let fits =
            |entry: &&Entry| (weight(entry) == 0) == zero && (!only_healthy || healthy(entry));
        entries.iter().filter(fits).collect()
    };
    let ways = [
        (some(false, true), "one of the healthy ones, by weight"),
        (some(true, true), "one with weight zero, for no other is healthy"),
        (some(false, false), "none is healthy, so all count as healthy"),
        (some(true, false), "all have weight zero"),
    ];
    let way = ways.into_iter().find(|(some, _)| !some.is_empty());
    let (candidates, why) = way.unwrap_or((Vec::new(), "no record set"));
    let share = |entry: &Entry| weight(entry).max(u64::from(weight_sum(&candidates) == 0));
    let sum: u64 = candidates.iter().map(|entry| share(entry)).sum();
    let mut ticket = rng.below(sum);
    let winner = candidates.iter().find(|entry| {
        let share = share(entry);
        let wins = ticket < share;
        ticket = ticket.saturating_sub(share);
        wins
    });
    Choice { entries: winner.copied().into_iter().collect(), why, row: "R53-RP-07" }
}

fn weight(entry: &Entry) -> u64 {
    if let Policy::Weighted(weight) = entry.policy { weight } else { 0 }
}

fn weight_sum(entries: &[&Entry]) -> u64 {
    entries.iter().map(|entry| weight(entry)).sum()
}

/// R53-RP-14
fn multivalue<'e>(
    entries: &'e [Entry],
    healthy: &dyn Fn(&Entry) -> bool,
    rng: &mut Rng,
) -> Choice<'e> {
    let mut fit: Vec<&Entry> = entries.iter().filter(|entry| healthy(entry)).collect();
    let mut why = "up to eight healthy ones";
    if fit.is_empty() {
        (fit, why) = (entries.iter().collect(), "none is healthy, so up to eight of all");
    }
    shuffle(&mut fit, rng);
    fit.truncate(MULTIVALUE_MAX);
    Choice { entries: fit, why, row: "R53-RP-14" }
}

/// The nearest healthy one; when none is, the nearest (R53-RP-03).
fn nearest<'e>(
    entries: &'e [Entry],
    healthy: &dyn Fn(&Entry) -> bool,
    from: &str,
    home: &str,
    (why, row): (&'static str, &'static str),
) -> Choice<'e> {
    let from = Place::of_region(from).or_else(|| Place::of_region(home));
    let distance = |entry: &Entry| {
        let (place, bias) = match &entry.policy {
            Policy::Latency(region) => (Place::of_region(region), 0),
            Policy::Geoproximity(place, bias) => (Some(*place), *bias),
            _ => (None, 0),
        };
        let km = from.zip(place).map_or(f64::MAX, |(from, to)| from.distance_km(to));
        biased(km, bias)
    };
    let nearest = |only_healthy: bool| {
        let candidates = entries.iter().filter(|entry| !only_healthy || healthy(entry));
        candidates.min_by(|one, other| distance(one).total_cmp(&distance(other)))
    };
    let (entry, why) = match nearest(true) {
        Some(entry) => (Some(entry), why),
        None => (nearest(false), "none is healthy, so the nearest"),
    };
    Choice { entries: entry.into_iter().collect(), why, row }
}

/// R53-RP-12
fn biased(km: f64, bias: i64) -> f64 {
    let share = f64::from(i32::try_from(bias).unwrap_or(0)) / 100.0;
    if bias >= 0 { km * (1.0 - share) } else { km / (1.0 + share) }
}

/// The most specific location that fits and is healthy (R53-RP-11).
fn geolocation<'e>(
    entries: &'e [Entry],
    healthy: &dyn Fn(&Entry) -> bool,
    at: Option<&Location>,
) -> Choice<'e> {
    let mut fit: Vec<(u8, &Entry)> = entries
        .iter()
        .filter_map(|entry| match &entry.policy {
            Policy::Geolocation(of) => fits(of, at).map(|exact| (exact, entry)),
            _ => None,
        })
        .collect();
    fit.sort_by_key(|(exact, _)| std::cmp::Reverse(*exact));
    let well = fit.iter().find(|(_, entry)| healthy(entry));
    let (entry, why) = match (well, fit.first()) {
        (Some((_, entry)), _) => (Some(*entry), "the narrowest location that is healthy"),
        (None, Some((_, entry))) => (Some(*entry), "none is healthy, so the narrowest location"),
        (None, None) => (None, "no location fits, and there is no default"),
    };
    Choice { entries: entry.into_iter().collect(), why, row: "R53-RP-11" }
}

/// How exactly a record's location fits: 3 a state, 2 a country, 1 a continent, 0 the default.
fn fits(of: &GeoLocation, at: Option<&Location>) -> Option<u8> {
    let (country, subdivision) = (of.country_code.as_deref(), of.subdivision_code.as_deref());
    if country == Some("*") {
        return Some(0);
    }
    let at = at?;
    match (&of.continent_code, country, subdivision) {
        (Some(continent), ..) => (at.continent.as_ref() == Some(continent)).then_some(1),
        (_, Some(country), None) => (at.country.as_deref() == Some(country)).then_some(2),
        (_, Some(country), Some(state)) => (at.country.as_deref() == Some(country)
            && at.subdivision.as_deref() == Some(state))
        .then_some(3),
        _ => None,
    }
}

/// Puts things in random order.
pub(crate) fn shuffle<T>(things: &mut [T], rng: &mut Rng) {
    for at in (1..things.len()).rev() {
        let other = usize::try_from(rng.below(at as u64 + 1)).unwrap_or(0);
        things.swap(at, other);
    }
}
