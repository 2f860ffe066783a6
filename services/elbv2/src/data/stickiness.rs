//! How clients stay with a target group or a target: the cookies, what they mean when they come
//! back, and when they are set (ALB-AC-04, ALB-TG-13, ALB-TG-14).

use standin_kernel::{Cx, Duration, Headers, Time};

use super::target_group::{Group, key_of};
use crate::config::{Forward, Stickiness, TargetGroup};

/// The cookie itself always lives this long; how long it counts is inside (ALB-TG-13).
const COOKIE_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// In parts without a use.
const NO_PART: &str = "_remove_";

/// What an exchange has to say about stickiness when its answer goes out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stick {
    /// The group chosen and for how long.
    pub(crate) group: Option<(u64, Duration)>,
    /// The target chosen.
    pub(crate) target: u64,
    /// Whether the client came with the application's cookie but without a valid companion.
    pub(crate) renew_app: bool,
}

/// The group of the action that the client was with before, if it still may be (ALB-AC-02: a group
/// of weight 0 gets no request).
pub(crate) fn group_of(forward: &Forward, headers: &Headers, now: Time) -> Option<usize> {
    forward.stickiness?;
    let key = decode(either(headers, "AWSALBTGCORS", "AWSALBTG")?, now)?;
    let same = |arn: &str| key_of(arn) == key;
    forward.target_groups.iter().position(|group| group.weight > 0 && same(&group.arn))
}

impl Group {
    /// The target that the client was with before, if it is fit (ALB-TG-09, ALB-TG-15).
    pub(super) fn stuck_to(&self, headers: &Headers, now: Time) -> Option<usize> {
        let sent = match self.settings.attributes.stickiness.as_ref()? {
            Stickiness::LbCookie { .. } => either(headers, "AWSALBCORS", "AWSALB")?,
            Stickiness::AppCookie { name, .. } => {
                cookie(headers, name)?;
                cookie(headers, "AWSALBAPP-0")?
            }
        };
        let key = decode(sent, now)?;
        let open = self.fails_open();
        self.members.iter().position(|member| member.key == key && member.is_fit(open))
    }
}

/// Whether the application's cookie came along.
pub(crate) fn has_app_cookie(settings: &TargetGroup, headers: &Headers) -> bool {
    match &settings.attributes.stickiness {
        Some(Stickiness::AppCookie { name, .. }) => cookie(headers, name).is_some(),
        Some(Stickiness::LbCookie { .. }) | None => false,
    }
}

/// Adds the cookies to a target's answer.
pub(crate) fn set_cookies(cx: &Cx<'_>, stick: &Stick, settings: &TargetGroup, to: &mut Headers) {
    let stickiness = settings.attributes.stickiness.as_ref();
    if stick.group.is_none() && stickiness.is_none() {
        return;
    }
    let expires = (cx.now + COOKIE_LIFE).http_date();
    let mut set = |name: &str, value: &str, more: &str| {
        to.append("Set-Cookie", format!("{name}={value}; Expires={expires}; Path=/{more}"));
    };
    let cors = "; SameSite=None; Secure";
    if let Some((key, lasts)) = stick.group {
        let value = encode(key, cx.now + lasts);
        set("AWSALBTG", &value, "");
        set("AWSALBTGCORS", &value, cors);
    }
    match stickiness {
        Some(Stickiness::LbCookie { duration }) => {
            let value = encode(stick.target, cx.now + *duration);
            set("AWSALB", &value, "");
            set("AWSALBCORS", &value, cors);
        }
        Some(Stickiness::AppCookie { name, duration }) if stick.renew_app || sets(to, name) => {
            let value = encode(stick.target, cx.now + *duration);
            for (part, value) in [&value, NO_PART, NO_PART, NO_PART].iter().enumerate() {
                let line = format!("AWSALBAPP-{part}={value}; Expires={expires}; Path=/");
                to.append("Set-Cookie", line);
            }
        }
        Some(Stickiness::AppCookie { .. }) | None => {}
    }
}

/// Whether an answer sets the cookie `name`.
fn sets(headers: &Headers, name: &str) -> bool {
    headers
        .get_all("Set-Cookie")
        .any(|line| line.split_once('=').is_some_and(|(set, _)| set.trim() == name))
}

/// The one for requests from other sites counts when both came (ALB-TG-13).
fn either<'a>(headers: &'a Headers, cors: &str, plain: &str) -> Option<&'a str> {
    cookie(headers, cors).or_else(|| cookie(headers, plain))
}

/// The first cookie of a name. Names are compared as they are (ALB-TG-15).
fn cookie<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers.get_all("Cookie").flat_map(|line| line.split(';')).find_map(|pair| {
        let (have, value) = pair.split_once('=')?;
        (have.trim() == name).then(|| value.trim())
    })
}

/// Whom a cookie names and until when it counts: 16 and 10 hexadecimal digits, then 8 that tell a
/// cookie of ours from garbage.
fn encode(key: u64, until: Time) -> String {
    let until_s = until.seconds();
    format!("{key:016X}{until_s:010X}{:08X}", check(key, until_s))
}

/// The key in a cookie that still counts.
fn decode(value: &str, now: Time) -> Option<u64> {
    let number = |from: usize, to: usize| u64::from_str_radix(value.get(from..to)?, 16).ok();
    let (key, until_s) = (number(0, 16)?, number(16, 26)?);
    let whole = value.len() == 34 && number(26, 34)? == check(key, until_s);
    (whole && now.seconds() < until_s).then_some(key)
}

const fn check(key: u64, until_s: u64) -> u64 {
    (key ^ until_s).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alb_tg_13_a_cookie_counts_until_its_duration_is_over() {
        let until = Time::from_seconds(1_800_000_002);
        let value = encode(77, until);
        assert_eq!(decode(&value, until - Duration::from_secs(1)), Some(77));
        assert_eq!(decode(&value, until), None);
    }

    #[test]
    fn alb_tg_15_a_cookie_that_cannot_be_decoded_says_nothing() {
        let until = Time::from_seconds(1_800_000_002);
        let changed = encode(77, until).replacen('0', "1", 1);
        for value in ["", "garbage", &changed, &"F".repeat(34), &"é".repeat(17)] {
            assert_eq!(decode(value, Time::from_seconds(1)), None, "{value}");
        }
    }

    #[test]
    fn cookies_are_found_among_others() {
        let headers = Headers::from_iter([("Cookie", "a=1; AWSALB=x"), ("Cookie", "b=2")]);
        assert_eq!(cookie(&headers, "AWSALB"), Some("x"));
        assert_eq!(cookie(&headers, "b"), Some("2"));
        assert_eq!(cookie(&headers, "awsalb"), None);
    }
}
