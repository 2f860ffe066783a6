//! Tags of distributions.

use standin_kernel::json;

use super::{Bench, document, text};

#[test]
fn tags_come_and_go() {
    let mut bench = Bench::new();
    let tags = json!({"Items": [{"Key": "a", "Value": "1"}, {"Key": "b"}]});
    let input = json!({"DistributionConfigWithTags":
        {"DistributionConfig": document("1"), "Tags": tags}});
    let made = bench.ok("CreateDistributionWithTags", input);
    let arn = text(&made["Distribution"]["ARN"]);
    let tags = json!({"Items": [{"Key": "a", "Value": "2"}, {"Key": "c", "Value": "3"}]});
    bench.ok("TagResource", json!({"Resource": arn, "Tags": tags}));
    bench.ok("UntagResource", json!({"Resource": arn, "TagKeys": {"Items": ["b", "x"]}}));
    let now = bench.ok("ListTagsForResource", json!({"Resource": arn}));
    let expected = json!([{"Key": "a", "Value": "2"}, {"Key": "c", "Value": "3"}]);
    assert_eq!(now["Tags"]["Items"], expected);
    let tag = |bench: &mut Bench, resource: &str, key: &str| {
        let tags = json!({"Items": [{"Key": key, "Value": "x"}]});
        bench.refusal("TagResource", json!({"Resource": resource, "Tags": tags})).code
    };
    assert_eq!(tag(&mut bench, &arn, "aws:x"), "InvalidTagging");
    assert_eq!(tag(&mut bench, "nonsense", "x"), "InvalidArgument");
    let gone = "arn:aws:cloudfront::123456789012:distribution/E0";
    assert_eq!(tag(&mut bench, gone, "x"), "NoSuchResource");
}
