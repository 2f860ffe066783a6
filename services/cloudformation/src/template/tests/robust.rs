//! No text makes the language panic, however mutilated or deep.

use std::collections::BTreeMap;

use proptest::prelude::*;
use standin_kernel::json;

use super::*;

/// Every function at once, to be mutilated.
const GOOD: &str = r#"AWSTemplateFormatVersion: "2010-09-09"
Description: all there is
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod], AllowedPattern: "[a-z]+"}
  Zones: {Type: CommaDelimitedList, Default: "a, b"}
  Size: {Type: Number, Default: 3, MinValue: 1}
Mappings: {M: {dev: {Size: 1, L: [a]}, prod: {Size: 2, L: [b]}}}
Conditions:
  Prod: !And [!Equals [!Ref Stage, prod], !Not [!Condition Dev]]
  Dev: !Or [!Equals [!Ref Stage, dev], !Equals [!Ref Size, "9"]]
Rules:
  R: {Assertions: [{Assert: {"Fn::Contains": [!Ref Zones, a]}, AssertDescription: x}]}
Resources:
  A:
    Type: AWS::SNS::Topic
    DeletionPolicy: Retain
    Metadata: {Standin: {Port: !Ref Size}}
    Properties: &anchor
      Name: !Sub ["${AWS::StackName}-${X}-${!Y}-${B.TopicArn}", {X: !Ref B}]
      Size: !FindInMap [M, !Ref Stage, Size]
      List: !If [Prod, [a, !Ref "AWS::NoValue"], !Split [",", "a,b"]]
      Any:
        - !Select [0, !GetAZs ""]
        - !Join ["-", !Ref Zones]
        - Fn::Base64: !Sub |
            text ${Stage}
        - !Cidr ["10.0.0.0/16", 2, 8]
        - {"Fn::ImportValue": !Sub "known"}
  B:
    Type: AWS::SNS::Topic
    Condition: Dev
    Properties: {Name: "日本語", Idle: yes, Size: 0x5}
Outputs:
  O: {Value: !GetAtt A.TopicArn, Export: {Name: !Sub "${AWS::Region}"}}
"#;

/// Goes as far with a text as it leads.
fn everything(text: &str) -> Option<Vec<OutputValue>> {
    let template = match Template::parse("t", text) {
        Ok(template) => template,
        Err(errors) => {
            assert!(!errors.is_empty());
            errors.iter().for_each(|error| assert!(!error.to_string().is_empty()));
            return None;
        }
    };
    let found = template.check(TYPES);
    found.iter().for_each(|error| assert!(!error.to_string().is_empty()));
    let _ = template.support(TYPES, None);
    let previous = BTreeMap::from([("Size".to_owned(), "5".to_owned())]);
    let scope = template.bind(&[], Some(&previous), &env()).ok()?;
    let plan = template.plan(&scope).ok()?;
    for planned in &plan.resources {
        if let Ok(value) = template.resolve(&planned.logical_id, &scope, &same())
            && let Err(problems) = coerce(&value, TOPIC)
        {
            for problem in problems {
                assert!(template.locate(&planned.logical_id, &problem.path).is_some());
            }
        }
    }
    if !found.is_empty() {
        return None;
    }
    template.outputs(&scope, &same()).ok()
}

#[test]
fn the_good_template_is_good() {
    assert_eq!(everything(GOOD).map(|outputs| outputs.len()), Some(1));
}

#[test]
fn deep_nesting_ends_in_an_error_and_not_in_a_crash() {
    for depth in [40, 90, 5000] {
        let value = format!("{}x{}", "!If [C, ".repeat(depth), ", y]".repeat(depth));
        everything(&with("Conditions: {C: !Equals [a, a]}", &value));
        everything(&format!("Resources: {}x{}", "{a: ".repeat(depth), "}".repeat(depth)));
        everything(&"- ".repeat(depth));
        everything(&(0..depth).map(|at| format!("{}a:\n", " ".repeat(at))).collect::<String>());
        everything(&"{\"a\":".repeat(depth));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}") {
        everything(&text);
        everything(&format!("{{\"Resources\": {text}"));
        everything(&with(&text, "x"));
        everything(&with("", &text));
    }

    #[test]
    fn no_text_of_yaml_s_own_letters_makes_it_panic(
        text in "[-\\[\\]{}:,!&*#?|>'\"%@`~ \\t\\r\\nabR0<=.\\\\\u{0}\u{85}\u{feff}]{0,60}"
    ) {
        everything(&text);
        everything(&format!("Resources:\n  A: {text}"));
    }

    #[test]
    fn no_mutilated_template_makes_it_panic(
        edits in prop::collection::vec(
            (any::<prop::sample::Index>(), 0_u8..4, "[-\\[\\]{}:!,'\"$ \\nA-C0.]{1,4}"),
            1..6,
        )
    ) {
        let mut letters: Vec<char> = GOOD.chars().collect();
        for (place, what, text) in edits {
            let at = place.index(letters.len());
            let end = (at + text.len()).min(letters.len());
            match what {
                0 => { letters.drain(at..end); }
                1 => { letters.splice(at..at, text.chars()); }
                2 => { letters.splice(at..end, text.chars()); }
                _ => {
                    let copy: Vec<char> = letters[at..].iter().take(40).copied().collect();
                    letters.splice(at..at, copy);
                }
            }
            if letters.is_empty() {
                letters.push('x');
            }
        }
        everything(&letters.into_iter().collect::<String>());
    }

    #[test]
    fn sub_of_plain_text_is_the_text(text in "[a-zA-Z0-9 .,$-]{0,40}") {
        let quoted = format!("!Sub '{text}'");
        prop_assert_eq!(value_of("", &quoted), Ok(Value::from(text)));
    }

    #[test]
    fn split_undoes_join(parts in prop::collection::vec("[a-z]{0,5}", 1..6)) {
        let list: Vec<String> = parts.iter().map(|part| format!("'{part}'")).collect();
        let value = format!("!Split ['|', !Join ['|', [{}]]]", list.join(", "));
        prop_assert_eq!(value_of("", &value), Ok(json!(parts)));
    }
}
