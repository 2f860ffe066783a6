//! Wildcard patterns as CloudFront's path patterns and the load balancer's rules use them:
//! `*` is any run of characters, slashes included, `?` is exactly one (CF-BEH-02, ALB-RU-07).

/// Whether `text` fits `pattern`, byte for byte.
pub fn matches(pattern: &str, text: &str) -> bool {
    wildcard(pattern.as_bytes(), text.as_bytes(), |a, b| a == b)
}

/// The same without regard to ASCII case.
pub fn matches_ignore_case(pattern: &str, text: &str) -> bool {
    wildcard(pattern.as_bytes(), text.as_bytes(), |a, b| a.eq_ignore_ascii_case(&b))
}

/// Greedy with one point to fall back to: linear in practice, no recursion.
fn wildcard(pattern: &[u8], text: &[u8], same: fn(u8, u8) -> bool) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut fall_back: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                fall_back = Some((p + 1, t));
                p += 1;
            }
            Some(&wanted) if wanted == b'?' || same(wanted, text[t]) => {
                p += 1;
                t += 1;
            }
            _ => match fall_back {
                Some((after_star, from)) => {
                    fall_back = Some((after_star, from + 1));
                    p = after_star;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cf_beh_02_star_crosses_slashes_and_question_mark_is_one_character() {
        assert!(matches("a/*.jpg", "a/b/c.jpg"));
        assert!(matches("a??.jpg", "ant.jpg"));
        assert!(!matches("a??.jpg", "an.jpg"));
        assert!(matches("*", ""));
        assert!(!matches("?", ""));
    }

    #[test]
    fn falls_back_to_the_last_star() {
        assert!(matches("*ab*abc", "xxababxabc"));
        assert!(!matches("*ab*abc", "xxabab"));
    }

    #[test]
    fn alb_ru_07_case_counts_only_where_it_should() {
        assert!(!matches("/img/*.p?g", "/IMG/x.png"));
        assert!(matches_ignore_case("*.example.com", "WWW.Example.COM"));
    }
}
