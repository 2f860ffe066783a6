//! The review as one page that asks nobody for anything: findings and the timelines of all rows, in
//! Japanese and English, for screens of any width, light and dark.

use std::fmt::Write;

use standin_sim::review::{Class, Finding, Options, Report, Row, Track, Verdict, Words};

use super::Lang;
use super::text::{LEGEND, given, grades, idle, place, seconds, summary, verdict};

const STYLE: &str = include_str!("report.css");

const CLASSES: [(Class, &str, &str, &str); 7] = [
    (Class::Right, "right", "right page", "正しいページ"),
    (Class::Stale, "stale", "old copy", "古いコピー"),
    (Class::Sorry, "sorry", "sorry page", "お知らせページ"),
    (Class::Incomplete, "incomplete", "page without its styles", "崩れたページ"),
    (Class::Hang, "hang", "waits over 10 s", "10 秒超の待ち"),
    (Class::Raw, "raw", "raw error", "生エラー"),
    (Class::NoAnswer, "no-answer", "no answer", "応答なし"),
];

/// The file's text.
pub(super) fn page(report: &Report, template: &str, how: &Options, lang: Lang) -> String {
    let (code, en, ja) = match lang {
        Lang::En => ("en", " checked", ""),
        Lang::Ja => ("ja", "", " checked"),
    };
    let name = escaped(template);
    let (lasts, phases) = (how.lasts.as_secs_f64(), how.phases);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"{code}\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{name}</title>\n<style>\n{STYLE}</style>\n<div class=\"language\">\
         <label><input type=\"radio\" name=\"language\" id=\"ja\"{ja}>日本語</label>\
         <label><input type=\"radio\" name=\"language\" id=\"en\"{en}>English</label></div>\n\
         <h1>{name}</h1>\n<p class=\"faint\">{}</p>\n",
        both(
            &format!(
                "What viewers see of every fault. Each lasts {lasts} s or more and begins at \
                 {phases} phases of all that is periodic; the worst is drawn. Seed {}.",
                how.seed
            ),
            &format!(
                "障害ごとに閲覧者に見えるもの。各障害は {lasts} 秒以上、{phases} 通りの位相で開始し、\
                 最悪の場合を図示。シード {}。",
                how.seed
            ),
        )
    );
    if let Some(why) = &report.broken {
        let says = both("The stack does not come up", "スタックを作成できない");
        let _ = writeln!(html, "<p><strong>{says}</strong>: {}</p>", escaped(why));
    }
    findings(&mut html, report);
    rows(&mut html, report);
    if !report.idle.is_empty() {
        let says = both(&idle(report, Lang::En), &idle(report, Lang::Ja));
        let _ = writeln!(html, "<p class=\"faint\">{says}</p>");
    }
    html
}

fn findings(html: &mut String, report: &Report) {
    let _ = writeln!(html, "<h2>{}</h2>", both("What to change", "改善点"));
    if report.findings.is_empty() {
        let _ = writeln!(html, "<p>{}</p>", both("nothing", "なし"));
        return;
    }
    html.push_str("<ol class=\"findings\">\n");
    for one in &report.findings {
        finding(html, one);
    }
    html.push_str("</ol>\n");
}

fn finding(html: &mut String, one: &Finding) {
    let in_both = |words: &Words| both(&words.en, &words.ja);
    let _ = writeln!(
        html,
        "<li><strong>{}</strong> <code>{}</code><br>{}<br>→ {}<br>\
         <span class=\"faint\"><code>{}</code> {}</span>",
        in_both(&one.title),
        one.rule,
        in_both(&one.why),
        in_both(&one.advice),
        escaped(&place(&one.setting)),
        one.ledger.join(" "),
    );
    if let Some(gives) = &one.gives {
        let shown = |lang: Lang| given(gives, lang).replace("->", "→");
        let gives = both(&shown(Lang::En), &shown(Lang::Ja));
        let _ = writeln!(html, "<br><span class=\"gives\">{gives}</span>");
    }
    html.push_str("</li>\n");
}

fn rows(html: &mut String, report: &Report) {
    if report.rows.is_empty() {
        return;
    }
    let heading = both("Every fault and planned operation", "全障害と計画作業");
    let counted = both(&summary(report, Lang::En), &summary(report, Lang::Ja));
    let _ = writeln!(html, "<h2>{heading}</h2>\n<p>{counted}</p>\n<ul class=\"legend\">");
    for (_, class, en, ja) in CLASSES {
        let _ = writeln!(html, "<li><i class=\"{class}\"></i>{}</li>", both(en, ja));
    }
    html.push_str("</ul>\n");
    how_to_read(html);
    let mut cases: Vec<&str> = report.rows.iter().map(|row| row.case.as_str()).collect();
    cases.dedup();
    for case in cases {
        let rows: Vec<&Row> = report.rows.iter().filter(|row| row.case == case).collect();
        let worst = rows.iter().map(|row| row.verdict).max().unwrap_or_default();
        let Some(first) = rows.first() else { continue };
        let open = if worst == Verdict::Bad { " open" } else { "" };
        let title = both(&first.title.en, &first.title.ja);
        let case = escaped(case);
        let _ = writeln!(
            html,
            "<details{open}><summary>{}<strong>{title}</strong> \
             <code class=\"faint\">{case}</code></summary>",
            mark(worst)
        );
        for row in rows {
            figure(html, row);
        }
        html.push_str("</details>\n");
    }
}

/// What the measures mean, and what is good.
fn how_to_read(html: &mut String) {
    let says = both("How to read this", "読み方");
    let _ = writeln!(html, "<details><summary>{says}</summary>\n<dl>");
    let lines = both(
        "The two lines in a drawing are the moments when the fault begins and when it is mended; \
         times count from its beginning.",
        "図の2本の線は障害の開始と復旧; 時刻は開始から数える。",
    );
    for (name, means, name_ja, means_ja) in LEGEND {
        let _ = writeln!(html, "<dt>{}<dd>{}", both(name, name_ja), both(means, means_ja));
    }
    let grades = both(grades(Lang::En), grades(Lang::Ja));
    let _ = writeln!(html, "</dl>\n<p>{lines} {grades}</p></details>");
}

fn mark(grade: Verdict) -> String {
    let class = verdict(grade, Lang::En).to_lowercase();
    let words = both(verdict(grade, Lang::En), verdict(grade, Lang::Ja));
    format!("<span class=\"mark {class}\">{words}</span>")
}

fn figure(html: &mut String, row: &Row) {
    let worst = &row.worst;
    let time = |time: f64| seconds(Some(time));
    let (until, raw) = (seconds(worst.until_page_s), time(worst.raw_error_s));
    let (wait, after) = (time(worst.wait_max_s), time(worst.sorry_after_s));
    let measured = both(
        &format!("page after {until}, raw error {raw}, longest wait {wait}, page left {after}"),
        &format!("ページまで {until}、生エラー {raw}、最長待ち {wait}、復旧後の残り {after}"),
    );
    let _ = writeln!(
        html,
        "<figure><figcaption>{}{} <span class=\"faint\">{measured}</span></figcaption>",
        mark(row.verdict),
        escaped(&row.cohort),
    );
    drawing(html, &row.track);
    if row.verdict != Verdict::Good {
        html.push_str("<ul class=\"why\">");
        for stretch in row.track.stretches.iter().filter(|one| one.from_s >= row.track.begins_s) {
            let Some(reason) = &stretch.because else { continue };
            let from = stretch.from_s - row.track.begins_s;
            let _ = write!(html, "<li>{from:+.1} s: {}</li>", escaped(&reason.to_string()));
        }
        html.push_str("</ul>\n");
    }
    html.push_str("</figure>\n");
}

/// A bar of coloured stretches; lines where the fault begins and ends.
fn drawing(html: &mut String, track: &Track) {
    let end = track.stretches.last().map_or(1.0, |last| last.to_s);
    let _ =
        write!(html, "<svg viewBox=\"0 0 {end:.1} 10\" preserveAspectRatio=\"none\" role=\"img\">");
    for stretch in &track.stretches {
        let found = CLASSES.iter().find(|(class, ..)| *class == stretch.class);
        let (class, en) = found.map_or(("", ""), |(_, class, en, _)| (*class, *en));
        let (from, wide) = (stretch.from_s, stretch.to_s - stretch.from_s);
        let status = stretch.status.map_or(String::new(), |status| format!(" {status}"));
        let since = from - track.begins_s;
        let _ = write!(
            html,
            "<rect class=\"{class}\" x=\"{from:.1}\" y=\"0\" width=\"{wide:.1}\" height=\"10\">\
             <title>{since:+.1} s: {en}{status}</title></rect>"
        );
    }
    for at in [Some(track.begins_s), track.mended_s].into_iter().flatten() {
        let _ =
            write!(html, "<line class=\"edge\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"0\" y2=\"10\"/>");
    }
    html.push_str("</svg>\n<div class=\"axis\" aria-hidden=\"true\">");
    let mended = track.mended_s.filter(|mended| mended - track.begins_s > end / 8.0);
    for at in [Some(track.begins_s), mended].into_iter().flatten() {
        let (left, since) = (100.0 * at / end, at - track.begins_s);
        let _ = write!(html, "<span style=\"left:{left:.1}%\">{since:.0} s</span>");
    }
    html.push_str("</div>\n");
}

fn both(en: &str, ja: &str) -> String {
    format!("<span lang=\"en\">{}</span><span lang=\"ja\">{}</span>", escaped(en), escaped(ja))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_asks_nobody_for_anything() {
        let report = Report {
            cohorts: Vec::new(),
            rows: Vec::new(),
            findings: Vec::new(),
            broken: Some("<b> is \"bad\"".into()),
            idle: vec!["Worker".into()],
        };
        let page = page(&report, "a&b.yaml", &Options::default(), Lang::Ja);
        assert!(page.contains("<html lang=\"ja\">") && page.contains("id=\"ja\" checked"));
        assert!(page.contains("&lt;b&gt; is &quot;bad&quot;") && page.contains("a&amp;b.yaml"));
        for outside in ["http:", "https:", "<script", "<link", "url(", "@import"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
