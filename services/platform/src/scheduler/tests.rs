//! The calendar of expressions: examples, and what holds for every cron in every zone.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use standin_kernel::{Duration, Time};

use super::expression::{Dialect, Expression, zone};

fn moment(text: &str) -> Time {
    Time(u64::try_from(text.parse::<Timestamp>().unwrap().as_nanosecond()).unwrap())
}

fn local(time: Time, zone: &TimeZone) -> DateTime {
    zone.to_datetime(timestamp(time))
}

fn timestamp(time: Time) -> Timestamp {
    Timestamp::from_nanosecond(time.0.into()).unwrap()
}

/// The moments of an expression from `after` on, as many as `expected`, in local time.
#[track_caller]
fn holds(expression: &str, name: &str, after: &str, expected: &[&str]) {
    let read = Expression::parse(expression, Dialect::Scheduler).unwrap();
    let zone = zone(name).unwrap();
    let mut at = moment(after);
    for wanted in expected {
        at = read.next(at, Time::default(), &zone).unwrap();
        let offset = zone.to_offset(timestamp(at)).seconds() / 3600;
        let local = local(at, &zone).strftime("%a %Y-%m-%d %H:%M");
        assert_eq!(format!("{local} {offset:+03}:00"), *wanted, "{expression}");
    }
}

#[test]
fn sch_ex_02_days_are_found_as_the_wildcards_say() {
    let from = "2027-01-01T00:00:00Z";
    holds(
        "cron(0 18 ? * MON-FRI *)",
        "UTC",
        from,
        &["Fri 2027-01-01 18:00 +00:00", "Mon 2027-01-04 18:00 +00:00"],
    );
    holds(
        "cron(30 9 L * ? *)",
        "UTC",
        from,
        &["Sun 2027-01-31 09:30 +00:00", "Sun 2027-02-28 09:30 +00:00"],
    );
    // The 15th of May 2027 is a Saturday, the 1st too.
    holds("cron(0 0 15W 5 ? *)", "UTC", from, &["Fri 2027-05-14 00:00 +00:00"]);
    holds("cron(0 0 1W 5 ? *)", "UTC", from, &["Mon 2027-05-03 00:00 +00:00"]);
    holds("cron(0 0 LW 1 ? *)", "UTC", from, &["Fri 2027-01-29 00:00 +00:00"]);
    holds("cron(0 0 ? * 6L *)", "UTC", from, &["Fri 2027-01-29 00:00 +00:00"]);
    holds("cron(0 0 ? * 3#2 *)", "UTC", from, &["Tue 2027-01-12 00:00 +00:00"]);
    holds("cron(0 0 ? * 2#5 *)", "UTC", from, &["Mon 2027-03-29 00:00 +00:00"]);
    holds("cron(0 0 ? * L *)", "UTC", from, &["Sat 2027-01-02 00:00 +00:00"]);
    holds("cron(0 0 29 2 ? *)", "UTC", from, &["Tue 2028-02-29 00:00 +00:00"]);
    holds(
        "cron(5/20 23 31 12 ? 2027)",
        "UTC",
        from,
        &["Fri 2027-12-31 23:05 +00:00", "Fri 2027-12-31 23:25 +00:00"],
    );
    holds(
        "cron(0 22-3/2 ? * FRI-MON *)",
        "UTC",
        "2027-01-01T23:00:00Z",
        &["Sat 2027-01-02 00:00 +00:00", "Sat 2027-01-02 02:00 +00:00"],
    );
    let over = Expression::parse("cron(0 0 1 1 ? 2026)", Dialect::Scheduler).unwrap();
    assert_eq!(over.next(moment(from), Time::default(), &zone("UTC").unwrap()), None);
}

#[test]
fn sch_ex_04_a_time_that_the_clocks_leave_out_is_skipped_and_one_that_comes_twice_runs_once() {
    holds(
        "cron(30 2 * * ? *)",
        "America/New_York",
        "2027-03-13T00:00:00Z",
        &["Sat 2027-03-13 02:30 -05:00", "Mon 2027-03-15 02:30 -04:00"],
    );
    holds(
        "cron(30 1 * * ? *)",
        "America/New_York",
        "2027-11-07T00:00:00Z",
        &["Sun 2027-11-07 01:30 -04:00", "Mon 2027-11-08 01:30 -05:00"],
    );
    let gap = Expression::parse("at(2027-03-14T02:30:00)", Dialect::Scheduler).unwrap();
    let new_york = zone("America/New_York").unwrap();
    assert_eq!(gap.next(Time::default(), Time::default(), &new_york), None);
    holds(
        "at(2027-11-07T01:30:00)",
        "America/New_York",
        "2027-01-01T00:00:00Z",
        &["Sun 2027-11-07 01:30 -04:00"],
    );
}

#[test]
fn evr_ex_02_a_rule_wants_the_unit_to_agree_with_its_number() {
    let rule = |text| Expression::parse(text, Dialect::Rule).is_some();
    assert!(rule("rate(1 minute)") && rule("rate(5 minutes)") && rule("cron(0 8 * * ? *)"));
    assert!(!rule("rate(1 minutes)") && !rule("rate(5 minute)") && !rule("rate(1 hours)"));
    assert!(!rule("cron(INVALID)") && !rule("at(2027-01-01T00:00:00)"));
}

const ZONES: [&str; 6] = [
    "UTC",
    "Asia/Tokyo",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Pacific/Apia",
];

proptest! {
    #[test]
    fn the_next_moment_is_later_on_the_minute_and_reads_as_the_cron_says(
        minute in 0u8..60,
        hour in 0u8..24,
        days in 0u32..2000,
        second in 0u64..86_400,
        name in prop::sample::select(&ZONES[..]),
    ) {
        let text = format!("cron({minute} {hour} * * ? *)");
        let cron = Expression::parse(&text, Dialect::Scheduler).unwrap();
        let zone = zone(name).unwrap();
        let after = Time::from_seconds(1_262_304_000 + u64::from(days) * 86_400 + second);
        let next = cron.next(after, Time::default(), &zone).unwrap();
        prop_assert!(next > after);
        // Once a day, but for a day on which the clocks leave it out; Apia left out a whole one.
        prop_assert!(next.since(after) <= Duration::from_secs(3 * 86_400));
        let local = local(next, &zone);
        prop_assert_eq!(i64::from(local.minute()), i64::from(minute));
        prop_assert_eq!(i64::from(local.hour()), i64::from(hour));
        prop_assert_eq!(local.second(), 0);
    }

    #[test]
    fn no_local_day_has_the_same_cron_twice(
        minute in 0u8..60,
        hour in 0u8..24,
        year in 2010u32..2040,
        name in prop::sample::select(&ZONES[..]),
    ) {
        let text = format!("cron({minute} {hour} * * ? {year})");
        let cron = Expression::parse(&text, Dialect::Scheduler).unwrap();
        let zone = zone(name).unwrap();
        let (mut after, mut days) = (Time::default(), Vec::new());
        while let Some(next) = cron.next(after, Time::default(), &zone) {
            days.push(local(next, &zone).date());
            after = next;
        }
        prop_assert!(days.is_sorted_by(|one, other| one < other));
        prop_assert!((363..=366).contains(&days.len()), "{}", days.len());
    }

    #[test]
    fn a_rate_is_the_same_span_whatever_the_clocks_do(
        every in 1u32..5000,
        anchor in 0u64..2_000_000_000,
        later in 0u64..100_000_000,
    ) {
        let text = format!("rate({every} minutes)");
        let rate = Expression::parse(&text, Dialect::Scheduler).unwrap();
        let anchor = Time::from_seconds(anchor);
        let after = anchor + Duration::from_secs(later);
        let next = rate.next(after, anchor, &TimeZone::UTC).unwrap();
        let span = u64::from(every) * 60;
        prop_assert!(next > after && next.since(after).as_secs() <= span);
        prop_assert_eq!(next.since(anchor).as_secs() % span, 0);
    }
}
