//! Writes the pages of planned work into a folder, for a browser to look at.

use std::path::Path;

use diary_window::{Kind, Message, Moment, Window, judge, render, zone};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    let tokyo = zone("Asia/Tokyo").ok_or("no zone")?;
    // 2026-11-24 20:00 in Tokyo.
    let now = Moment(1_795_518_000);
    let window = Window {
        id: "night".into(),
        kind: Kind::Planned,
        from: now,
        until: Some(Moment(now.0 + 2 * 3600)),
        message: Message {
            ja: "新しい棚へ引っ越しています。写真は、明日の朝から見られます。".into(),
            en: "The diary is moving to a new shelf. Photographs will follow tomorrow morning."
                .into(),
        },
        operators: Vec::new(),
    };
    let fire = Window {
        kind: Kind::Emergency,
        until: None,
        message: Message::default(),
        ..window.clone()
    };
    for (name, window) in [("planned", window), ("emergency", fire)] {
        let windows = [window];
        let open = judge(now, &windows).open.ok_or("it is open")?;
        let page = render(&open, &tokyo);
        for (language, text) in [("ja", page.ja), ("en", page.en), ("both", page.both)] {
            std::fs::write(Path::new(&folder).join(format!("{name}-{language}.html")), text)?;
        }
    }
    Ok(())
}
