//! Writes the diary's pages. Whatever a person wrote goes through `Escaped`.

use std::fmt::{self, Write};

use crate::entry::{Day, Draft, Entry, TEXT_CHARS, TITLE_CHARS};
use crate::language::Language;

mod words;

pub(crate) use words::Words;

pub(crate) const ENTRIES_A_PAGE: usize = 20;

/// Text as HTML shows it, in an element as well as in a quoted attribute.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            let (plain, special) = rest.split_at(at);
            f.write_str(plain)?;
            f.write_str(match special.as_bytes()[0] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                _ => "&#39;",
            })?;
            rest = &special[1..];
        }
        f.write_str(rest)
    }
}

/// A page under way. Writing to a `String` cannot fail, so the macros' results say nothing.
struct Page {
    html: String,
    words: &'static Words,
}

impl Page {
    fn begin(language: Language, title: Option<&str>) -> Self {
        let words = Words::of(language);
        let mut page = Self { html: String::with_capacity(4096), words };
        let (lang, site) = (language.tag(), words.site);
        page.add(format_args!(
            "<!doctype html>\n<html lang=\"{lang}\">\n<meta charset=\"utf-8\">\n"
        ));
        page.add(format_args!(
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        ));
        match title {
            Some(title) => page.add(format_args!("<title>{} · {site}</title>\n", Escaped(title))),
            None => page.add(format_args!("<title>{site}</title>\n")),
        }
        // The front page has the name as its heading.
        let name = title.map(|_| format!("<a class=\"name\" href=\"/\">{site}</a>\n"));
        page.add(format_args!(
            "<link rel=\"icon\" href=\"/static/diary.svg\" type=\"image/svg+xml\">\n\
             <link rel=\"stylesheet\" href=\"/static/diary.css\">\n\
             <body>\n<header class=\"site\">\n{}\
             <a class=\"pen\" href=\"/write\">{}</a>\n</header>\n<main>\n",
            name.unwrap_or_default(),
            words.write
        ));
        page
    }

    fn add(&mut self, html: fmt::Arguments<'_>) {
        let _ = self.html.write_fmt(html);
    }

    fn end(mut self) -> String {
        let footer = self.words.footer;
        self.add(format_args!("</main>\n<footer>{footer}</footer>\n</body>\n</html>\n"));
        self.html
    }

    /// A day, for people and for programs.
    fn day(&mut self, day: Day, language: Language) {
        self.add(format_args!("<time datetime=\"{day}\">{}</time>", day.written(language)));
    }
}

/// A page of the list, counted from 1; what lies past its end is `None`.
pub(crate) fn list(language: Language, entries: &[Entry], number: usize) -> Option<String> {
    let pages = entries.len().div_ceil(ENTRIES_A_PAGE).max(1);
    if !(1..=pages).contains(&number) {
        return None;
    }
    let mut page = Page::begin(language, None);
    let words = page.words;
    page.add(format_args!("<h1>{}</h1>\n<p class=\"motto\">{}</p>\n", words.site, words.motto));
    if entries.is_empty() {
        page.add(format_args!("<p>{}</p>\n", words.empty));
    }
    let shown = entries.iter().skip((number - 1) * ENTRIES_A_PAGE).take(ENTRIES_A_PAGE);
    let mut day = None;
    for entry in shown {
        if day != Some(entry.day) {
            page.html.push_str(if day.is_some() { "</ul>\n</section>\n" } else { "" });
            page.html.push_str("<section class=\"day\">\n<h2>");
            page.day(entry.day, language);
            page.html.push_str("</h2>\n<ul>\n");
            day = Some(entry.day);
        }
        let (id, lang, title) = (entry.id(), entry.language.tag(), Escaped(&entry.title));
        page.add(format_args!(
            "<li lang=\"{lang}\"><a href=\"/entries/{id}\">{title}</a>\n<p>{}</p></li>\n",
            Escaped(&beginning(&entry.text))
        ));
    }
    page.html.push_str(if day.is_some() { "</ul>\n</section>\n" } else { "" });
    let newer = (number > 1).then(|| format!("/?page={}", number - 1));
    let older = (number < pages).then(|| format!("/?page={}", number + 1));
    neighbours(&mut page, newer.as_deref(), older.as_deref());
    Some(page.end())
}

/// The first line of an entry, cut where it would fill more than two lines of the list.
fn beginning(text: &str) -> String {
    const HALF_WIDTHS: usize = 120;
    let line = text.lines().next().unwrap_or_default();
    let mut taken = 0;
    let cut = line.char_indices().find(|(_, c)| {
        // A Japanese character takes the room of two Latin ones.
        taken += if c.is_ascii() { 1 } else { 2 };
        taken > HALF_WIDTHS
    });
    match cut {
        Some((at, _)) => format!("{}…", line[..at].trim_end()),
        None => line.to_owned(),
    }
}

/// The entry at a place of the list, with the ways to the ones beside it.
pub(crate) fn one(language: Language, entries: &[Entry], at: usize) -> Option<String> {
    let entry = entries.get(at)?;
    let mut page = Page::begin(language, Some(&entry.title));
    page.html.push_str("<article>\n<p class=\"date\">");
    page.day(entry.day, language);
    let (lang, title) = (entry.language.tag(), Escaped(&entry.title));
    page.add(format_args!("</p>\n<div lang=\"{lang}\">\n<h1>{title}</h1>\n"));
    for paragraph in entry.text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        let lines: Vec<_> =
            paragraph.trim().lines().map(|line| Escaped(line).to_string()).collect();
        page.add(format_args!("<p>{}</p>\n", lines.join("<br>\n")));
    }
    page.html.push_str("</div>\n</article>\n");
    let address = |at: usize| entries.get(at).map(|entry| format!("/entries/{}", entry.id()));
    let newer = at.checked_sub(1).and_then(address);
    neighbours(&mut page, newer.as_deref(), address(at + 1).as_deref());
    Some(page.end())
}

fn neighbours(page: &mut Page, newer: Option<&str>, older: Option<&str>) {
    if newer.is_none() && older.is_none() {
        return;
    }
    let words = page.words;
    page.add(format_args!("<nav aria-label=\"{}\">\n", words.leaf));
    if let Some(newer) = newer {
        page.add(format_args!("<a rel=\"prev\" href=\"{newer}\">← {}</a>\n", words.newer));
    }
    if let Some(older) = older {
        page.add(format_args!("<a rel=\"next\" href=\"{older}\">{} →</a>\n", words.older));
    }
    page.html.push_str("</nav>\n");
}

/// The form for a new entry, with what was wrong with the last attempt.
pub(crate) fn write(language: Language, draft: &Draft, today: Day, wrong: Option<&str>) -> String {
    let mut page = Page::begin(language, Some(Words::of(language).write));
    let words = page.words;
    page.add(format_args!("<h1>{}</h1>\n", words.write));
    if let Some(wrong) = wrong {
        page.add(format_args!("<p class=\"wrong\" role=\"alert\">{wrong}</p>\n"));
    }
    page.add(format_args!(
        "<form method=\"post\" action=\"/entries\">\n\
         <label for=\"date\">{}</label>\n\
         <input id=\"date\" name=\"date\" type=\"date\" max=\"{today}\" value=\"{}\" required>\n\
         <label for=\"title\">{}</label>\n\
         <input id=\"title\" name=\"title\" maxlength=\"{TITLE_CHARS}\" value=\"{}\" required>\n\
         <label for=\"text\">{}</label>\n\
         <textarea id=\"text\" name=\"text\" rows=\"10\" maxlength=\"{TEXT_CHARS}\" required>\n\
         {}</textarea>\n\
         <button>{}</button>\n</form>\n",
        words.day,
        Escaped(&draft.date),
        words.title,
        Escaped(&draft.title),
        words.text,
        Escaped(&draft.text),
        words.keep,
    ));
    page.end()
}

/// A page that only says something.
pub(crate) fn notice(language: Language, title: &str, text: &str) -> String {
    let mut page = Page::begin(language, Some(title));
    let back = page.words.back;
    page.add(format_args!("<h1>{title}</h1>\n<p>{text}</p>\n<p><a href=\"/\">{back}</a></p>\n"));
    page.end()
}

#[cfg(test)]
mod tests;
