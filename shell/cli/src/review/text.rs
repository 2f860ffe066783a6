//! The review in the terminal: a table of faults and viewers.

use standin_sim::review::{Gives, Options, Report, Setting, Verdict, Words};

use super::Lang;
use crate::table::Table;

/// The whole report.
pub(super) fn report(report: &Report, template: &str, how: &Options, lang: Lang) -> String {
    let mut text = match lang {
        Lang::En => format!(
            "{template}: every fault lasts {} s and begins at {} phases; worst (median)\n\n",
            how.lasts.as_secs_f64(),
            how.phases
        ),
        Lang::Ja => format!(
            "{template}: 各障害は {} 秒間、{} 通りの位相で開始; 最悪値 (中央値)\n\n",
            how.lasts.as_secs_f64(),
            how.phases
        ),
    };
    if let Some(why) = &report.broken {
        let says = lang.of("the stack does not come up", "スタックを作成できません");
        text.push_str(&format!("{says}: {why}\n"));
    }
    text.push_str(&table(report, lang));
    text.push_str(&findings(report, lang));
    text
}

/// The findings, worst first.
fn findings(report: &Report, lang: Lang) -> String {
    if report.findings.is_empty() {
        return format!("{}\n", lang.of("no findings", "指摘なし"));
    }
    let mut text = String::new();
    for (number, finding) in (1..).zip(&report.findings) {
        let of = |words: &Words| lang.of(&words.en, &words.ja).to_owned();
        let rows = finding.ledger.join(" ");
        text.push_str(&format!(
            "{number:>2}. {}  [{}]\n    {}  [{rows}]\n    {}\n    -> {}\n",
            of(&finding.title),
            finding.rule,
            of(&finding.why),
            place(&finding.setting),
            of(&finding.advice),
        ));
        if let Some(gives) = &finding.gives {
            text.push_str(&format!("       {}\n", given(gives, lang)));
        }
    }
    text
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
            let (was, is) = (before.not_right_s, after.not_right_s);
            add("without the right page", "正しいページなし", was, is);
            if changes.is_empty() {
                changes.push(lang.of("nothing changes", "変化なし").to_owned());
            }
            format!("{case}, {cohort}: {}", changes.join(", "))
        }
    }
}

fn table(report: &Report, lang: Lang) -> String {
    let heading = match lang {
        Lang::En => {
            ["", "viewer", "page after", "raw error", "hang", "longest wait", "page left", "stale"]
        }
        Lang::Ja => [
            "",
            "閲覧者",
            "ページまで",
            "生エラー",
            "ハング",
            "最長待ち",
            "復旧後の残り",
            "古い内容",
        ],
    };
    let mut text = String::new();
    let mut cases: Vec<&str> = report.rows.iter().map(|row| row.case.as_str()).collect();
    cases.dedup();
    for case in cases {
        let rows: Vec<_> = report.rows.iter().filter(|row| row.case == case).collect();
        let Some(first) = rows.first() else { continue };
        let title = lang.of(&first.title.en, &first.title.ja);
        text.push_str(&format!("{title}  [{case}]\n"));
        let mut table = Table::new(&heading);
        for row in rows {
            let (worst, median) = (&row.worst, &row.median);
            let both = |one: f64, other: f64| pair(Some(one), Some(other));
            table.row([
                verdict(row.verdict, lang).to_owned(),
                row.cohort.clone(),
                pair(worst.until_page_s, median.until_page_s),
                both(worst.raw_error_s, median.raw_error_s),
                both(worst.hang_s, median.hang_s),
                both(worst.wait_max_s, median.wait_max_s),
                both(worst.sorry_after_s, median.sorry_after_s),
                both(worst.stale_s, median.stale_s),
            ]);
        }
        text.push_str(&table.text());
        text.push('\n');
    }
    text
}

/// `20 s (14 s)`, `0`, `never`
fn pair(worst: Option<f64>, median: Option<f64>) -> String {
    if worst == median {
        return seconds(worst);
    }
    format!("{} ({})", seconds(worst), seconds(median))
}

/// `4.2 s`, `0`; `never` for what did not happen.
pub(super) fn seconds(time: Option<f64>) -> String {
    match time {
        None => "never".to_owned(),
        Some(time) if time < 0.05 => "0".to_owned(),
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
