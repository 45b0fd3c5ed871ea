//! The software of a registry, detected by its headers, its token service and its host name.

use serde::{Deserialize, Serialize};

use super::Challenge;

/// A kind of registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Software {
    /// Docker Hub.
    DockerHub,
    /// Amazon Elastic Container Registry.
    Ecr,
    /// Google Artifact Registry, or the Container Registry before it.
    Google,
    /// Azure Container Registry.
    Azure,
    /// GitHub Container Registry.
    GitHub,
    /// Alibaba Cloud Container Registry.
    Aliyun,
    /// GitLab Container Registry.
    GitLab,
    /// Harbor.
    Harbor,
    /// Quay.
    Quay,
    /// Sonatype Nexus.
    Nexus,
    /// JFrog Artifactory.
    Artifactory,
    /// zot.
    Zot,
    /// `regcli serve`.
    Regcli,
    /// A registry of the Distribution project, or one like it: it claims only to speak Docker's protocol.
    Distribution,
    /// Unknown.
    Unknown,
}

impl Software {
    /// Returns the name of the software.
    pub fn name(self) -> &'static str {
        match self {
            Self::DockerHub => "Docker Hub",
            Self::Ecr => "Amazon ECR",
            Self::Google => "Google Artifact Registry",
            Self::Azure => "Azure Container Registry",
            Self::GitHub => "GitHub Container Registry",
            Self::Aliyun => "Alibaba Cloud Container Registry",
            Self::GitLab => "GitLab Container Registry",
            Self::Harbor => "Harbor",
            Self::Quay => "Quay",
            Self::Nexus => "Sonatype Nexus",
            Self::Artifactory => "JFrog Artifactory",
            Self::Zot => "zot",
            Self::Regcli => "regcli serve",
            Self::Distribution => "Docker Registry, or compatible",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the software of a provider's registry, which is known by its host name, without a port.
    pub fn of_host(host: &str) -> Option<Self> {
        let host = host.to_ascii_lowercase();
        let ends = |domain: &str| {
            host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
        };
        Some(match () {
            () if ends("docker.io") => Self::DockerHub,
            () if ends("ghcr.io") => Self::GitHub,
            () if ends("quay.io") => Self::Quay,
            () if ends("gcr.io") || host.ends_with("-docker.pkg.dev") => Self::Google,
            () if ends("azurecr.io") || ends("azurecr.cn") || ends("mcr.microsoft.com") => Self::Azure,
            () if ends("public.ecr.aws") => Self::Ecr,
            () if host.contains(".dkr.ecr.") && host.contains(".amazonaws.com") => Self::Ecr,
            () if ends("aliyuncs.com") => Self::Aliyun,
            () if ends("registry.gitlab.com") => Self::GitLab,
            () if ends("jfrog.io") => Self::Artifactory,
            () if ends("zothub.io") => Self::Zot,
            () => return None,
        })
    }

    /// Reports whether a registry says by itself that it is this software. Any registry may claim to speak Docker's
    /// protocol.
    pub fn is_certain(self) -> bool {
        !matches!(self, Self::Distribution | Self::Unknown)
    }
}

/// The data that identifies a registry.
pub struct Signs<'a> {
    /// The host name, without a port.
    pub host: &'a str,
    /// Looks up a header of the response.
    pub header: &'a dyn Fn(&'static str) -> Option<String>,
    /// The challenges of the response.
    pub challenges: &'a [Challenge],
}

impl Signs<'_> {
    /// Returns the software, and its version if known.
    pub fn read(&self) -> (Software, Option<String>) {
        self.by_header().or_else(|| self.by_host()).or_else(|| self.by_challenge()).unwrap_or_else(|| {
            let speaks = self.header(super::API_VERSION_HEADER).is_some();
            (if speaks { Software::Distribution } else { Software::Unknown }, None)
        })
    }

    fn header(&self, name: &'static str) -> Option<String> {
        (self.header)(name)
    }

    /// Detects the software by headers that only one kind sends.
    fn by_header(&self) -> Option<(Software, Option<String>)> {
        if let Some(version) = self.header("gitlab-container-registry-version") {
            return Some((Software::GitLab, Some(version)));
        }
        let jfrog =
            self.header("x-jfrog-version").or_else(|| self.header("x-artifactory-id").map(|_| String::new()));
        if let Some(version) = jfrog {
            return Some((Software::Artifactory, version_in("Artifactory/", &version)));
        }
        let server = self.header("server").unwrap_or_default();
        let known = [
            ("regcli/", Software::Regcli),
            ("Nexus/", Software::Nexus),
            ("Artifactory/", Software::Artifactory),
            ("AliyunContainerService", Software::Aliyun),
        ];
        let (prefix, software) = known.into_iter().find(|(prefix, _)| server.starts_with(prefix))?;
        Some((software, version_in(prefix, &server)))
    }

    fn by_host(&self) -> Option<(Software, Option<String>)> {
        Some((Software::of_host(self.host)?, None))
    }

    /// Detects the software by the token service, or by the realm of the password challenge.
    fn by_challenge(&self) -> Option<(Software, Option<String>)> {
        let software = self.challenges.iter().find_map(|challenge| {
            let realm = challenge.parameter("realm").unwrap_or_default();
            let service = challenge.parameter("service").unwrap_or_default();
            let path = realm.split_once("://").map_or(realm, |(_, rest)| rest);
            let path = path.find('/').map_or("", |at| &path[at..]);
            Some(match (realm, path, service) {
                (_, "/service/token", "harbor-registry") => Software::Harbor,
                (_, "/jwt/auth", "container_registry") => Software::GitLab,
                (_, "/v2/auth", service) if service == self.host => Software::Quay,
                (_, _, "ecr.amazonaws.com") => Software::Ecr,
                ("Sonatype Nexus Repository Manager", ..) => Software::Nexus,
                ("Artifactory Realm", ..) => Software::Artifactory,
                ("harbor", ..) => Software::Harbor,
                ("zot", ..) => Software::Zot,
                _ if realm.contains("://dockerauth.") && realm.contains(".aliyuncs.com/") => Software::Aliyun,
                _ => return None,
            })
        })?;
        Some((software, None))
    }
}

/// Returns the version after `prefix`, up to the next space.
fn version_in(prefix: &str, text: &str) -> Option<String> {
    let version = text.strip_prefix(prefix)?.split_ascii_whitespace().next()?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(host: &str, headers: &[(&'static str, &str)], challenge: &str) -> (Software, Option<String>) {
        let header = |name: &'static str| {
            headers.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        let challenges = Challenge::parse_all(challenge);
        Signs { host, header: &header, challenges: &challenges }.read()
    }

    #[test]
    fn a_registry_is_known_by_its_own_words() {
        let version = |text: &str| Some(text.to_owned());
        let api = ("docker-distribution-api-version", "registry/2.0");
        for (headers, challenge, expected) in [
            (&[api][..], "", (Software::Distribution, None)),
            (&[], "", (Software::Unknown, None)),
            (&[api, ("server", "regcli/0.1.0")], "", (Software::Regcli, version("0.1.0"))),
            (&[("server", "Nexus/3.68.1-02 (OSS)")], "", (Software::Nexus, version("3.68.1-02"))),
            (
                &[("x-jfrog-version", "Artifactory/7.98.9 7980")],
                "",
                (Software::Artifactory, version("7.98.9")),
            ),
            (&[("x-artifactory-id", "fee8")], "", (Software::Artifactory, None)),
            (
                &[("gitlab-container-registry-version", "4.0.0-gitlab")],
                "",
                (Software::GitLab, version("4.0.0-gitlab")),
            ),
            (
                &[api],
                r#"Bearer realm="https://r.lab/service/token",service="harbor-registry""#,
                (Software::Harbor, None),
            ),
            (&[api], r#"Bearer realm="https://r.lab/v2/auth",service="r.lab""#, (Software::Quay, None)),
            (
                &[],
                r#"Bearer realm="https://g.lab/jwt/auth",service="container_registry""#,
                (Software::GitLab, None),
            ),
            (&[], r#"Basic realm="Sonatype Nexus Repository Manager""#, (Software::Nexus, None)),
            (&[], r#"Basic realm="https://a.b/",service="ecr.amazonaws.com""#, (Software::Ecr, None)),
            (
                &[api],
                r#"Bearer realm="https://dockerauth.cn-hangzhou.aliyuncs.com/auth""#,
                (Software::Aliyun, None),
            ),
            (&[api], r#"Basic realm="regcli tests""#, (Software::Distribution, None)),
        ] {
            assert_eq!(read("r.lab", headers, challenge), expected, "{headers:?} {challenge}");
        }
    }

    #[test]
    fn a_hosted_registry_is_known_by_its_exact_name_only() {
        for (host, expected) in [
            ("registry-1.docker.io", Software::DockerHub),
            ("ghcr.io", Software::GitHub),
            ("quay.io", Software::Quay),
            ("eu.gcr.io", Software::Google),
            ("europe-docker.pkg.dev", Software::Google),
            ("me.azurecr.io", Software::Azure),
            ("1.dkr.ecr.eu-west-1.amazonaws.com", Software::Ecr),
            ("registry.cn-hangzhou.aliyuncs.com", Software::Aliyun),
            ("notghcr.io", Software::Unknown),
            ("docker.io.evil.example", Software::Unknown),
            ("", Software::Unknown),
        ] {
            assert_eq!(read(host, &[], "").0, expected, "{host}");
        }
    }
}
