//! What the diary says in each of its languages.

use crate::entry::Refusal;
use crate::language::Language;

/// The fixed texts; they hold nothing that HTML would read otherwise.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) site: &'static str,
    pub(crate) motto: &'static str,
    pub(crate) empty: &'static str,
    pub(crate) write: &'static str,
    pub(crate) day: &'static str,
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
    pub(crate) keep: &'static str,
    pub(crate) newer: &'static str,
    pub(crate) older: &'static str,
    /// Names the ways to newer and older leaves.
    pub(crate) leaf: &'static str,
    pub(crate) back: &'static str,
    pub(crate) footer: &'static str,
    /// Title and text of each notice.
    pub(crate) missing: (&'static str, &'static str),
    pub(crate) refused: (&'static str, &'static str),
    pub(crate) trouble: (&'static str, &'static str),
}

const JA: Words = Words {
    site: "さぶろうの日記",
    motto: "天気と、食べたものと、うれしかったこと。",
    empty: "まだ何も書いてありません。",
    write: "日記を書く",
    day: "日付",
    title: "題",
    text: "本文",
    keep: "書きとめる",
    newer: "新しいほうへ",
    older: "古いほうへ",
    leaf: "ページをめくる",
    back: "日記の表紙へもどる",
    footer: "だれでも読めて、だれでも一筆書ける日記です。",
    missing: ("そのページはありません", "番地が変わったか、はじめから無いようです。"),
    refused: ("受けとれませんでした", "送られたものが、この日記の書きかたに合いません。"),
    trouble: ("うまくいきませんでした", "すこし時間をおいて、もう一度ためしてください。"),
};

const EN: Words = Words {
    site: "Saburo’s diary",
    motto: "The weather, what I ate, and what made me glad.",
    empty: "Nothing is written here yet.",
    write: "Write an entry",
    day: "Day",
    title: "Title",
    text: "Text",
    keep: "Keep it",
    newer: "Newer",
    older: "Older",
    leaf: "Turn the page",
    back: "Back to the front page",
    footer: "A diary that anybody may read, and add a line to.",
    missing: ("There is no such page", "It has moved, or it has never been here."),
    refused: ("This was not taken", "What was sent is not the way this diary is written."),
    trouble: ("That did not work", "Please try again in a little while."),
};

impl Words {
    pub(crate) fn of(language: Language) -> &'static Self {
        match language {
            Language::Ja => &JA,
            Language::En => &EN,
        }
    }
}

impl Refusal {
    /// What the writer is asked to do about it.
    pub(crate) fn advice(self, language: Language) -> &'static str {
        let (ja, en) = match self {
            Self::NoDay => ("日付を入れてください。", "Please give a day."),
            Self::FutureDay => {
                ("まだ来ていない日のことは書けません。", "That day has not come yet.")
            }
            Self::NoTitle => ("題を入れてください。", "Please give a title."),
            Self::LongTitle => {
                ("題は80字までにしてください。", "Please keep the title to 80 characters.")
            }
            Self::NoText => ("本文を書いてください。", "Please write something."),
            Self::LongText => {
                ("本文は2000字までにしてください。", "Please keep the text to 2,000 characters.")
            }
        };
        match language {
            Language::Ja => ja,
            Language::En => en,
        }
    }
}
