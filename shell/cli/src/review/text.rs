//! The review in the terminal: a table of faults and viewers.

use standin_sim::review::{Gives, Measures, Options, Report, Row, Setting, Verdict, Words};

use super::Lang;
use crate::table::Table;

/// The whole report.
pub(super) fn report(report: &Report, template: &str, how: &Options, lang: Lang) -> String {
    let mut text = match lang {
        Lang::En => format!(
            "{template}: every fault lasts {} s or more and begins at {} phases; worst \
             (median)\n\n",
            how.lasts.as_secs_f64(),
            how.phases
        ),
        Lang::Ja => format!(
            "{template}: 各障害は {} 秒以上、{} 通りの位相で開始; 最悪値 (中央値)\n\n",
            how.lasts.as_secs_f64(),
            how.phases
        ),
    };
    if let Some(why) = &report.broken {
        let says = lang.of("the stack does not come up", "スタックを作成できません");
        text.push_str(&format!("{says}: {why}\n"));
    }
    if !report.rows.is_empty() {
        text.push_str(&format!("{}\n\n", summary(report, lang)));
    }
    text.push_str(&table(report, lang));
    text.push_str(&findings(report, lang));
    if !report.idle.is_empty() {
        text.push_str(&format!("\n{}\n", idle(report, lang)));
    }
    text
}

/// What the functions are taken to do whose code the simulator does not run; empty without any.
pub(super) fn idle(report: &Report, lang: Lang) -> String {
    if report.idle.is_empty() {
        return String::new();
    }
    let names = report.idle.join(", ");
    match lang {
        Lang::En => format!(
            "Their code is not run here, so events change nothing and requests get a short page \
             (docs/model.md): {names}"
        ),
        Lang::Ja => format!(
            "次の関数のコードはここでは動かず、イベントは何も変えず、リクエストには短い本文が返る \
             (docs/model.md): {names}"
        ),
    }
}

/// The findings, worst first.
fn findings(report: &Report, lang: Lang) -> String {
    if report.findings.is_empty() {
        return format!("{}\n", lang.of("nothing to change", "改善点なし"));
    }
    let mut text =
        lang.of("What to change, the most harmful first", "改善点 (影響の大きい順)").to_owned();
    text.push_str("\n\n");
    let [why, change, blank, gives] = match lang {
        Lang::En => ["why   ", "change", "      ", "gives "],
        Lang::Ja => ["理由", "変更", "    ", "効果"],
    };
    for (number, finding) in (1..).zip(&report.findings) {
        let of = |words: &Words| lang.of(&words.en, &words.ja).to_owned();
        let rows = finding.ledger.join(" ");
        text.push_str(&format!(
            "{number:>2}. {}  [{}]\n    {why}  {}  [{rows}]\n    {change}  {}\n    {blank}  {}\n",
            of(&finding.title),
            finding.rule,
            of(&finding.why),
            place(&finding.setting),
            of(&finding.advice),
        ));
        if let Some(measured) = &finding.gives {
            text.push_str(&format!("    {gives}  {}\n", given(measured, lang)));
        }
        text.push('\n');
    }
    text
}

/// What the columns mean, and what is good.
pub(super) const LEGEND: [(&str, &str, &str, &str); 6] = [
    (
        "page after",
        "from the beginning until nobody saw anything but the right page or one made for it",
        "ページまで",
        "開始から、正しいページか用意されたページだけになるまで",
    ),
    (
        "raw error",
        "seconds of an error that nobody made a page for, or of no answer",
        "生エラー",
        "用意されたページのないエラー、または応答なしの秒数",
    ),
    ("longest wait", "of one viewer for one answer", "最長待ち", "1つの応答を待った最長時間"),
    (
        "page left",
        "from when the service could answer again until the last sorry page",
        "復旧後の残り",
        "サービスが応答できるようになってから最後のお知らせページまで",
    ),
    ("stale", "seconds of an old copy", "古い内容", "古いコピーが見えた秒数"),
    (
        "unstyled",
        "seconds of a page without its styles or images",
        "装飾なし",
        "スタイルや画像のないページの秒数",
    ),
];

fn legend(lang: Lang) -> String {
    let mut table = Table::new(&[]);
    for (name, means, name_ja, means_ja) in LEGEND {
        table.row([lang.of(name, name_ja).to_owned(), lang.of(means, means_ja).to_owned()]);
    }
    let grades = grades(lang);
    format!("\n{}  {grades}\n", table.text())
}

/// What is good, slow and bad.
pub(super) const fn grades(lang: Lang) -> &'static str {
    lang.of(
        "good: page within 10 s, no raw error, no wait over 10 s, page gone within 15 s; slow: \
         within 60 s, 5 s, 30 s, 60 s; BAD: beyond. In brackets: the median of all phases.",
        "良: 10 秒以内にページ、生エラーなし、待ち 10 秒以内、復旧後 15 秒以内に消える; 遅: 60 秒、\
         5 秒、30 秒、60 秒以内; 悪: それ以上。括弧内は全位相の中央値。",
    )
}

/// How many cases came out how: `27 cases: 20 good, 6 slow, 1 BAD`
pub(super) fn summary(report: &Report, lang: Lang) -> String {
    let mut cases: Vec<(&str, Verdict)> = Vec::new();
    for row in &report.rows {
        match cases.last_mut() {
            Some((case, worst)) if *case == row.case => *worst = (*worst).max(row.verdict),
            _ => cases.push((&row.case, row.verdict)),
        }
    }
    let count = |grade: Verdict| cases.iter().filter(|(_, worst)| *worst == grade).count();
    let grades = [Verdict::Good, Verdict::Slow, Verdict::Bad];
    let list: Vec<String> =
        grades.iter().map(|grade| format!("{} {}", count(*grade), verdict(*grade, lang))).collect();
    let all = cases.len();
    match lang {
        Lang::En => format!("{all} things that can happen: {}", list.join(", ")),
        Lang::Ja => format!("起こりうる {all} 件: {}", list.join("、")),
    }
}

/// `Distribution.DistributionConfig.Origins[0].ConnectionTimeout  template.yaml:222`
pub(super) fn place(setting: &Setting) -> String {
    let mut text = setting.logical_id.clone();
    if !setting.property.is_empty() {
        text.push_str(&format!(".{}", setting.property));
    }
    if let (Some(file), Some(line)) = (&setting.file, setting.line) {
        text.push_str(&format!("  {file}:{line}"));
    }
    text
}

/// What the change gives, in one line.
pub(super) fn given(gives: &Gives, lang: Lang) -> String {
    match gives {
        Gives::ComesUp => lang.of("then the stack comes up", "スタックを作成できる").to_owned(),
        Gives::Refused(why) => {
            let says = lang.of("tried, and refused", "試したが拒否された");
            format!("{says}: {why}")
        }
        Gives::Works { cohort, before, after } => format!("{cohort}: {before} -> {after}"),
        Gives::Release { before_s, after_s } => {
            let says = lang.of(
                "a release that answers nothing but the health check, errors",
                "ヘルスチェック以外すべて失敗するリリースのエラー",
            );
            format!("{says}: {} -> {}", seconds(Some(*before_s)), seconds(Some(*after_s)))
        }
        Gives::LostSessions { before_s, after_s } => {
            let says = lang.of(
                "a reboot of the database under tasks that do not reconnect, errors",
                "再接続しないタスクの DB を再起動したときのエラー",
            );
            format!("{says}: {} -> {}", seconds(Some(*before_s)), seconds(Some(*after_s)))
        }
        Gives::Edited { path, before_s, after_s } => {
            let says = lang.of("an edit is seen after", "編集が見えるまで");
            let shown = |time: &Option<f64>| {
                time.map_or_else(
                    || lang.of("> 1800 s", "1800 秒超").to_owned(),
                    |time| seconds(Some(time)),
                )
            };
            format!("{path}, {says}: {} -> {}", shown(before_s), shown(after_s))
        }
        Gives::Case { case, cohort, before, after } => {
            let mut changes = Vec::new();
            let mut add = |en: &str, ja: &str, before: f64, after: f64| {
                if (before - after).abs() >= 0.05 {
                    let name = lang.of(en, ja);
                    let (before, after) = (seconds(Some(before)), seconds(Some(after)));
                    changes.push(format!("{name} {before} -> {after}"));
                }
            };
            add("raw error", "生エラー", before.raw_error_s, after.raw_error_s);
            add("hang", "ハング", before.hang_s, after.hang_s);
            add("longest wait", "最長待ち", before.wait_max_s, after.wait_max_s);
            let (was, is) = (before.sorry_after_s, after.sorry_after_s);
            add("page after recovery", "復旧後の残り", was, is);
            let (was, is) = (before.sorry_as_ok_s, after.sorry_as_ok_s);
            add("page with 200", "200 のページ", was, is);
            let (was, is) = (before.incomplete_s, after.incomplete_s);
            add("page without its styles", "装飾なしのページ", was, is);
            let (was, is) = (before.not_right_s, after.not_right_s);
            add("without the right page", "正しいページなし", was, is);
            if changes.is_empty() {
                changes.push(lang.of("nothing changes", "変化なし").to_owned());
            }
            format!("{case}, {cohort}: {}", changes.join(", "))
        }
    }
}

/// One table: a line for each viewer who sees more than is good; those who see the right page or
/// the sorry page all the time share one.
fn table(report: &Report, lang: Lang) -> String {
    let heading = match lang {
        Lang::En => [
            "",
            "what happens",
            "viewer",
            "page after",
            "raw error",
            "longest wait",
            "page left",
            "stale",
            "unstyled",
        ],
        Lang::Ja => [
            "",
            "起きること",
            "閲覧者",
            "ページまで",
            "生エラー",
            "最長待ち",
            "復旧後の残り",
            "古い内容",
            "装飾なし",
        ],
    };
    let mut table = Table::new(&heading);
    let mut cases: Vec<&str> = report.rows.iter().map(|row| row.case.as_str()).collect();
    cases.dedup();
    // What decided it, and whom it hit.
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for case in cases {
        let rows = report.rows.iter().filter(|row| row.case == case);
        let (good, others): (Vec<&Row>, Vec<&Row>) =
            rows.partition(|row| row.verdict == Verdict::Good);
        let mut title = good.first().or(others.first()).map(|row| titled(row, lang));
        for row in &others {
            let title = title.take().unwrap_or_default();
            table.row(line(row.verdict, title, row.cohort.clone(), &[row], lang));
            if let Some(reason) = row.because.as_ref().map(ToString::to_string) {
                let whom = format!("{}, {}", row.case, row.cohort);
                match reasons.iter_mut().find(|(said, _)| *said == reason) {
                    Some((_, hit)) => hit.push(whom),
                    None => reasons.push((reason, vec![whom])),
                }
            }
        }
        if !good.is_empty() {
            let who = match (good.len(), others.len()) {
                (1, _) => good[0].cohort.clone(),
                (count, 0) => match lang {
                    Lang::En => format!("all {count}"),
                    Lang::Ja => format!("全 {count} 者"),
                },
                (count, _) => match lang {
                    Lang::En => format!("the other {count}"),
                    Lang::Ja => format!("他の {count} 者"),
                },
            };
            let title = title.take().unwrap_or_default();
            table.row(line(Verdict::Good, title, who, &good, lang));
        }
    }
    if table.is_empty() {
        return String::new();
    }
    let mut text = table.text();
    text.push_str(&legend(lang));
    text.push_str(&decided(reasons, lang));
    text.push('\n');
    text
}

/// What decided the answers, each reason with those it hit.
fn decided(reasons: Vec<(String, Vec<String>)>, lang: Lang) -> String {
    if reasons.is_empty() {
        return String::new();
    }
    let says = lang.of("What decided it", "何が決めたか");
    let mut text = format!("\n{says}\n\n");
    for (reason, hit) in reasons {
        let shown = hit.len().min(3);
        let mut list = hit[..shown].join("; ");
        match hit.len() - shown {
            0 => {}
            more => list.push_str(&match lang {
                Lang::En => format!("; and {more} more"),
                Lang::Ja => format!("; 他 {more} 件"),
            }),
        }
        text.push_str(&format!("  {reason}\n    {list}\n"));
    }
    text
}

fn titled(row: &Row, lang: Lang) -> String {
    lang.of(&row.title.en, &row.title.ja).to_owned()
}

/// A line of the table, with the worst of some rows.
fn line(grade: Verdict, title: String, who: String, rows: &[&Row], lang: Lang) -> Vec<String> {
    let both = |measure: fn(&Measures) -> f64| {
        let largest =
            |of: fn(&Row) -> &Measures| rows.iter().map(|row| measure(of(row))).fold(0.0, f64::max);
        pair(largest(|row| &row.worst), largest(|row| &row.median))
    };
    vec![
        verdict(grade, lang).to_owned(),
        title,
        who,
        both(|it| it.until_page_s.unwrap_or(f64::INFINITY)),
        both(|it| it.raw_error_s),
        both(|it| it.wait_max_s),
        both(|it| it.sorry_after_s),
        both(|it| it.stale_s),
        both(|it| it.incomplete_s),
    ]
}

/// `20 s (14 s)`, `0`, `never`
fn pair(worst: f64, median: f64) -> String {
    let known = |time: f64| Some(time).filter(|time| time.is_finite());
    let (worst, median) = (seconds(known(worst)), seconds(known(median)));
    if worst == median { worst } else { format!("{worst} ({median})") }
}

/// `4.2 s`, `0`; `never` for what did not happen.
pub(super) fn seconds(time: Option<f64>) -> String {
    match time {
        None => "never".to_owned(),
        Some(time) if time < 0.2 => "0".to_owned(),
        Some(time) if time < 10.0 => format!("{time:.1} s"),
        Some(time) => format!("{time:.0} s"),
    }
}

pub(super) const fn verdict(verdict: Verdict, lang: Lang) -> &'static str {
    match verdict {
        Verdict::Good => lang.of("good", "良"),
        Verdict::Slow => lang.of("slow", "遅"),
        Verdict::Bad => lang.of("BAD", "悪"),
    }
}
