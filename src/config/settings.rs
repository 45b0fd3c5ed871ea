//! The settings of one registry and their sources, for users who want to know why they apply.

use std::path::PathBuf;

use super::{Config, Endpoint, HostConfig, Permission};

/// The settings of one registry, except for mirrors and credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The reason why plain HTTP is allowed.
    pub plain_http: Option<Permission>,
    /// The reason why certificates are not verified.
    pub unverified: Option<Permission>,
    /// The authorities that are trusted in addition to the system's.
    pub authorities: Vec<PathBuf>,
    /// The client certificate.
    pub identity: Option<PathBuf>,
    /// regcli's own config.toml, if it has a table for this registry.
    pub own: Option<PathBuf>,
}

impl Config {
    /// Returns the settings that connections to the registry of `host` use, and where they come from.
    pub fn settings(&self, host: &HostConfig) -> Settings {
        let Endpoint { transport, tls, .. } = &host.origin;
        let own = self.own.registry(&host.registry);
        Settings {
            plain_http: transport.plain_http(),
            unverified: tls.unverified,
            authorities: tls.authorities.iter().chain(&tls.found).cloned().collect(),
            identity: tls.identity.as_ref().map(|pair| pair.certificate.clone()),
            own: own.and_then(|_| self.own.path.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Options, TransportOverrides};
    use crate::reference::Registry;

    fn config(transport: TransportOverrides) -> (tempfile::TempDir, Config) {
        let root = tempfile::tempdir().unwrap();
        let files = [
            ("docker/daemon.json", r#"{"insecure-registries": ["plain.lab"]}"#),
            ("docker/certs.d/r.lab/ca.crt", ""),
            (".config/regcli/config.toml", "[registry.\"own.lab\"]\nplain-http = true\n"),
        ];
        for (name, content) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let environment = Environment {
            home: Some(root.path().to_owned()),
            etc: Some(root.path().to_owned()),
            ..Environment::default()
        };
        let config = Config::load(Options { transport, ..Options::default() }, &environment).unwrap();
        (root, config)
    }

    fn settings(config: &Config, registry: &str) -> Settings {
        config.settings(&config.host(&Registry::from_server(registry).unwrap()).unwrap())
    }

    #[test]
    fn the_source_of_each_permission_is_known() {
        let (root, config) = config(TransportOverrides::default());
        let both = |registry: &str| {
            let settings = settings(&config, registry);
            (settings.plain_http, settings.unverified)
        };
        assert_eq!(both("plain.lab"), (Some(Permission::Daemon), Some(Permission::Daemon)));
        assert_eq!(both("127.0.0.1:5000"), (Some(Permission::Loopback), Some(Permission::Loopback)));
        assert_eq!(both("own.lab"), (Some(Permission::Own), None));
        assert_eq!(both("docker.io"), (None, None));
        let own = settings(&config, "own.lab").own;
        assert_eq!(own, Some(root.path().join(".config/regcli/config.toml")));
        let authorities = settings(&config, "r.lab").authorities;
        assert_eq!(authorities, [root.path().join("docker/certs.d/r.lab/ca.crt")]);
    }

    #[test]
    fn flags_allow_what_they_say_but_nothing_at_docker_hub() {
        let flags = TransportOverrides { plain_http: true, insecure: true, ..Default::default() };
        let (_root, config) = config(flags);
        let found = settings(&config, "r.lab");
        assert_eq!((found.plain_http, found.unverified), (Some(Permission::Flag), Some(Permission::Flag)));
        assert_eq!(settings(&config, "docker.io").plain_http, None);
    }
}
