//! What a browser loads along with a page: the style sheets, scripts and images it names on its own
//! host. Reads tags and attributes and nothing else of HTML.

/// Targets in the order of the page, each once. `base`: the page's own path.
pub(crate) fn links(html: &str, base: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let end = tag_end(rest);
        let tag = &rest[..end];
        rest = &rest[end..];
        let Some(target) = named(tag).and_then(|link| resolved(link, base)) else { continue };
        if !found.contains(&target) {
            found.push(target);
        }
    }
    found
}

/// Where the tag ends: at the first `>` outside quotes.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    text.len()
}

/// The address in a tag that a browser loads at once.
fn named(tag: &str) -> Option<&str> {
    let name = tag.split(|c: char| c.is_ascii_whitespace() || c == '/').next()?;
    if name.eq_ignore_ascii_case("img") || name.eq_ignore_ascii_case("script") {
        return attribute(tag, "src");
    }
    if !name.eq_ignore_ascii_case("link") {
        return None;
    }
    let loads = ["stylesheet", "icon", "preload"];
    let rel = attribute(tag, "rel")?;
    let mut words = rel.split_ascii_whitespace();
    let at_once = words.any(|word| loads.iter().any(|load| word.eq_ignore_ascii_case(load)));
    at_once.then(|| attribute(tag, "href"))?
}

/// The value of an attribute, in quotes or without.
fn attribute<'t>(tag: &'t str, wanted: &str) -> Option<&'t str> {
    let mut rest = tag.split_once(|c: char| c.is_ascii_whitespace())?.1;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '=').unwrap_or(rest.len());
        let name = &rest[..end];
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            (value, rest) = match quote {
                Some(quote) => after[1..].split_once(quote)?,
                None => {
                    let end = after.find(|c: char| c.is_ascii_whitespace()).unwrap_or(after.len());
                    after.split_at(end)
                }
            };
        }
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value.trim());
        }
        if end == 0 && value.is_empty() {
            return None;
        }
    }
}

/// Path and query on the page's own host; `None` for other hosts and for what is no address.
fn resolved(link: &str, base: &str) -> Option<String> {
    let link = link.split('#').next().unwrap_or("");
    let before_path = link.split(['/', '?']).next().unwrap_or("");
    if link.is_empty() || link.starts_with("//") || before_path.contains(':') {
        return None;
    }
    if link.starts_with('/') {
        return Some(link.to_owned());
    }
    let base = base.split('?').next().unwrap_or("/");
    let folder = base.rfind('/').map_or("/", |at| &base[..=at]);
    let (path, query) = match link.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (link, None),
    };
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Some(format!("/{}{query}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_loads_styles_scripts_and_images_of_the_page_once() {
        let html = r#"<html><head><link rel="stylesheet" href="/static/a.css">
            <LINK REL='Stylesheet' HREF='b.css?v=2' /><link rel=canonical href=/x>
            <!-- <img src="/no.png"> --><script defer src=app.js></script></head>
            <body><img alt="a > b" src="../c.png#x"><img src="/static/a.css"><a href="/y">y</a>
            <img src="https://elsewhere/d.png"><img src="data:image/png;base64,AA"><img></body>"#;
        let found = links(html, "/diary/2026/?page=2");
        let expected =
            ["/static/a.css", "/diary/2026/b.css?v=2", "/diary/2026/app.js", "/diary/c.png"];
        assert_eq!(found, expected);
    }

    #[test]
    fn broken_pages_end_the_search() {
        for html in ["<", "<img", "<img src", "<img src=", "<img src='x", "<!--", "<link rel=>"] {
            assert_eq!(links(html, "/"), [""; 0], "{html}");
        }
    }
}
