//! The timeline as one HTML file that needs nothing else: in Japanese and English, for screens of
//! any width, light and dark.

use std::fmt::Write;
use std::time::Duration;

use clap::ValueEnum;
use standin_sim::timeline::{Stretch, Track, seconds};
use standin_sim::{Timeline, Verdict, Worth};

use super::Played;

/// The language a report is opened in; the other is one touch away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Language {
    #[default]
    En,
    Ja,
}

const STYLE: &str = include_str!("report.css");

const WORTHS: [(Worth, &str, &str); 7] = [
    (Worth::RightPage, "right page", "正しいページ"),
    (Worth::RightSorryPage, "right sorry page", "正しいお知らせページ"),
    (Worth::WrongPage, "wrong page", "誤ったページ"),
    (Worth::Stale, "stale content", "古い内容"),
    (Worth::RawError, "raw error", "生のエラー"),
    (Worth::Hang, "hang", "応答待ち"),
    (Worth::NoAnswer, "no answer", "応答なし"),
];

/// The file's text.
pub(super) fn text(played: &[Played], language: Language) -> String {
    let names: Vec<_> = played.iter().map(|one| escaped(&one.drill.name)).collect();
    let (code, en, ja) = match language {
        Language::En => ("en", " checked", ""),
        Language::Ja => ("ja", "", " checked"),
    };
    let mut html = format!(
        "<!doctype html>\n<html lang=\"{code}\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n\
         <div class=\"language\">\
         <label><input type=\"radio\" name=\"language\" id=\"ja\"{ja}>日本語</label>\
         <label><input type=\"radio\" name=\"language\" id=\"en\"{en}>English</label></div>\n\
         <h1>{}</h1>\n{}",
        names.join(", "),
        both("What viewers saw", "閲覧者に見えたもの"),
        legend(),
    );
    for one in played {
        drill(&mut html, one);
    }
    html
}

fn both(en: &str, ja: &str) -> String {
    format!("<span lang=\"en\">{en}</span><span lang=\"ja\">{ja}</span>")
}

fn legend() -> String {
    let mut html = String::from("<ul class=\"legend\">");
    for (worth, en, ja) in WORTHS {
        let _ = write!(html, "<li><i class=\"{}\"></i>{}</li>", worth.as_str(), both(en, ja));
    }
    html.push_str("</ul>\n");
    html
}

fn drill(html: &mut String, played: &Played) {
    let name = escaped(&played.drill.name);
    let mark = if played.is_met() { "met" } else { "unmet" };
    let world = match played.world {
        "virtual" => both("in the simulator", "シミュレーター上"),
        _ => both("on the running stack", "稼働中のスタック上"),
    };
    let _ = writeln!(html, "<h2 class=\"{mark}\">{name}</h2>\n<p class=\"faint\">{world}</p>");
    events(html, &played.timeline);
    for track in &played.timeline.viewers {
        viewer(html, &played.timeline, track);
    }
    if !played.verdicts.is_empty() {
        let _ = writeln!(html, "<h3>{}</h3>\n<ul>", both("Expectations", "期待したこと"));
        for verdict in &played.verdicts {
            expectation(html, verdict);
        }
        html.push_str("</ul>\n");
    }
}

fn events(html: &mut String, timeline: &Timeline) {
    if timeline.events.is_empty() {
        return;
    }
    let _ = writeln!(html, "<h3>{}</h3>\n<ul>", both("What was done", "行ったこと"));
    for event in &timeline.events {
        let _ = writeln!(html, "<li>{} {}</li>", seconds(event.at), escaped(&event.says));
    }
    html.push_str("</ul>\n");
}

fn viewer(html: &mut String, timeline: &Timeline, track: &Track) {
    let _ = writeln!(html, "<h3>{}</h3>\n<div class=\"track\">", escaped(&track.viewer));
    let share = |at: Duration| {
        let whole = timeline.duration.as_secs_f64().max(f64::MIN_POSITIVE);
        (at.as_secs_f64() / whole * 100.0).min(100.0)
    };
    for (index, stretch) in track.stretches.iter().enumerate() {
        let end = track.stretches.get(index + 1).map_or(timeline.duration, |next| next.from);
        let (left, width) = (share(stretch.from), share(end) - share(stretch.from));
        let _ = writeln!(
            html,
            "<span class=\"{}\" style=\"left:{left:.3}%;width:{width:.3}%\" title=\"{}\"></span>",
            stretch.worth.as_str(),
            escaped(&label(stretch)),
        );
    }
    for event in &timeline.events {
        let (left, says) = (share(event.at), escaped(&event.says));
        let _ = writeln!(html, "<b style=\"left:{left:.3}%\" title=\"{says}\"></b>");
    }
    let _ = writeln!(
        html,
        "</div>\n<div class=\"axis\"><span>0s</span><span>{}</span></div>\n\
         <ul class=\"stretches\">",
        seconds(timeline.duration),
    );
    for (index, stretch) in track.stretches.iter().enumerate() {
        row(html, stretch, index > 0);
    }
    html.push_str("</ul>\n");
}

/// `20.0s - 39.0s sorry-page 503`
fn label(stretch: &Stretch) -> String {
    let status = stretch.status.map(|status| format!(" {status}")).unwrap_or_default();
    format!("{} - {} {}{status}", seconds(stretch.from), seconds(stretch.to), stretch.class)
}

fn row(html: &mut String, stretch: &Stretch, changed: bool) {
    let words = WORTHS.iter().find(|(worth, ..)| *worth == stretch.worth);
    let words = words.map_or_else(String::new, |(_, en, ja)| both(en, ja));
    let (count, slowest) = (stretch.answers, seconds(stretch.slowest));
    let _ = writeln!(
        html,
        "<li class=\"{}\"><strong>{}</strong> {words} <span class=\"faint\">{}</span>",
        stretch.worth.as_str(),
        escaped(&label(stretch)),
        both(
            &format!("{count} answers, slowest {slowest}"),
            &format!("{count} 件、最長 {slowest}"),
        ),
    );
    if let Some(cause) = stretch.cause.as_ref().filter(|_| changed) {
        let _ = writeln!(html, "<p>{}</p>", escaped(&cause.to_string()));
    }
    if !stretch.because.is_empty() {
        let title = both("every decision", "すべての判断");
        let _ = writeln!(html, "<details><summary>{title}</summary><ul>");
        for reason in &stretch.because {
            let _ = writeln!(html, "<li>{}</li>", escaped(&reason.to_string()));
        }
        html.push_str("</ul></details>\n");
    }
    html.push_str("</li>\n");
}

fn expectation(html: &mut String, verdict: &Verdict) {
    let mark = if verdict.met { "met" } else { "unmet" };
    let first = match &verdict.first_against {
        Some(first) => format!("<br><span class=\"faint\">{}</span>", escaped(first)),
        None => String::new(),
    };
    let _ = writeln!(html, "<li class=\"{mark}\">{}{first}</li>", escaped(&verdict.says));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_needs_nothing_else_and_escapes_what_it_shows() {
        let html = text(&[crate::drill::tests::played("never page")], Language::Ja);
        assert!(html.contains("<html lang=\"ja\">"));
        assert!(html.contains("id=\"ja\" checked"));
        assert!(html.contains("n &lt;1&gt;") && !html.contains("n <1>"));
        assert!(html.contains("left:10.000%;width:90.000%"), "{html}");
        for outside in ["http://", "https://", "src=", "@import", "url("] {
            assert!(!html.contains(outside), "{outside}");
        }
    }
}
