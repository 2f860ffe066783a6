//! Verdicts as JUnit's XML: a suite each drill, a case each expectation.

use standin_sim::Verdict;

use super::Played;

/// The file's text.
pub(super) fn text(played: &[Played]) -> String {
    let cases: usize = played.iter().map(|one| one.verdicts.len()).sum();
    let failures: usize = played.iter().map(failures).sum();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"standin drill\" tests=\"{cases}\" failures=\"{failures}\">\n"
    );
    for one in played {
        suite(&mut xml, one);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn failures(played: &Played) -> usize {
    played.verdicts.iter().filter(|verdict| !verdict.met).count()
}

/// Times are those of the story, so that one seed gives one text.
fn suite(xml: &mut String, played: &Played) {
    let name = escaped(&played.drill.name);
    let (tests, failures) = (played.verdicts.len(), failures(played));
    let time = played.drill.duration.as_secs_f64();
    let world = played.world;
    xml.push_str(&format!(
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" time=\"{time}\">\n\
         \x20   <properties><property name=\"world\" value=\"{world}\"/></properties>\n"
    ));
    for (index, verdict) in played.verdicts.iter().enumerate() {
        let says = escaped(&verdict.says);
        let case = format!("    <testcase classname=\"{name}\" name=\"expect[{index}] {says}\"");
        xml.push_str(&case);
        if verdict.met {
            xml.push_str("/>\n");
            continue;
        }
        let message = escaped(&against(verdict));
        let timeline = escaped(&played.timeline.text(false));
        xml.push_str(&format!(
            ">\n      <failure message=\"{message}\">{timeline}</failure>\n    </testcase>\n"
        ));
    }
    xml.push_str("  </testsuite>\n");
}

fn against(verdict: &Verdict) -> String {
    let first = verdict.first_against.as_deref().unwrap_or("");
    match verdict.against {
        0 => first.to_owned(),
        count => {
            let (answers, counted) = (verdict.answers, verdict.counted);
            format!("{count} of {answers} {counted} are against it; first: {first}")
        }
    }
}

/// As text and as an attribute's value; characters that XML 1.0 cannot hold become `?`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(c),
            c if c < ' ' => escaped.push('?'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_each_drill_and_a_case_each_expectation() {
        let met = crate::drill::tests::played("never raw-error");
        let xml = text(&[met]);
        assert!(xml.contains("<testsuites name=\"standin drill\" tests=\"1\" failures=\"0\">"));
        assert!(xml.contains("<testcase classname=\"n &lt;1&gt;\" name=\"expect[0] 0.0s"), "{xml}");
        let xml = text(&[crate::drill::tests::played("never page")]);
        assert!(xml.contains("failures=\"1\""), "{xml}");
        let message =
            "<failure message=\"1 of 1 answers are against it; first: v at 1.0s: page 200\">";
        assert!(xml.contains(message), "{xml}");
    }
}
