//! Decides whether a failing primary is given up for the secondary, how often one origin is tried,
//! and what status stands for no answer (CF-OG-*, CF-ORG-01 to CF-ORG-09).

use standin_kernel::{LinkFailure, Method};

use crate::config::{Behavior, Distribution, OriginGroup, Target};

/// What the viewer is told when the origin gave no answer.
pub(crate) const fn status_of(failure: LinkFailure) -> u16 {
    match failure {
        LinkFailure::ConnectTimeout | LinkFailure::ResponseTimeout => 504,
        LinkFailure::NameNotFound
        | LinkFailure::Refused
        | LinkFailure::Tls
        | LinkFailure::Closed
        | LinkFailure::BadResponse
        | LinkFailure::HeadTooLarge => 502,
    }
}

/// The status that must be among the failover criteria: 503 stands for every connection that did
/// not come about, whatever the viewer would see (CF-OG-05, CF-ORG-04).
const fn criterion_of(failure: LinkFailure) -> u16 {
    match failure {
        LinkFailure::NameNotFound
        | LinkFailure::Refused
        | LinkFailure::ConnectTimeout
        | LinkFailure::Tls => 503,
        LinkFailure::ResponseTimeout => 504,
        LinkFailure::Closed | LinkFailure::BadResponse | LinkFailure::HeadTooLarge => 502,
    }
}

/// Whether trying the same origin again may help: connections always, silence only for GET and HEAD
/// (CF-OG-11, CF-OG-13).
pub(crate) const fn tries_again(failure: LinkFailure, method: &Method) -> bool {
    match failure {
        LinkFailure::Refused | LinkFailure::ConnectTimeout => true,
        LinkFailure::ResponseTimeout => matches!(method, Method::Get | Method::Head),
        LinkFailure::NameNotFound
        | LinkFailure::Tls
        | LinkFailure::Closed
        | LinkFailure::BadResponse
        | LinkFailure::HeadTooLarge => false,
    }
}

/// What an origin came to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Came {
    Status(u16),
    Failure(LinkFailure),
}

/// The origin asked first. Every miss begins with the primary (CF-OG-06).
pub(crate) fn first(distribution: &Distribution, target: Target) -> usize {
    match target {
        Target::Origin(origin) => origin,
        Target::Group(group) => distribution.origin_groups[group].primary,
    }
}

/// The group whose secondary is to be asked after `came` from its primary.
pub(crate) fn failover<'d>(
    distribution: &'d Distribution,
    behavior: &Behavior,
    method: &Method,
    came: Came,
) -> Option<&'d OriginGroup> {
    let Target::Group(group) = behavior.target else { return None };
    // CF-OG-03
    if !behavior.caches(method) {
        return None;
    }
    let group = &distribution.origin_groups[group];
    let criterion = match came {
        Came::Status(status) => status,
        Came::Failure(failure) => criterion_of(failure),
    };
    group.status_codes.contains(&criterion).then_some(group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cf_org_01_to_09_what_stands_for_no_answer() {
        use LinkFailure::*;
        for failure in [NameNotFound, Refused, Tls, Closed, BadResponse, HeadTooLarge] {
            assert_eq!(status_of(failure), 502, "{failure:?}");
        }
        assert_eq!(status_of(ConnectTimeout), 504);
        assert_eq!(status_of(ResponseTimeout), 504);
    }

    #[test]
    fn cf_og_13_only_get_and_head_are_retried_after_silence() {
        let again = |method| tries_again(LinkFailure::ResponseTimeout, &method);
        assert!(again(Method::Get) && again(Method::Head));
        assert!(!again(Method::Post) && !again(Method::Options));
        assert!(tries_again(LinkFailure::Refused, &Method::Post));
        assert!(!tries_again(LinkFailure::NameNotFound, &Method::Get));
    }
}
