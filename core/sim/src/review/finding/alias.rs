//! A record set that fails over between two distributions: a name belongs to one of them only.

use standin_kernel::Value;

use super::{Draft, Proof, View, words};
use crate::review::change::Edit;
use crate::review::scene::Item;

/// The two halves of a failover between distributions.
struct Pair<'v> {
    name: &'v str,
    secondary: &'v Item,
    primary_distribution: &'v str,
    secondary_distribution: &'v str,
}

/// Route 53 fails over between two distributions that would both have to bear the name.
pub(super) fn two_distributions(view: &View<'_>) -> Vec<Draft> {
    pairs(view).into_iter().map(|pair| draft(view, &pair)).collect()
}

fn pairs<'v>(view: &'v View<'_>) -> Vec<Pair<'v>> {
    let records = |half: &'v str| {
        view.scene
            .all("AWS::Route53::RecordSet")
            .filter(move |one| one.properties["Failover"] == half)
            .filter_map(|one| {
                let name = one.properties["Name"].as_str()?;
                Some((one, name, distribution_of(view, one)?))
            })
    };
    let mut pairs = Vec::new();
    for (_, name, primary_distribution) in records("PRIMARY") {
        let other = records("SECONDARY").find(|(_, other, distribution)| {
            *other == name && *distribution != primary_distribution
        });
        if let Some((secondary, _, secondary_distribution)) = other {
            pairs.push(Pair { name, secondary, primary_distribution, secondary_distribution });
        }
    }
    pairs
}

/// The distribution of this template that a record is an alias to.
fn distribution_of<'v>(view: &'v View<'_>, record: &'v Item) -> Option<&'v str> {
    let target = record.properties["AliasTarget"]["DNSName"].as_str()?;
    let id = target.strip_suffix(".DomainName")?;
    let item = view.scene.get(id)?;
    (item.type_name == "AWS::CloudFront::Distribution").then_some(item.logical_id.as_str())
}

fn draft(view: &View<'_>, pair: &Pair<'_>) -> Draft {
    let Pair { name, primary_distribution: one, secondary_distribution: other, .. } = pair;
    let bears = |id: &str| {
        let aliases = view.scene.get(id).map(|item| {
            item.properties["DistributionConfig"]["Aliases"].as_array().cloned().unwrap_or_default()
        });
        aliases.is_some_and(|all| all.iter().any(|alias| alias == name.trim_end_matches('.')))
    };
    let both = bears(one) && bears(other);
    let secondary = pair.secondary.logical_id.as_str();
    let primary = view.scene.all("AWS::Route53::RecordSet").find(|record| {
        record.properties["Failover"] == "PRIMARY" && record.properties["Name"] == **name
    });
    // One distribution bears the name, and one record without failover leads to it.
    let mut edits = vec![Edit::new(secondary, "", Value::Null)];
    if let Some(primary) = primary {
        for property in ["Failover", "SetIdentifier", "HealthCheckId"] {
            if !primary.properties[property].is_null() {
                edits.push(Edit::new(&primary.logical_id, property, Value::Null));
            }
        }
    }
    if both {
        edits.push(Edit::new(other, "DistributionConfig.Aliases", Value::Null));
    }
    Draft {
        rule: "failover-between-distributions",
        title: words(
            format!("{name} fails over from {one} to {other}, which cannot bear that name, too"),
            format!("{name} が {one} から {other} へフェイルオーバーするが、同じ名前は持てない"),
        ),
        why: words(
            if both {
                "both distributions list the name in Aliases: the second is refused \
                 (CNAMEAlreadyExists)"
            } else {
                "a name is an alternate name of one distribution only: asked by it, the other one \
                 answers 403"
            },
            if both {
                "両方の Aliases に同じ名前: 2つ目は拒否される (CNAMEAlreadyExists)"
            } else {
                "名前は1つのディストリビューションの代替名にしかなれず、もう一方は 403 を返す"
            },
        ),
        advice: words(
            format!(
                "let {one} alone bear the name, with what {other} serves as the second origin of \
                 an origin group"
            ),
            format!(
                "名前は {one} だけが持ち、{other} の内容をオリジングループの2番目のオリジンにする"
            ),
        ),
        at: (secondary.to_owned(), "AliasTarget.DNSName".to_owned()),
        ledger: vec!["CF-ALT-01", "R53-AL-06"],
        edits,
        proof: if both { Proof::ComesUp } else { Proof::None },
        floor: if both { super::NOTHING_WORKS } else { 60.0 },
    }
}
