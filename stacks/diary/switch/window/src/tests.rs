//! Windows by example, and what holds for all of them.

use proptest::prelude::*;

use crate::{Conflict, Kind, Language, Message, Moment, Network, Window, WrongTime};
use crate::{check, judge, parse_time, render, until, zone};

const NOW: Moment = Moment(1_795_510_800);

fn window(id: &str, from: i64, until: Option<i64>) -> Window {
    Window {
        id: id.into(),
        kind: Kind::Planned,
        from: Moment(NOW.0 + from),
        until: until.map(|until| Moment(NOW.0 + until)),
        message: Message::default(),
        operators: Vec::new(),
    }
}

fn emergency(id: &str, from: i64, until: Option<i64>) -> Window {
    Window { kind: Kind::Emergency, ..window(id, from, until) }
}

#[test]
fn a_window_begins_and_ends_on_its_second() {
    let windows = [window("a", 20, Some(60))];
    let at = |seconds| judge(Moment(NOW.0 + seconds), &windows);
    assert_eq!(at(19).open, None);
    assert_eq!(at(19).changes, Some(Moment(NOW.0 + 20)));
    let open = at(20).open.unwrap();
    assert_eq!(open.until, Some(Moment(NOW.0 + 60)));
    assert_eq!(open.retry_after_s(Moment(NOW.0 + 20)), 40);
    assert_eq!(at(59).open.unwrap().retry_after_s(Moment(NOW.0 + 59)), 1);
    assert_eq!(at(60).open, None);
    assert_eq!(at(60).changes, None);
}

#[test]
fn windows_without_a_gap_are_one_time_to_readers() {
    let windows = [window("a", -10, Some(30)), window("b", 30, Some(90)), window("c", 91, None)];
    let open = judge(NOW, &windows).open.unwrap();
    assert_eq!((open.window.id.as_str(), open.until), ("a", Some(Moment(NOW.0 + 90))));
    assert_eq!(judge(NOW, &windows).changes, Some(Moment(NOW.0 + 30)));
    assert_eq!(judge(Moment(NOW.0 + 91), &windows).open.unwrap().until, None);
}

#[test]
fn an_emergency_without_end_hides_the_end_of_planned_work() {
    let windows = [window("work", -10, Some(300)), emergency("fire", -5, None)];
    let open = judge(NOW, &windows).open.unwrap();
    assert_eq!((open.window.id.as_str(), open.until), ("fire", None));
    assert_eq!(open.retry_after_s(NOW), 120);
    // Work goes on when the fire is out.
    let open = judge(NOW, &windows[..1]).open.unwrap();
    assert_eq!(open.until, Some(Moment(NOW.0 + 300)));
}

#[test]
fn operators_of_every_open_window_pass() {
    let mut one = window("a", -10, Some(30));
    one.operators = vec![Network::parse("203.0.113.0/24").unwrap()];
    let mut other = emergency("b", -10, None);
    other.operators = vec![Network::parse("2001:db8::1").unwrap()];
    let windows = [one, other];
    let operators = judge(NOW, &windows).open.unwrap().operators;
    let passes = |address: &str| operators.iter().any(|net| net.has(address.parse().unwrap()));
    assert!(passes("203.0.113.7") && passes("2001:db8::1"));
    assert!(!passes("203.0.114.7") && !passes("2001:db8::2") && !passes("::ffff:203.0.113.7"));
}

#[test]
fn nonsense_is_refused_by_name() {
    let now = NOW;
    let there = [window("night", 3600, Some(7200))];
    let refused = |window: &Window| check(window, &there, now).unwrap_err().to_string();
    assert!(refused(&window("x", 60, Some(60))).contains("is not after its start"));
    assert!(refused(&window("x", -90, Some(-60))).contains("is over"));
    let overlap = check(&window("x", 7100, Some(9000)), &there, now).unwrap_err();
    assert!(matches!(&overlap, Conflict::Overlaps { id, .. } if id == "night"), "{overlap}");
    // One behind the other is fine, and so is the same window, extended; an emergency asks nobody.
    check(&window("x", 7200, Some(7300)), &there, now).unwrap();
    check(&window("night", 3600, Some(9000)), &there, now).unwrap();
    check(&emergency("x", 0, Some(9000)), &there, now).unwrap();
    check(&window("x", 0, None), &there, now).unwrap();
    assert!(refused(&window("a/b", 0, None)).contains("no name"));
}

#[test]
fn a_window_is_the_same_after_the_parameter_store() {
    let mut one = window("a", 0, Some(60));
    one.message = Message { ja: "引っ越し".into(), en: "Moving house".into() };
    one.operators = vec![Network::parse("203.0.113.0/24").unwrap()];
    assert_eq!(Window::parse("a", &one.document()).unwrap(), one);
    let text = r#"{"from":"2026-11-24T20:00:00+09:00"}"#;
    let open = Window::parse("b", text).unwrap();
    assert_eq!((open.from, open.until, open.kind), (Moment(1_795_518_000), None, Kind::Planned));
    for wrong in [
        r#"{"from":"2026-11-24T20:00:00"}"#,
        r#"{"from":"2026-11-24T20:00:00Z","till":"2026-11-24T21:00:00Z"}"#,
        r#"{"until":"2026-11-24T20:00:00Z"}"#,
        "no JSON",
    ] {
        assert!(Window::parse("b", wrong).is_err(), "{wrong}");
    }
}

#[test]
fn times_are_read_with_zones_and_never_guessed() {
    let tokyo = zone("Asia/Tokyo").unwrap();
    // 18:00 in Tokyo.
    let now = Moment(1_795_510_800);
    assert_eq!(now.in_zone(&tokyo), "2026-11-24 18:00:00 +09:00");
    let read = |text: &str| parse_time(text, now, &tokyo).map(|at| at.to_string());
    let fine = [
        ("+20s", "2026-11-24T09:00:20Z"),
        ("+1h30m", "2026-11-24T10:30:00Z"),
        ("22:00", "2026-11-24T13:00:00Z"),
        // It is over today.
        ("17:30", "2026-11-25T08:30:00Z"),
        ("2026-11-25T02:00", "2026-11-24T17:00:00Z"),
        ("2026-11-25 02:00", "2026-11-24T17:00:00Z"),
        ("2026-11-25T02:00:00Z", "2026-11-25T02:00:00Z"),
        ("2026-11-25T02:00+01:00", "2026-11-25T01:00:00Z"),
        ("2026-11-25 02:00 Europe/Paris", "2026-11-25T01:00:00Z"),
        ("02:00 UTC", "2026-11-25T02:00:00Z"),
    ];
    for (text, expected) in fine {
        assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
    }
    for text in ["soon", "+20", "+", "24:00", "2026-02-30T10:00", "", "10:0x"] {
        assert!(matches!(read(text), Err(WrongTime::Form(_))), "{text}");
    }
    let form = read("22:00 Europe/Atlantis");
    assert!(matches!(form, Err(WrongTime::Zone(_))), "{form:?}");
    let gap = read("2027-03-28 02:30 Europe/Paris");
    assert!(matches!(gap, Err(WrongTime::Gap(_))), "{gap:?}");
    let fold = read("2026-10-25 02:30 Europe/Paris").unwrap_err().to_string();
    assert!(fold.contains("+02:00 or +01:00"), "{fold}");
}

#[test]
fn an_end_is_told_with_day_and_zone() {
    let tokyo = zone("Asia/Tokyo").unwrap();
    let at = Moment(1_795_525_200);
    assert_eq!(until(at, &tokyo, Language::Ja), "11月24日（火）22:00（日本時間）");
    assert_eq!(until(at, &tokyo, Language::En), "Tuesday, 24 November, 22:00 (Japan time, UTC+9)");
    let paris = zone("Europe/Paris").unwrap();
    assert_eq!(until(at, &paris, Language::En), "Tuesday, 24 November, 14:00 (UTC+1)");
    let second = Moment(at.0 + 7);
    assert!(until(second, &tokyo, Language::Ja).contains("22:00:07"));
}

#[test]
fn mp_a01_mp_a09_the_page_says_when_the_diary_is_back_and_a_machine_can_read_it() {
    let tokyo = zone("Asia/Tokyo").unwrap();
    let mut one = window("a", -10, Some(3600));
    one.message.en = "Moving <b>house</b> & garden".into();
    let windows = [one];
    let page = render(&judge(NOW, &windows).open.unwrap(), &tokyo);
    for text in [&page.ja, &page.en, &page.both] {
        assert_eq!(text.matches("<h1").count(), 1);
        assert!(text.contains("<time datetime=\"2026-11-24T19:00:00+09:00\">"), "{text}");
        // MP-A05, MP-S12
        assert!(!text.contains("http-equiv") && !text.contains("://"), "{text}");
        assert!(!text.contains("<script"));
    }
    assert!(page.en.contains("Moving &lt;b&gt;house&lt;/b&gt; &amp; garden"));
    assert!(page.ja.contains("lang=\"ja\"") && !page.ja.contains("It opens again"));
    assert!(page.both.contains("lang=\"en\"") && page.both.contains("It opens again"));
}

fn any_window() -> impl Strategy<Value = Window> {
    let until = prop::option::weighted(0.8, 1i64..2000);
    (0u8..6, -1500i64..1500, until, any::<bool>()).prop_map(|(id, from, lasts, fire)| {
        let until = lasts.map(|lasts| from + lasts);
        let id = format!("w{id}");
        if fire { emergency(&id, from, until) } else { window(&id, from, until) }
    })
}

proptest! {
    #[test]
    fn it_is_closed_exactly_while_a_window_is_open(
        windows in prop::collection::vec(any_window(), 0..6),
        at in -2000i64..4000,
    ) {
        let now = Moment(NOW.0 + at);
        let judgement = judge(now, &windows);
        prop_assert_eq!(judgement.open.is_some(), windows.iter().any(|window| window.has(now)));
        if let Some(open) = &judgement.open {
            prop_assert!(open.window.has(now));
            prop_assert!(open.retry_after_s(now) >= 1);
            if let Some(until) = open.until {
                // Closed up to the end that readers are told, and open then.
                prop_assert!(judge(Moment(until.0 - 1), &windows).open.is_some());
                prop_assert!(judge(until, &windows).open.is_none());
            }
        }
    }

    #[test]
    fn nothing_changes_before_the_moment_of_change(
        windows in prop::collection::vec(any_window(), 0..6),
        at in -2000i64..4000,
        share in 0f64..1.0,
    ) {
        let now = Moment(NOW.0 + at);
        let first = judge(now, &windows);
        let changes = first.changes.unwrap_or(Moment(now.0 + 10_000));
        prop_assert!(changes > now);
        #[expect(clippy::cast_possible_truncation, reason = "below 10,000")]
        let later = Moment(now.0 + (changes.since(now) as f64 * share) as i64);
        prop_assume!(later < changes);
        prop_assert_eq!(judge(later, &windows), first);
    }

    #[test]
    fn an_extension_while_open_never_opens_the_diary_in_between(
        from in -500i64..0,
        lasts in 501i64..1000,
        more in 1i64..1000,
        at in 0i64..2000,
    ) {
        let before = [window("a", from, Some(from + lasts))];
        let after = [window("a", from, Some(from + lasts + more))];
        let now = Moment(NOW.0 + at);
        if judge(now, &before).open.is_some() {
            let open = judge(now, &after).open.unwrap();
            prop_assert_eq!(open.until, after[0].until);
        }
    }

    #[test]
    fn the_order_of_windows_means_nothing(
        windows in prop::collection::vec(any_window(), 0..6),
        at in -2000i64..4000,
    ) {
        let mut distinct = windows;
        distinct.sort_by(|a, b| a.id.cmp(&b.id));
        distinct.dedup_by(|a, b| a.id == b.id);
        let mut turned = distinct.clone();
        turned.reverse();
        let now = Moment(NOW.0 + at);
        prop_assert_eq!(judge(now, &distinct), judge(now, &turned));
    }

    #[test]
    fn a_time_written_in_any_zone_is_read_as_the_same_moment(
        seconds in 0i64..4_000_000_000,
        name in prop::sample::select(
            &["UTC", "Asia/Tokyo", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"][..]
        ),
    ) {
        let zone = zone(name).unwrap();
        let moment = Moment(seconds);
        let read = parse_time(&moment.rfc3339(&zone), NOW, &zone);
        prop_assert_eq!(read, Ok(moment));
        let document = format!(r#"{{"from":"{}"}}"#, moment.rfc3339(&zone));
        prop_assert_eq!(Window::parse("a", &document).unwrap().from, moment);
    }
}
