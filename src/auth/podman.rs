//! podman's and skopeo's auth.json, which is read if Docker's configuration has no credentials.
//!
//! It has the same `auths` as config.json, but its keys may be namespaces, `quay.io/team/app`: the most
//! specific one counts, see containers-auth.json(5).

use std::path::PathBuf;

use super::key::{best_key, is_whole_registry, server_of, split};
use crate::config::{AuthEntry, DockerConfig, Environment, Warning};
use crate::reference::{Registry, RepositoryName};

/// Returns the files that podman reads, in order.
pub(super) fn files(environment: &Environment) -> Vec<PathBuf> {
    if let Some(file) = &environment.registry_auth_file {
        return vec![file.clone()];
    }
    let runtime = environment.xdg_runtime_dir.clone().map(|folder| folder.join("containers"));
    let folders = [
        runtime.or_else(|| system_folder(environment)),
        environment.config_folder().map(|folder| folder.join("containers")),
    ];
    folders.into_iter().flatten().map(|folder| folder.join("auth.json")).collect()
}

/// Returns the directory of logins outside of a session, `/run/containers/UID`.
fn system_folder(environment: &Environment) -> Option<PathBuf> {
    let user = rustix::process::getuid().as_raw().to_string();
    Some(environment.run.as_ref()?.join("containers").join(user))
}

/// Returns the entry for `repository` on `registry`, and its file.
pub(super) fn find(
    environment: &Environment,
    registry: &Registry,
    repository: Option<&RepositoryName>,
    warnings: &mut Vec<Warning>,
) -> Option<(PathBuf, AuthEntry)> {
    files(environment).into_iter().find_map(|file| {
        let config = DockerConfig::read(&file, warnings);
        let entry = entry(&config, registry, repository)?.clone();
        Some((file, entry))
    })
}

/// Returns the most specific entry for `repository` on `registry`.
pub(super) fn entry<'a>(
    config: &'a DockerConfig,
    registry: &Registry,
    repository: Option<&RepositoryName>,
) -> Option<&'a AuthEntry> {
    let key = choose(config, registry, repository)?;
    config.auths.iter().find(|(other, _)| other == key).map(|(_, entry)| entry)
}

fn choose<'a>(
    config: &'a DockerConfig,
    registry: &Registry,
    repository: Option<&RepositoryName>,
) -> Option<&'a str> {
    let keys = || config.auths.iter().map(|(key, _)| key.as_str());
    let server = registry.server();
    let mut namespace = repository.map(RepositoryName::as_str);
    while let Some(wanted) = namespace {
        let is_wanted =
            |key: &str| split(key).2.strip_prefix('/') == Some(wanted) && server_of(key) == server;
        if let Some(key) = keys().find(|key| is_wanted(key)) {
            return Some(key);
        }
        // The loop ends before the registry itself.
        namespace = wanted.rsplit_once('/').map(|(parent, _)| parent);
    }
    best_key(keys().filter(|key| is_whole_registry(key)), registry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::Reference;

    fn chosen(auths: &str, reference: &str) -> Option<String> {
        let (config, _) = DockerConfig::parse(format!("{{\"auths\": {auths}}}").as_bytes()).unwrap();
        let name = reference.parse::<Reference>().unwrap().name;
        choose(&config, &name.registry, Some(&name.repository)).map(str::to_owned)
    }

    #[test]
    fn the_most_specific_namespace_counts() {
        let auths = r#"{"quay.io": {}, "quay.io/team": {}, "quay.io/team/app": {}, "quay.io/te": {}}"#;

        for (reference, key) in [
            ("quay.io/team/app:1", "quay.io/team/app"),
            ("quay.io/team/other", "quay.io/team"),
            ("quay.io/else/app", "quay.io"),
        ] {
            assert_eq!(chosen(auths, reference).as_deref(), Some(key));
        }
    }

    #[test]
    fn a_namespace_says_nothing_about_its_registry() {
        assert_eq!(chosen(r#"{"quay.io/team": {}}"#, "quay.io/other/app"), None);
        assert_eq!(
            chosen(r#"{"https://quay.io/v1/": {}}"#, "quay.io/a").as_deref(),
            Some("https://quay.io/v1/")
        );
    }

    #[test]
    fn docker_hub_is_called_docker_io() {
        assert_eq!(
            chosen(r#"{"docker.io/library": {}, "docker.io": {}}"#, "ubuntu").as_deref(),
            Some("docker.io/library")
        );
        assert_eq!(chosen(r#"{"docker.io": {}}"#, "team/app").as_deref(), Some("docker.io"));
    }

    #[test]
    fn the_files_are_podmans() {
        let home =
            Environment { home: Some("/h".into()), xdg_runtime_dir: Some("/r".into()), ..Default::default() };
        assert_eq!(
            files(&home),
            [PathBuf::from("/r/containers/auth.json"), "/h/.config/containers/auth.json".into()]
        );
        let set = Environment { registry_auth_file: Some("/a.json".into()), ..home };
        assert_eq!(files(&set), [PathBuf::from("/a.json")]);
    }
}
