//! Names that CloudFormation makes for resources the template does not name.

use standin_kernel::resource::Job;

/// The property `property`, or a name made from the stack's and the resource's with at most
/// `length_max` characters: the front is cut, the random end stays.
pub(crate) fn of(job: &Job<'_>, property: &str, length_max: usize) -> String {
    match job.properties[property].as_str() {
        Some(name) => name.to_owned(),
        None => cut(job.generated_name, length_max),
    }
}

fn cut(name: &str, length_max: usize) -> String {
    if name.len() <= length_max {
        return name.to_owned();
    }
    let (front, end) = name.rsplit_once('-').unwrap_or((name, ""));
    let kept = length_max.saturating_sub(end.len() + 1).min(front.len());
    format!("{}-{end}", front[..kept].trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_generated_name_keeps_its_random_end() {
        assert_eq!(cut("Stack-Role-1AB2C3", 64), "Stack-Role-1AB2C3");
        let long = format!("{}-Role-1AB2C3D4E5F6", "Stack".repeat(20));
        let name = cut(&long, 64);
        assert_eq!(name.len(), 64);
        assert!(name.ends_with("-1AB2C3D4E5F6"), "{name}");
    }
}
