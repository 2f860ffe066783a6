//! The Availability Zones of a region: those that `Fn::GetAZs` gives.

/// Zone names, in order.
pub(super) fn names(region: &str) -> Vec<String> {
    let letters = match region {
        "us-east-1" => "abcdef",
        "us-west-2" | "ap-northeast-2" => "abcd",
        "ap-northeast-1" => "acd",
        "us-west-1" => "ac",
        "ca-central-1" => "abd",
        _ => "abc",
    };
    letters.chars().map(|letter| format!("{region}{letter}")).collect()
}

/// The id of zone `name` (`apne1-az2`); `None` when the region has no such zone.
pub(super) fn id(region: &str, name: &str) -> Option<String> {
    let index = names(region).iter().position(|known| known == name)?;
    Some(format!("{}-az{}", short(region), index + 1))
}

/// The name of the zone with that id.
pub(super) fn of_id(region: &str, wanted: &str) -> Option<String> {
    names(region).into_iter().find(|name| id(region, name).as_deref() == Some(wanted))
}

/// `ap-northeast-1` is `apne1`: the area, the first letters of the direction, the number.
fn short(region: &str) -> String {
    let parts: Vec<&str> = region.split('-').collect();
    let [area, between @ .., number] = parts.as_slice() else { return region.to_owned() };
    let direction: String = between
        .iter()
        .map(|part| match *part {
            "northeast" => "ne",
            "northwest" => "nw",
            "southeast" => "se",
            "southwest" => "sw",
            other => &other[..other.len().min(1)],
        })
        .collect();
    format!("{area}{direction}{number}")
}

#[cfg(test)]
mod tests {
    use super::{id, of_id};

    #[test]
    fn zones_have_names_and_ids() {
        let id_of = |name: &str| id(name.trim_end_matches(char::is_alphabetic), name).unwrap();
        assert_eq!(id_of("ap-northeast-1c"), "apne1-az2");
        assert_eq!(id_of("us-east-1a"), "use1-az1");
        assert_eq!(id_of("eu-central-1b"), "euc1-az2");
        assert_eq!(id("ap-northeast-1", "ap-northeast-1b"), None);
        assert_eq!(of_id("ap-northeast-1", "apne1-az3").as_deref(), Some("ap-northeast-1d"));
    }
}
