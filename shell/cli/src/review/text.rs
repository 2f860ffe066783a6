//! The review in the terminal: a table of faults and viewers.

use standin_sim::review::{Options, Report, Verdict};

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
    text
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
