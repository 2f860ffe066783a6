//! The text of `Fn::Sub` taken apart (CFN-IN-05).

use super::expr::Piece;
use super::tree::Mark;

pub(super) const BAD_NAME: &str = "\
    Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, \
    underscores, periods, and colons";

/// The pieces of `text`; `names` are those of the map of the second form, `at` finds the place of a
/// piece of text. The error is the variable that is no name.
pub(super) fn pieces(
    text: &str,
    names: &[&str],
    at: &dyn Fn(&str) -> Mark,
) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        let Some(end) = from.find('}') else { break };
        plain.push_str(before);
        let (whole, after) = from.split_at(end + 1);
        let name = &whole[2..end];
        rest = after;
        if let Some(literal) = name.strip_prefix('!') {
            plain.push_str("${");
            plain.push_str(literal);
            plain.push('}');
            continue;
        }
        if name.is_empty() || !name.chars().all(is_name_letter) {
            return Err(whole.to_owned());
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        let mark = at(whole);
        pieces.push(match (names.iter().position(|known| *known == name), name.split_once('.')) {
            (Some(value), _) => Piece::Value(value, mark),
            (None, Some((resource, attribute))) => {
                Piece::GetAtt(resource.to_owned(), attribute.to_owned(), mark)
            }
            (None, None) => Piece::Ref(name.to_owned(), mark),
        });
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(pieces)
}

fn is_name_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | ':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cfn_in_05_text_is_taken_apart_and_the_map_wins() {
        let mark = Mark { line: 1, column: 1 };
        let read = |text: &str, names: &[&str]| pieces(text, names, &|_| mark);
        assert_eq!(
            read("a${!B}${C}-${D.E.F}${AWS::Region}$", &["C"]),
            Ok(vec![
                Piece::Text("a${B}".into()),
                Piece::Value(0, mark),
                Piece::Text("-".into()),
                Piece::GetAtt("D".into(), "E.F".into(), mark),
                Piece::Ref("AWS::Region".into(), mark),
                Piece::Text("$".into()),
            ])
        );
        assert_eq!(read("${A.B}", &["A.B"]), Ok(vec![Piece::Value(0, mark)]));
        assert_eq!(read("open ${A", &[]), Ok(vec![Piece::Text("open ${A".into())]));
        assert_eq!(read("$${A}", &[]).map(|pieces| pieces.len()), Ok(2));
        assert_eq!(read("${a b}", &[]), Err("${a b}".to_owned()));
        assert_eq!(read("", &[]), Ok(Vec::new()));
    }
}
