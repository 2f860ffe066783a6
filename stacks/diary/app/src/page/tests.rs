//! What the pages show, and that nobody's words become markup.

use super::*;

fn entry(day: &str, number: u32, title: &str, text: &str) -> Entry {
    let (title, text) = (title.to_owned(), text.to_owned());
    Entry { day: Day::parse(day).unwrap(), number, language: Language::Ja, title, text }
}

const SHARP: &str = "<script>alert('1')</script> & \"x\"";
const BLUNT: &str = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot;";

#[test]
fn words_of_a_person_never_become_markup() {
    let entries = [entry("2026-11-24", 1, SHARP, SHARP)];
    let draft = Draft { date: SHARP.into(), title: SHARP.into(), text: SHARP.into() };
    let today = Day::parse("2026-11-24").unwrap();
    let pages = [
        (list(Language::En, &entries, 1).unwrap(), 2),
        (one(Language::En, &entries, 0).unwrap(), 3),
        (write(Language::En, &draft, today, None), 3),
    ];
    for (html, times) in pages {
        assert!(!html.contains("<script"), "{html}");
        assert_eq!(html.matches(BLUNT).count(), times, "{html}");
    }
}

#[test]
fn the_list_is_divided_by_days_and_pages() {
    let mut entries: Vec<_> =
        (1..=21).rev().map(|n| entry("2026-11-24", n, &format!("nr {n}"), "x")).collect();
    entries.push(entry("2026-11-23", 1, "old", &"長".repeat(61)));
    let first = list(Language::Ja, &entries, 1).unwrap();
    assert_eq!(first.matches("<section").count(), 1);
    assert!(first.contains("<time datetime=\"2026-11-24\">2026年11月24日（火）</time>"));
    assert!(first.contains("href=\"/?page=2\"") && !first.contains("rel=\"prev\""));
    let second = list(Language::Ja, &entries, 2).unwrap();
    assert_eq!(second.matches("<section").count(), 2);
    assert!(second.contains("href=\"/entries/2026-11-23-1\""));
    assert!(second.contains(&format!("<p>{}…</p>", "長".repeat(60))));
    assert_eq!(beginning(&"ab ".repeat(41)), format!("{}…", "ab ".repeat(40).trim_end()));
    assert_eq!(list(Language::Ja, &entries, 3), None);
    assert_eq!(list(Language::Ja, &entries, 0), None);
    assert!(list(Language::En, &[], 1).unwrap().contains("Nothing is written here yet."));
}

#[test]
fn an_entry_shows_its_paragraphs_and_its_neighbours() {
    let entries = [
        entry("2026-11-25", 1, "c", "x"),
        entry("2026-11-24", 1, "b", "一\n二\n\n\n三"),
        entry("2026-11-23", 1, "a", "x"),
    ];
    let html = one(Language::En, &entries, 1).unwrap();
    assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"));
    assert!(html.contains("<div lang=\"ja\">\n<h1>b</h1>\n<p>一<br>\n二</p>\n<p>三</p>"), "{html}");
    assert!(html.contains("rel=\"prev\" href=\"/entries/2026-11-25-1\""));
    assert!(html.contains("rel=\"next\" href=\"/entries/2026-11-23-1\""));
    assert_eq!(one(Language::En, &entries, 3), None);
}

#[test]
fn the_form_keeps_what_was_written_and_says_what_is_wrong() {
    let draft = Draft { date: "2026-11-30".into(), title: "t".into(), text: "\nfirst".into() };
    let today = Day::parse("2026-11-24").unwrap();
    let html = write(Language::En, &draft, today, Some("That day has not come yet."));
    assert!(html.contains("role=\"alert\">That day has not come yet.</p>"));
    assert!(html.contains("max=\"2026-11-24\" value=\"2026-11-30\""));
    // The parser of HTML drops one line end right after the tag; the draft's own must survive.
    assert!(html.contains("required>\n\nfirst</textarea>"));
}
