//! Decides which images are the Datadog Agent's, for which a stand-in runs on this machine.

/// Registries in which Datadog publishes the Agent, with the path before the name `agent`.
const PLACES: [&str; 9] = [
    "datadog/",
    "docker.io/datadog/",
    "index.docker.io/datadog/",
    "public.ecr.aws/datadog/",
    "gcr.io/datadoghq/",
    "eu.gcr.io/datadoghq/",
    "asia.gcr.io/datadoghq/",
    "registry.datadoghq.com/",
    "datadoghq.azurecr.io/",
];

/// Whether `image` is the Agent's, of any tag or digest; a copy that ECR keeps of it
/// (`ACCOUNT.dkr.ecr.REGION.amazonaws.com/.../datadog/agent`) counts too.
pub fn is_agent_image(image: &str) -> bool {
    let name = image.split('@').next().unwrap_or_default();
    let name = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    };
    let Some(place) = name.strip_suffix("agent") else { return false };
    let in_ecr = || {
        let (registry, path) = place.split_once('/').unwrap_or_default();
        registry.contains(".dkr.ecr.")
            && registry.ends_with(".amazonaws.com")
            && (path == "datadog/" || path.ends_with("/datadog/"))
    };
    PLACES.contains(&place) || in_ecr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agents_images_are_known_in_each_registry_and_with_any_tag() {
        for image in [
            "datadog/agent",
            "datadog/agent:7",
            "docker.io/datadog/agent:latest",
            "public.ecr.aws/datadog/agent:7.60.0",
            "gcr.io/datadoghq/agent:7-jmx",
            "public.ecr.aws/datadog/agent@sha256:abc",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/ecr-public/datadog/agent:7",
        ] {
            assert!(is_agent_image(image), "{image}");
        }
        for image in [
            "datadog/cluster-agent:7",
            "example/datadog/agent",
            "agent",
            "diary-app:1",
            "public.ecr.aws/datadog/agent-sidecar",
            "evil.amazonaws.com.example/datadog/agent",
        ] {
            assert!(!is_agent_image(image), "{image}");
        }
    }
}
