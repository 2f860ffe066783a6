//! `standin review --compare`: several templates side by side, for the terminal, as JSON and as a
//! page of the documentation.

use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;
use standin_sim::review::{self, Compared, Failure, Fault, Seen, Sudden, What, Who};

use super::text::seconds;
use super::{Lang, Options, Threads, stage};
use crate::Failure as Refusal;
use crate::table::Table;

/// The known ways to show a page, for a checkout of Standin itself.
const PATTERNS: &str = "stacks/patterns";

/// One template and what came of it.
#[derive(Debug, Serialize)]
struct Way {
    template: String,
    #[serde(flatten)]
    compared: Compared,
}

pub(super) fn run(options: &Options, how: &review::Options) -> Result<ExitCode, Refusal> {
    let mut ways = Vec::new();
    for path in templates(options)? {
        let (stage, template) = stage(Some(&path), &options.parameters)?;
        let compared = review::compare(&stage, how, &Threads);
        ways.push(Way { template, compared });
    }
    if options.json {
        println!("{}", serde_json::to_string_pretty(&ways)?);
    } else if options.markdown {
        print!("{}", markdown(&ways, how, options.lang));
    } else {
        print!("{}", text(&ways, how, options.lang));
    }
    let refused = ways.iter().any(|way| way.compared.refused.is_some());
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Those named, or all patterns of this checkout.
fn templates(options: &Options) -> Result<Vec<PathBuf>, Refusal> {
    if !options.templates.is_empty() {
        return Ok(options.templates.clone());
    }
    let entries = std::fs::read_dir(PATTERNS)
        .map_err(|_| format!("name the templates to compare: there is no {PATTERNS} here"))?;
    let mut files: Vec<PathBuf> =
        entries.collect::<Result<Vec<_>, _>>()?.iter().map(std::fs::DirEntry::path).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "yaml"));
    files.sort();
    Ok(files)
}

/// A table with its heading.
struct Part {
    title: &'static str,
    says: String,
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

fn parts(ways: &[Way], how: &review::Options, lang: Lang) -> [Part; 3] {
    let tried: Vec<&Way> = ways.iter().filter(|way| way.compared.refused.is_none()).collect();
    [part_planned(ways, lang), part_sudden(&tried, how, lang), part_broken(&tried, lang)]
}

fn part_planned(ways: &[Way], lang: Lang) -> Part {
    let closed = ways.iter().filter(|way| !way.compared.planned.is_empty());
    Part {
        title: lang.of("Planned work: closed and opened again", "計画作業: 閉じて、また開く"),
        says: lang
            .of(
                "page after: from the change until nobody sees the site any more; cached: the \
                 same for a page that the edge has in its cache; site back: from the change back \
                 until everybody sees the site; error: seconds of an error without the page",
                "ページまで: 変更から、誰もサイトを見なくなるまで; キャッシュ: エッジの\
                 キャッシュにあるページの場合; 復帰まで: 戻す変更から、全員がサイトを見るまで; \
                 エラー: ページのないエラーの秒数",
            )
            .to_owned(),
        columns: lang
            .of(
                "way|page after|cached|site back|error|status|Retry-After|Cache-Control|programs\
                 |forms|operators",
                "方法|ページまで|キャッシュ|復帰まで|エラー|ステータス|Retry-After|Cache-Control\
                 |プログラム|フォーム|作業者",
            )
            .split('|')
            .collect(),
        rows: closed.map(|way| planned(way, lang)).collect(),
    }
}

fn part_sudden(tried: &[&Way], how: &review::Options, lang: Lang) -> Part {
    let lasts = how.lasts.as_secs();
    Part {
        title: lang.of("Sudden failure", "突然の障害"),
        says: match lang {
            Lang::En => format!(
                "a failure of {lasts} s or more; for each, when readers see the page (or an old \
                 copy) at the latest, and in brackets the seconds of raw error; page left: how \
                 long the page stays once the service is back"
            ),
            Lang::Ja => format!(
                "{lasts} 秒以上の障害; 閲覧者がページ (または古いコピー) を見るまでの最長時間、\
                 括弧内は生エラーの秒数; 復旧後の残り: 復旧後もページが残る時間"
            ),
        },
        columns: lang
            .of(
                "way|tasks stop|tasks hang|unreachable|page left|status",
                "方法|全タスク停止|全タスク無応答|到達不能|復旧後の残り|ステータス",
            )
            .split('|')
            .collect(),
        rows: tried.iter().map(|way| sudden(way, lang)).collect(),
    }
}

fn part_broken(tried: &[&Way], lang: Lang) -> Part {
    Part {
        title: lang.of("What breaks it", "何が壊すか"),
        says: lang
            .of(
                "single faults that bring readers of pages an error without the page; open: of \
                 how many that were tried; closed: while the site is closed for work",
                "ページの閲覧者にページのないエラーを見せる単一の障害; 通常時: 試した数のうち; \
                 作業中: 閉じている間",
            )
            .to_owned(),
        columns: lang.of("way|open|closed", "方法|通常時|作業中").split('|').collect(),
        rows: tried.iter().map(|way| broken(way, lang)).collect(),
    }
}

/// The file's name without its ending.
fn name(way: &Way) -> String {
    let file = way.template.rsplit('/').next().unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    if stem == "template" { way.template.clone() } else { stem.to_owned() }
}

/// Whole seconds: what is compared differs by more.
fn whole(time: f64) -> String {
    if time < 0.5 { "0".to_owned() } else { seconds(Some(time.round())).replace(".0", "") }
}

fn when(time: Option<f64>, lang: Lang) -> String {
    time.map_or_else(|| lang.of("never", "なし").to_owned(), whole)
}

fn planned(way: &Way, lang: Lang) -> Vec<String> {
    let find = |who: Who| way.compared.planned.iter().find(|seen| seen.who == who);
    let none = || "-".to_owned();
    let reader = find(Who::Reader);
    let of = |seen: Option<&Seen>, time: fn(&Seen) -> Option<f64>| {
        seen.map_or_else(none, |seen| when(time(seen), lang))
    };
    let back = way.compared.planned.iter().filter(|seen| seen.who != Who::Operator);
    let back = back.map(|seen| seen.site_after_s.unwrap_or(f64::INFINITY)).fold(0.0, f64::max);
    let errors = way.compared.planned.iter().map(|seen| seen.error_s).fold(0.0, f64::max);
    let header =
        |value: fn(&Seen) -> Option<&String>| reader.and_then(value).cloned().unwrap_or_else(none);
    vec![
        name(way),
        of(reader, |seen| seen.page_after_s),
        of(find(Who::Cached), |seen| seen.page_after_s),
        when(Some(back).filter(|back| back.is_finite()), lang),
        whole(errors),
        reader.map_or_else(none, |seen| status(seen.answer.status, lang)),
        header(|seen| seen.answer.retry_after.as_ref()),
        header(|seen| seen.answer.cache_control.as_ref()),
        find(Who::Program).map_or_else(none, |seen| shown(seen, lang)),
        find(Who::Form).map_or_else(none, |seen| shown(seen, lang)),
        find(Who::Operator).map_or_else(
            || lang.of("no way in", "入れない").to_owned(),
            |seen| match seen.answer.what {
                What::Site if seen.error_s < 1.0 => lang.of("pass", "入れる").to_owned(),
                _ => shown(seen, lang),
            },
        ),
    ]
}

fn status(status: Option<u16>, lang: Lang) -> String {
    status.map_or_else(|| lang.of("none", "なし").to_owned(), |status| status.to_string())
}

/// `503 HTML`, `405, no page`, `200, the site`
fn shown(seen: &Seen, lang: Lang) -> String {
    let status = status(seen.answer.status, lang);
    let kind = seen.answer.content_type.as_deref().unwrap_or_default();
    match seen.answer.what {
        What::Page if kind.starts_with("text/html") => format!("{status} HTML"),
        What::Page => format!("{status} {kind}"),
        What::Site if seen.answer.status.is_some_and(|status| status >= 400) => {
            format!("{status}{}", lang.of(", as always", "、いつも通り"))
        }
        What::Site => format!("{status}{}", lang.of(", the site", "、サイト")),
        What::Error => format!("{status}{}", lang.of(", no page", "、ページなし")),
    }
}

fn sudden(way: &Way, lang: Lang) -> Vec<String> {
    let cell = |failure: Failure| {
        let found = way.compared.sudden.iter().find(|one| one.failure == failure);
        found.map_or_else(|| "-".to_owned(), |one| came(one, lang))
    };
    let after = way.compared.sudden.iter().map(|one| one.sorry_after_s).fold(0.0, f64::max);
    let statuses = way.compared.sudden.iter().flat_map(|one| one.statuses.iter());
    let statuses: std::collections::BTreeSet<u16> = statuses.copied().collect();
    let list: Vec<String> = statuses.iter().map(u16::to_string).collect();
    let none = list.is_empty();
    vec![
        name(way),
        cell(Failure::Stop),
        cell(Failure::Hang),
        cell(Failure::Unreachable),
        if none { "-".to_owned() } else { whole(after) },
        if none { "-".to_owned() } else { list.join(", ") },
    ]
}

/// `2 s`, `never (171 s)`
fn came(one: &Sudden, lang: Lang) -> String {
    let page = when(one.until_page_s, lang);
    if one.raw_error_s < 1.0 { page } else { format!("{page} ({})", whole(one.raw_error_s)) }
}

fn broken(way: &Way, lang: Lang) -> Vec<String> {
    let list = |faults: &[Fault]| {
        let titles: Vec<&str> =
            faults.iter().map(|one| lang.of(&one.title.en, &one.title.ja)).collect();
        if titles.is_empty() { lang.of("nothing", "なし").to_owned() } else { titles.join("; ") }
    };
    let open = &way.compared.broken_by;
    let closed = if way.compared.planned.is_empty() {
        "-".to_owned()
    } else {
        list(&way.compared.broken_by_while_closed)
    };
    let open = format!("{}/{}: {}", open.len(), way.compared.faults, list(open));
    vec![name(way), open, closed]
}

/// For the terminal: the last table is too wide for one, and is a list.
fn text(ways: &[Way], how: &review::Options, lang: Lang) -> String {
    let mut text = String::new();
    for way in ways {
        if let Some(why) = &way.compared.refused {
            let says = lang.of("is not compared", "比較できません");
            text.push_str(&format!("{} {says}: {why}\n", way.template));
        }
    }
    let [planned, sudden, broken] = parts(ways, how, lang);
    for part in [planned, sudden] {
        if part.rows.is_empty() {
            continue;
        }
        let mut table = Table::new(&part.columns);
        for row in part.rows {
            table.row(row);
        }
        text.push_str(&format!("{}\n\n{}\n  {}\n\n", part.title, table.text(), part.says));
    }
    text.push_str(&format!("{}\n\n", broken.title));
    for row in broken.rows {
        let mut cells = row.into_iter();
        text.push_str(&format!("  {}\n", cells.next().unwrap_or_default()));
        for (column, cell) in broken.columns[1..].iter().zip(cells) {
            if cell != "-" {
                text.push_str(&format!("    {column}: {cell}\n"));
            }
        }
    }
    text.push_str(&format!("\n  {}\n", broken.says));
    text
}

/// The page of the documentation.
fn markdown(ways: &[Way], how: &review::Options, lang: Lang) -> String {
    let mut page = String::from(include_str!("compare.txt"));
    page.push_str("\n| way | what it is | rows |\n|---|---|---|\n");
    for way in ways {
        let title = way.compared.title.as_ref();
        let title = title.map_or("", |title| lang.of(&title.en, &title.ja));
        let rows = way.compared.ledger.join(", ");
        let link = format!("[{}](../{})", name(way), way.template);
        page.push_str(&format!("| {link} | {title} | {rows} |\n"));
    }
    for part in parts(ways, how, lang) {
        page.push_str(&format!("\n## {}\n\n", part.title));
        let mut says = part.says.chars();
        let first = says.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
        page.push_str(&format!("{first}{}.\n\n", says.as_str()));
        page.push_str(&format!("| {} |\n", part.columns.join(" | ")));
        page.push_str(&format!("|{}\n", "---|".repeat(part.columns.len())));
        for row in part.rows {
            page.push_str(&format!("| {} |\n", row.join(" | ")));
        }
    }
    page
}
