//! The page that readers see while the diary is closed on purpose.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use crate::words::{Language, until};
use crate::{Kind, Open};

/// The page in its three forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// For a reader whose language is known.
    pub ja: String,
    pub en: String,
    /// For a place that cannot know it: both, Japanese first.
    pub both: String,
}

/// Renders the page; times are told in `zone`.
pub fn render(open: &Open<'_>, zone: &TimeZone) -> Page {
    let ja = leaf(open, zone, Language::Ja, "h1");
    let en = leaf(open, zone, Language::En, "h1");
    let second = leaf(open, zone, Language::En, "h2");
    let title = format!("{} · {}", JA.title, EN.title);
    Page {
        both: document("ja", &title, "spread", &format!("{ja}\n{second}")),
        ja: document("ja", JA.title, SINGLE, &ja),
        en: document("en", EN.title, SINGLE, &en),
    }
}

struct Words {
    tag: &'static str,
    title: &'static str,
    heading: &'static str,
    /// Before and after the end time.
    back: [&'static str; 2],
    planned: &'static str,
    emergency: &'static str,
    unknown: &'static str,
    sent: &'static str,
    again: &'static str,
}

const JA: Words = Words {
    tag: "ja",
    title: "ただいま日記をお休みしています",
    heading: "<span>ただいま日記を</span><span>お休みしています</span>",
    back: ["", "に、また開きます。"],
    planned: "手入れのため、日記を閉じています。書かれたものは、そのまま残っています。",
    emergency: "急な手当てのため、日記を閉じています。ご不便をおかけして、申し訳ありません。",
    unknown: "いつ開けるかは、まだ分かりません。分かりしだい、ここでお知らせします。",
    sent: "いま文章を送られた方へ。まだ届いていません。ブラウザーの「戻る」で書いた画面に戻り、\
           控えを取っておいてください。",
    again: "もう一度開いてみる",
};

const EN: Words = Words {
    tag: "en",
    title: "The diary is closed for now",
    heading: "The diary is closed for now",
    back: ["It opens again on ", "."],
    planned: "We are looking after it. Everything that was written is still there.",
    emergency: "Something needs our hands at once. We are sorry for the trouble.",
    unknown: "We do not know yet when it opens again. As soon as we do, this page will say so.",
    sent: "If you have just sent something: it has not arrived. Go back in your browser to where \
           you wrote it, and keep a copy.",
    again: "Try to open it again",
};

fn leaf(open: &Open<'_>, zone: &TimeZone, language: Language, heading: &str) -> String {
    let (words, message) = match language {
        Language::Ja => (&JA, &open.window.message.ja),
        Language::En => (&EN, &open.window.message.en),
    };
    let tag = words.tag;
    let mut html = format!(
        "<section class=\"leaf\" lang=\"{tag}\" aria-labelledby=\"{tag}\">\n\
         <{heading} id=\"{tag}\">{}</{heading}>\n",
        words.heading,
    );
    let back = match open.until {
        Some(moment) => {
            let [before, after] = words.back;
            let (exact, said) = (moment.rfc3339(zone), until(moment, zone, language));
            // A line may break before the zone, not within it.
            let at = said.rfind(['（', '(']).unwrap_or(said.len());
            let (time, zone) = said.split_at(at);
            format!("{before}<time datetime=\"{exact}\">{time}<span>{zone}</span></time>{after}")
        }
        None => words.unknown.to_owned(),
    };
    let why = match open.window.kind {
        Kind::Planned => words.planned,
        Kind::Emergency => words.emergency,
    };
    // Writing to a text never fails.
    let _ = writeln!(html, "<p class=\"until\">{back}</p>\n<p>{why}</p>");
    if !message.is_empty() {
        let _ = writeln!(html, "<p>{}</p>", escape(message));
    }
    let _ = write!(
        html,
        "<p>{}</p>\n<p class=\"again\"><a href=\"\">{}</a></p>\n</section>",
        words.sent, words.again,
    );
    html
}

/// The classes of a spread with one leaf.
const SINGLE: &str = "spread single";

fn document(tag: &str, title: &str, classes: &str, leaves: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <link rel=\"icon\" href=\"/maintenance/assets/icon.svg\" type=\"image/svg+xml\">\n\
         <link rel=\"stylesheet\" href=\"/maintenance/assets/sorry.css\">\n</head>\n<body>\n\
         <main>\n\
         <img class=\"table\" src=\"/maintenance/assets/notebook.svg\" width=\"280\" \
         height=\"190\" \
         alt=\"\">\n<div class=\"{classes}\">\n{leaves}\n</div>\n</main>\n\
         <footer><span lang=\"ja\">さぶろうの日記</span> \
         <span lang=\"en\">Saburo’s diary</span></footer>\n\
         </body>\n</html>\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
