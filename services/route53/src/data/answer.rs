//! What a question is answered with: zone, name, type, record set, values, and the SOA record when
//! there is nothing (R53-ZN-03, R53-ZN-04).

use standin_kernel::dns::{Answer, Code, Name, Question, RecordType, Resource};
use standin_kernel::{Bytes, Cx, Fact, ServiceName};

use super::health::{ALIAS_DEPTH_MAX, Endpoints, Judge};
use super::policy::{self, Asker};
use super::zone::{ALIAS_TTL_S, Content, Entry, Found, LiveZone, Target};
use super::{location, target};
use crate::state::Settings;

/// A zone that is asked, and all that its answer depends on.
pub(crate) struct Server<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) zone: &'a LiveZone,
    pub(crate) endpoints: &'a dyn Endpoints,
    pub(crate) checks: &'a dyn Fn(&str) -> bool,
    pub(crate) question: &'a Question,
}

/// CNAME records that are followed within a zone.
const CNAME_MAX: usize = 8;

impl Server<'_> {
    pub(crate) fn answer(&self, cx: &mut Cx<'_>) -> Answer {
        let apex = &self.settings.name;
        let Question { name, kind, .. } = self.question;
        if let Some(cut) = self.zone.delegation(apex, name)
            && !(*kind == RecordType::DS && cut == *name)
        {
            return self.referral(cx, &cut);
        }
        let mut answer = Answer { authoritative: true, ..Answer::default() };
        let mut name = name.clone();
        for _ in 0..CNAME_MAX {
            let Some(next) = self.at(cx, &name, &mut answer) else { break };
            // R53-ZN-10
            let delegated = self.zone.delegation(apex, &next).is_some();
            if !next.is_within(apex) || delegated {
                return answer;
            }
            name = next;
        }
        if answer.answers.is_empty() || answer.code == Code::NxDomain {
            answer.authority = self.soa();
        }
        answer
    }

    /// Adds what there is at a name; gives the name that a CNAME record leads on to.
    fn at(&self, cx: &mut Cx<'_>, name: &Name, answer: &mut Answer) -> Option<Name> {
        let kind = self.question.kind;
        let node = match self.zone.find(name) {
            Found::Node(node) => node,
            Found::Below => return None,
            Found::Nothing => {
                answer.code = Code::NxDomain;
                return None;
            }
        };
        if kind == ANY {
            for kind in node.keys() {
                self.add(cx, name, *kind, &node[kind], answer, 0);
            }
            return None;
        }
        if let Some(entries) = node.get(&kind) {
            self.add(cx, name, kind, entries, answer, 0);
            return None;
        }
        let entries = node.get(&RecordType::CNAME)?;
        let before = answer.answers.len();
        self.add(cx, name, RecordType::CNAME, entries, answer, 0);
        cname(answer.answers.get(before)?)
    }

    /// Adds the records of the record sets that the policy chooses.
    fn add(
        &self,
        cx: &mut Cx<'_>,
        owner: &Name,
        kind: RecordType,
        entries: &[Entry],
        answer: &mut Answer,
        depth: u8,
    ) {
        let judge = Judge { zone: self.zone, endpoints: self.endpoints, checks: self.checks };
        let healthy = |entry: &Entry| judge.is_healthy(entry, kind, 0);
        let home = cx.env.region.clone();
        let asker = Asker {
            location: location::of(&self.settings.locations, self.question),
            home_region: &home,
        };
        let choice = policy::choose(entries, &healthy, asker, cx.rng);
        let (why, row) = (choice.why, choice.row);
        for entry in choice.entries {
            cx.note(|| {
                let set =
                    if entry.set.is_empty() { String::new() } else { format!(" {}", entry.set) };
                let says = format!("{} {kind}{set}: {why}", owner.host());
                Fact::new(ServiceName::Route53, "record", says)
                    .setting(&owner.host(), member_of(entry))
                    .row(row)
            });
            self.add_entry(cx, owner, kind, entry, answer, depth);
        }
    }

    fn add_entry(
        &self,
        cx: &mut Cx<'_>,
        owner: &Name,
        kind: RecordType,
        entry: &Entry,
        answer: &mut Answer,
        depth: u8,
    ) {
        let mut add = |ttl_s: u32, data: Bytes| {
            answer.answers.push(Resource { name: owner.clone(), kind, ttl_s, data });
        };
        match &entry.content {
            Content::Values { ttl_s, values } => {
                let mut values: Vec<&Bytes> = values.iter().collect();
                policy::shuffle(&mut values, cx.rng);
                for value in values {
                    add(*ttl_s, value.clone());
                }
            }
            Content::Alias { target: Target::Endpoint { host, kind: of, address }, .. } => {
                if !self.endpoints.exists(host) {
                    return;
                }
                match (kind, of) {
                    (RecordType::A, _) => add(ALIAS_TTL_S, address.octets().to_vec().into()),
                    (RecordType::AAAA, target::Kind::Distribution) => {
                        add(ALIAS_TTL_S, address.to_ipv6_mapped().octets().to_vec().into());
                    }
                    // The target has no records of other types.
                    _ => {}
                }
            }
            Content::Alias { target: Target::Record(name), .. } => {
                if depth < ALIAS_DEPTH_MAX
                    && let Found::Node(node) = self.zone.find(name)
                    && let Some(entries) = node.get(&kind)
                {
                    self.add(cx, owner, kind, entries, answer, depth + 1);
                }
            }
        }
    }

    /// Points to the name servers of a part of the zone that lies elsewhere.
    fn referral(&self, cx: &mut Cx<'_>, cut: &Name) -> Answer {
        let mut answer = Answer::default();
        let entries = self.zone.entries(cut, RecordType::NS);
        self.add(cx, cut, RecordType::NS, entries, &mut answer, 0);
        answer.authority = std::mem::take(&mut answer.answers);
        answer
    }

    /// The SOA record as it stands beside an answer that is empty.
    fn soa(&self) -> Vec<Resource> {
        let apex = &self.settings.name;
        let entry = self.zone.entries(apex, RecordType::SOA).first();
        let Some(Content::Values { ttl_s, values }) = entry.map(|entry| &entry.content) else {
            return Vec::new();
        };
        let soa = |data: &Bytes| {
            let (name, data) = (apex.clone(), data.clone());
            Resource { name, kind: RecordType::SOA, ttl_s: *ttl_s, data }
        };
        values.iter().map(soa).collect()
    }
}

/// The type of a question for everything there is.
const ANY: RecordType = RecordType(255);

/// The member of a record set that says how it is chosen.
fn member_of(entry: &Entry) -> &'static str {
    use super::zone::Policy;
    match entry.policy {
        Policy::Simple => match entry.content {
            Content::Alias { .. } => "AliasTarget.DNSName",
            Content::Values { .. } => "ResourceRecords",
        },
        Policy::Weighted(_) => "Weight",
        Policy::Failover(_) => "Failover",
        Policy::Latency(_) => "Region",
        Policy::Geolocation(_) => "GeoLocation",
        Policy::Multivalue => "MultiValueAnswer",
        Policy::Geoproximity(..) => "GeoProximityLocation",
    }
}

/// The name a CNAME record leads to.
pub fn cname(record: &Resource) -> Option<Name> {
    let mut labels = Vec::new();
    let mut rest = &record.data[..];
    while let Some((&length, after)) = rest.split_first() {
        if length == 0 {
            break;
        }
        let (label, after) = after.split_at_checked(usize::from(length))?;
        labels.push(label);
        rest = after;
    }
    Name::from_labels(labels.into_iter()).ok()
}
