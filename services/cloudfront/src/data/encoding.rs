//! Decides what `Accept-Encoding` becomes in the cache key and towards the origin (CF-KEY-06).

/// `br,gzip`, `br`, `gzip` or nothing, out of what the viewer takes and the policy's two flags.
pub(crate) fn normalise(accepted: Option<&str>, gzip: bool, brotli: bool) -> &'static str {
    let Some(accepted) = accepted else { return "" };
    match (brotli && takes(accepted, "br"), gzip && takes(accepted, "gzip")) {
        (true, true) => "br,gzip",
        (true, false) => "br",
        (false, true) => "gzip",
        (false, false) => "",
    }
}

fn takes(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        named && !parts.any(is_zero_weight)
    })
}

/// `q=0`, `q=0.000`
fn is_zero_weight(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    name.trim().eq_ignore_ascii_case("q") && value.trim().parse::<f32>().is_ok_and(|q| q <= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cf_key_06_four_normal_forms() {
        let both = |accepted| normalise(Some(accepted), true, true);
        assert_eq!(both("gzip, deflate, br"), "br,gzip");
        assert_eq!(both("br;q=1.0, GZIP"), "br,gzip");
        assert_eq!(both("gzip;q=0, br"), "br");
        assert_eq!(both("deflate"), "");
        assert_eq!(normalise(Some("gzip, br"), true, false), "gzip");
        assert_eq!(normalise(Some("gzip, br"), false, true), "br");
        assert_eq!(normalise(None, true, true), "");
    }
}
