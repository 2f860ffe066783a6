//! Decides which cache behavior a path belongs to, and whether the request may be made at all
//! (CF-BEH-*, CF-ROOT-*).

use std::borrow::Cow;

use standin_kernel::Method;

use crate::config::{AllowedMethods, Behavior, Distribution};

/// The position of the first behavior whose pattern fits; the default behavior, which is last, fits
/// everything (CF-BEH-01).
pub(crate) fn choose(distribution: &Distribution, path: &str) -> usize {
    let path = normalise(path);
    let found = distribution.behaviors.iter().position(|one| one.pattern.matches(&path));
    found.unwrap_or(distribution.behaviors.len().saturating_sub(1))
}

/// The target with the default root object in the place of a bare `/` (CF-ROOT-01). Done before the
/// behavior is chosen: a behavior for `index.html` also answers `/`.
pub(crate) fn with_root_object(distribution: &Distribution, target: &str) -> Option<String> {
    let object = distribution.default_root_object.as_deref()?;
    if target == "/" {
        return Some(format!("/{object}"));
    }
    let query = target.strip_prefix("/?")?;
    Some(format!("/{object}?{query}"))
}

/// A path for matching: repeated slashes and dot segments removed (CF-BEH-07).
fn normalise(path: &str) -> Cow<'_, str> {
    let bytes = path.as_bytes();
    let plain = !bytes.windows(2).any(|two| two[0] == b'/' && matches!(two[1], b'/' | b'.'));
    if plain {
        return Cow::Borrowed(path);
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut ends_open = false;
    for segment in path.split('/') {
        ends_open = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            name => kept.push(name),
        }
    }
    let mut normal = String::with_capacity(path.len());
    for segment in &kept {
        normal.push('/');
        normal.push_str(segment);
    }
    // `/a/b/..` is `/a/`.
    if ends_open {
        normal.push('/');
    }
    Cow::Owned(normal)
}

impl AllowedMethods {
    /// Methods beyond the seven are in no set (CF-BEH-12).
    pub(crate) const fn has(self, method: &Method) -> bool {
        match method {
            Method::Get | Method::Head => true,
            Method::Options => matches!(self, Self::GetHeadOptions | Self::All),
            Method::Post | Method::Put | Method::Delete | Method::Patch => {
                matches!(self, Self::All)
            }
            Method::Other(_) => false,
        }
    }
}

impl Behavior {
    /// Whether answers to `method` are kept, and errors with them (CF-BEH-11, CF-ERR-12).
    pub(crate) const fn caches(&self, method: &Method) -> bool {
        match method {
            Method::Get | Method::Head => true,
            Method::Options => self.caches_options,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PathPattern;
    use crate::data::tests::site;

    fn with_patterns(patterns: &[&str]) -> Distribution {
        let mut distribution = site();
        let default = distribution.behaviors.pop().unwrap();
        distribution.behaviors.clear();
        for pattern in patterns {
            let pattern = PathPattern::new(pattern);
            distribution.behaviors.push(Behavior { pattern, ..default.clone() });
        }
        distribution.behaviors.push(default);
        distribution
    }

    #[test]
    fn cf_beh_01_the_first_pattern_that_fits_decides() {
        let site = with_patterns(&["images/*", "images/*.jpg"]);
        assert_eq!(choose(&site, "/images/a.jpg"), 0);
        assert_eq!(choose(&site, "/other"), 2);
    }

    #[test]
    fn cf_beh_03_case_counts() {
        assert_eq!(choose(&with_patterns(&["*.jpg"]), "/LOGO.JPG"), 1);
        assert_eq!(choose(&with_patterns(&["*.jpg"]), "/logo.jpg"), 0);
    }

    #[test]
    fn cf_beh_04_a_leading_slash_is_implied() {
        for pattern in ["x/*", "/x/*"] {
            assert_eq!(choose(&with_patterns(&[pattern]), "/x/1"), 0);
        }
        for pattern in ["*product.jpg", "/*product.jpg"] {
            assert_eq!(choose(&with_patterns(&[pattern]), "/a/myproduct.jpg"), 0);
        }
    }

    #[test]
    fn cf_beh_07_the_normal_form_of_the_path_is_matched() {
        let site = with_patterns(&["/a/b*", "/a*"]);
        assert_eq!(choose(&site, "/a/b/.."), 1);
        assert_eq!(choose(&site, "//a//b"), 0);
        assert_eq!(choose(&site, "/x/../a/./b/c"), 0);
        assert_eq!(choose(&site, "/a/.b"), 1);
        assert_eq!(normalise("/../../x"), "/x");
        assert_eq!(normalise("/.."), "/");
    }

    #[test]
    fn cf_beh_09_methods_come_in_three_sets() {
        let trace = Method::Other("TRACE".into());
        for set in [AllowedMethods::GetHead, AllowedMethods::GetHeadOptions, AllowedMethods::All] {
            assert!(set.has(&Method::Get) && set.has(&Method::Head));
            assert_eq!(set.has(&Method::Post), set == AllowedMethods::All);
            assert_eq!(set.has(&Method::Options), set != AllowedMethods::GetHead);
            assert!(!set.has(&trace));
        }
    }

    #[test]
    fn cf_root_01_only_the_bare_root_is_replaced() {
        let mut site = site();
        site.default_root_object = Some("index.html".into());
        assert_eq!(with_root_object(&site, "/").as_deref(), Some("/index.html"));
        assert_eq!(with_root_object(&site, "/?a=1").as_deref(), Some("/index.html?a=1"));
        assert_eq!(with_root_object(&site, "/install/"), None);
        assert_eq!(with_root_object(&site, "///"), None);
    }

    #[test]
    fn cf_root_02_the_root_object_may_lie_in_a_folder() {
        let mut site = site();
        site.default_root_object = Some("a/b.html".into());
        assert_eq!(with_root_object(&site, "/").as_deref(), Some("/a/b.html"));
    }

    #[test]
    fn cf_root_05_without_a_root_object_the_root_stays() {
        assert_eq!(with_root_object(&site(), "/"), None);
    }
}
