//! What an alias may point at: distributions, load balancers, websites of buckets, and records of
//! the same zone (R53-AL-03, R53-AL-07).

use standin_kernel::dns::Name;

/// The zone of all distributions' names.
pub(crate) const CLOUDFRONT: &str = "Z2FDTNDATAQYW2";

/// Zones that load balancers' and websites' names lie in, by Region.
#[rustfmt::skip]
const REGIONS: [(&str, &str, &str); 21] = [
    ("af-south-1", "Z268VQBMOI5EKX", "Z11KHD8FBVPUYU"),
    ("ap-east-1", "Z3DQVH9N71FHZ0", "ZNB98KWMFR0R6"),
    ("ap-northeast-1", "Z14GRHDCWA56QT", "Z2M4EHUR26P7ZW"),
    ("ap-northeast-2", "ZWKZPGTI48KDX", "Z3W03O7B5YMIYP"),
    ("ap-northeast-3", "Z5LXEXXYW11ES", "Z2YQB5RD63NC85"),
    ("ap-south-1", "ZP97RAFLXTNZK", "Z11RGJOFQNVJUP"),
    ("ap-southeast-1", "Z1LMS91P8CMLE5", "Z3O0J2DXBE1FTB"),
    ("ap-southeast-2", "Z1GM3OXH4ZPM65", "Z1WCIGYICN2BYD"),
    ("ca-central-1", "ZQSVJUPU6J1EY", "Z1QDHH18159H29"),
    ("eu-central-1", "Z215JYRZR1TBD5", "Z21DNDUVLTQW6Q"),
    ("eu-north-1", "Z23TAZ6LKFMNIO", "Z3BAZG2TWCNX0D"),
    ("eu-south-1", "Z3ULH7SSC9OV64", "Z30OZKI7KPW7MI"),
    ("eu-west-1", "Z32O12XQLNTSW2", "Z1BKCTXD74EZPE"),
    ("eu-west-2", "ZHURV8PSTC4K8", "Z3GKZC51ZF0DB4"),
    ("eu-west-3", "Z3Q77PNBQS71R4", "Z3R1K369G5AVDG"),
    ("me-south-1", "ZS929ML54UICD", "Z1MPMWCPA7YB62"),
    ("sa-east-1", "Z2P70J7HTTTPLU", "Z7KQH4QJS55SO"),
    ("us-east-1", "Z35SXDOTRQ7X7K", "Z3AQBSTGFYJSTF"),
    ("us-east-2", "Z3AADJGX6KTTL2", "Z2O1EMRO9K5GLX"),
    ("us-west-1", "Z368ELLRRE2KJ0", "Z2F56UZL2M1ACD"),
    ("us-west-2", "Z1H1FL5HABSF5", "Z3BJ6K6RIION7M"),
];

/// The kinds of target outside of the zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Distribution,
    LoadBalancer,
    Website,
}

/// What a name in this zone is; an error says what is wrong with the pair.
pub(crate) fn kind(zone: &str, name: &Name) -> Result<Kind, Wrong> {
    let host = name.host();
    let of = |pick: fn(&(&'static str, &'static str, &'static str)) -> &'static str| {
        REGIONS.iter().find(|row| pick(row) == zone).map(|row| row.0)
    };
    if zone == CLOUDFRONT {
        let fits = host.ends_with(".cloudfront.net");
        return if fits { Ok(Kind::Distribution) } else { Err(Wrong::NotInZone) };
    }
    if let Some(region) = of(|row| row.1) {
        let fits = host.ends_with(&format!(".{region}.elb.amazonaws.com"));
        return if fits { Ok(Kind::LoadBalancer) } else { Err(Wrong::NotInZone) };
    }
    if let Some(region) = of(|row| row.2) {
        let names = ["-", "."].map(|mark| format!("s3-website{mark}{region}.amazonaws.com"));
        return if names.contains(&host) { Ok(Kind::Website) } else { Err(Wrong::NotInZone) };
    }
    // A load balancer in a Region that is younger than this list.
    if host.ends_with(".elb.amazonaws.com") && zone == "Z00000000000STANDIN00" {
        return Ok(Kind::LoadBalancer);
    }
    match ["amazonaws.com", "cloudfront.net", "amazonaws.com.cn"]
        .iter()
        .any(|end| host.ends_with(end))
    {
        true => Err(Wrong::NotBuilt),
        false => Err(Wrong::NotInZone),
    }
}

/// Why a name is no target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// The name does not lie in the zone that the id names.
    NotInZone,
    /// A kind of target that is not built: API Gateway, Global Accelerator and others.
    NotBuilt,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(zone: &str, name: &str) -> Result<Kind, Wrong> {
        kind(zone, &Name::parse(name).unwrap())
    }

    #[test]
    fn r53_al_03_a_distribution_has_one_zone_everywhere() {
        assert_eq!(of(CLOUDFRONT, "d1.cloudfront.net."), Ok(Kind::Distribution));
        assert_eq!(of("Z14GRHDCWA56QT", "d1.cloudfront.net."), Err(Wrong::NotInZone));
    }

    #[test]
    fn r53_al_07_a_website_is_named_by_its_region_and_not_by_its_bucket() {
        let tokyo = "Z2M4EHUR26P7ZW";
        assert_eq!(of(tokyo, "s3-website-ap-northeast-1.amazonaws.com"), Ok(Kind::Website));
        let bucket = "www.example.com.s3-website-ap-northeast-1.amazonaws.com";
        assert_eq!(of(tokyo, bucket), Err(Wrong::NotInZone));
        assert_eq!(of("Z3AQBSTGFYJSTF", "s3-website-us-east-1.amazonaws.com"), Ok(Kind::Website));
    }

    #[test]
    fn targets_that_are_not_built_are_told_apart_from_wrong_ones() {
        assert_eq!(
            of("Z1UJRXOUMOOFQ8", "a.execute-api.us-east-1.amazonaws.com"),
            Err(Wrong::NotBuilt)
        );
        assert_eq!(of("Z1UJRXOUMOOFQ8", "www.example.com"), Err(Wrong::NotInZone));
    }
}
