//! Where askers and Regions are, and how far from each other. AWS measures; here distance stands
//! for delay, and a hint in the template says where an asker's network is.

use std::net::IpAddr;

use standin_kernel::dns::Question;

use crate::record_set::GeoProximity;
use crate::state::Location;

/// Degrees north and east.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    latitude: f64,
    longitude: f64,
}

/// About where each Region is.
const REGIONS: [(&str, f64, f64); 33] = [
    ("af-south-1", -33.9, 18.4),
    ("ap-east-1", 22.3, 114.2),
    ("ap-northeast-1", 35.7, 139.7),
    ("ap-northeast-2", 37.6, 127.0),
    ("ap-northeast-3", 34.7, 135.5),
    ("ap-south-1", 19.1, 72.9),
    ("ap-south-2", 17.4, 78.5),
    ("ap-southeast-1", 1.4, 103.8),
    ("ap-southeast-2", -33.9, 151.2),
    ("ap-southeast-3", -6.2, 106.8),
    ("ap-southeast-4", -37.8, 145.0),
    ("ap-southeast-5", 3.1, 101.7),
    ("ap-southeast-7", 13.8, 100.5),
    ("ca-central-1", 45.5, -73.6),
    ("ca-west-1", 51.0, -114.1),
    ("eu-central-1", 50.1, 8.7),
    ("eu-central-2", 47.4, 8.5),
    ("eu-north-1", 59.3, 18.1),
    ("eu-south-1", 45.5, 9.2),
    ("eu-south-2", 41.6, -0.9),
    ("eu-west-1", 53.3, -6.3),
    ("eu-west-2", 51.5, -0.1),
    ("eu-west-3", 48.9, 2.4),
    ("il-central-1", 32.1, 34.8),
    ("me-central-1", 24.5, 54.4),
    ("me-south-1", 26.1, 50.6),
    ("mx-central-1", 20.6, -100.4),
    ("sa-east-1", -23.6, -46.6),
    ("us-east-1", 38.9, -77.5),
    ("us-east-2", 40.0, -83.0),
    ("us-west-1", 37.4, -121.9),
    ("us-west-2", 45.8, -119.7),
    ("ap-east-2", 25.0, 121.5),
];

impl Place {
    /// Where a Region is.
    pub(crate) fn of_region(name: &str) -> Option<Self> {
        let row = REGIONS.iter().find(|row| row.0 == name)?;
        Some(Self { latitude: row.1, longitude: row.2 })
    }

    /// Where a resource is that a record with geoproximity routing stands for.
    pub(crate) fn of(near: &GeoProximity) -> Result<Self, String> {
        if let Some(region) = &near.aws_region {
            return Self::of_region(region).ok_or(format!("the Region {region} is not known"));
        }
        let at = near.coordinates.as_ref().ok_or("neither a Region nor coordinates")?;
        let number = |text: &str, most: f64| {
            let number: Option<f64> = text.parse().ok();
            number.filter(|number| number.abs() <= most).ok_or(format!("{text} is no coordinate"))
        };
        let (latitude, longitude) = (number(&at.latitude, 90.0)?, number(&at.longitude, 180.0)?);
        Ok(Self { latitude, longitude })
    }

    /// Kilometres along the surface of the earth.
    pub(crate) fn distance_km(self, other: Self) -> f64 {
        const EARTH_KM: f64 = 6371.0;
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let across = (other.longitude - self.longitude).to_radians();
        let cosine = from.sin() * to.sin() + from.cos() * to.cos() * across.cos();
        EARTH_KM * cosine.clamp(-1.0, 1.0).acos()
    }
}

/// The location of who asks: that of the viewer's network when the resolver tells it, else that
/// of the resolver (R53-ZN-14). The narrowest network that a hint names counts.
pub(crate) fn of<'l>(locations: &'l [Location], question: &Question) -> Option<&'l Location> {
    let address = question.subnet.map_or(question.asker, |(address, _)| address);
    let fits = locations.iter().filter_map(|one| {
        let (network, bits) = cidr(&one.cidr)?;
        is_within(address, network, bits).then_some((bits, one))
    });
    fits.max_by_key(|(bits, _)| *bits).map(|(_, one)| one)
}

/// `192.0.2.0/24` as address and number of bits.
pub(crate) fn cidr(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let bits: u8 = bits.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    (bits <= most).then_some((address, bits))
}

fn is_within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let number = |address: IpAddr| match address {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)) << 96, true),
        IpAddr::V6(v6) => (u128::from(v6), false),
    };
    let ((one, v4), (other, other_v4)) = (number(address.to_canonical()), number(network));
    let keep = 128 - u32::from(bits);
    v4 == other_v4 && (keep == 128 || one >> keep == other >> keep)
}

#[cfg(test)]
mod tests {
    use standin_kernel::dns::{Name, RecordType};

    use super::*;

    #[test]
    fn distances_are_those_of_a_globe() {
        let at = |name| Place::of_region(name).unwrap();
        let km = at("ap-northeast-1").distance_km(at("us-west-2"));
        assert!((7_500.0..8_500.0).contains(&km), "{km}");
        assert!(at("eu-west-1").distance_km(at("eu-west-1")) < 1.0);
    }

    #[test]
    fn r53_zn_14_the_viewers_network_counts_before_the_resolvers_address() {
        let place = |cidr: &str, country: &str| Location {
            cidr: cidr.into(),
            continent: None,
            country: Some(country.into()),
            subdivision: None,
            region: None,
        };
        let places =
            [place("0.0.0.0/0", "JP"), place("192.0.2.0/24", "DE"), place("192.0.0.0/8", "FR")];
        let mut question = Question::own(Name::default(), RecordType::A);
        let country = |question: &Question| of(&places, question).unwrap().country.clone();
        assert_eq!(country(&question).as_deref(), Some("JP"));
        question.subnet = Some(([192, 0, 2, 0].into(), 24));
        assert_eq!(country(&question).as_deref(), Some("DE"));
        question.subnet = Some(("2001:db8::".parse().unwrap(), 48));
        assert!(of(&places, &question).is_none());
    }
}
