//! Combines all configuration into the servers of one registry.

use super::certs::Certificates;
use super::headers::is_header;
use super::own::OwnRegistry;
use super::{
    Config, Endpoint, Error, HostConfig, NamedMirror, Naming, Permission, Resolve, Tls, Transport, Unverified,
};
use crate::reference::{HUB_HOST, Registry, Scheme};

impl Config {
    /// Returns how to connect to `registry`: its mirrors, those of config.toml before those of daemon.json,
    /// then the registry itself.
    ///
    /// As in Docker, loopback addresses and the insecure registries of daemon.json are not verified, and may
    /// speak HTTP if they do not speak TLS at all. But if an authority is configured for such a server, it is
    /// verified. Docker Hub always uses verified HTTPS, however its name is spelled. A mirror with half a
    /// client certificate is left out, because it could only fail.
    ///
    /// # Errors
    /// [`Error::MissingKey`], [`Error::MissingCertificate`] and [`Error::Read`] for the registry's own folder
    /// in certs.d.
    pub fn host(&self, registry: &Registry) -> Result<HostConfig, Error> {
        let mut mirrors: Vec<Endpoint> = Vec::new();
        for named in self.mirrors_of(registry) {
            match self.mirror(&named) {
                Ok(endpoint) if mirrors.iter().any(|known| same_server(known, &endpoint)) => {}
                Ok(endpoint) => mirrors.push(endpoint),
                Err(error) => tracing::warn!(host = %named.mirror.host, %error, "mirror left out"),
            }
        }
        Ok(HostConfig { registry: registry.clone(), mirrors, origin: self.origin(registry)? })
    }

    fn origin(&self, registry: &Registry) -> Result<Endpoint, Error> {
        let mut endpoint = self.server(registry)?;
        let own = self.own.registry(registry);
        endpoint.transport = match (self.transport.plain_http, own.and_then(|own| own.plain_http)) {
            _ if registry.server().belongs_to_hub() => Transport::Https,
            (true, _) => Transport::Http(Permission::Flag),
            (false, Some(true)) => Transport::Http(Permission::Own),
            (false, Some(false)) => Transport::Https,
            (false, None) => self.open(registry).map_or(Transport::Https, Transport::HttpsOrHttp),
        };
        if let Some(identity) = &self.transport.identity {
            endpoint.tls.identity = Some(identity.clone());
        }
        // Of the headers in config.json, Docker passes only these to a registry.
        let meta = |(name, value): &&(String, String)| {
            name.to_ascii_lowercase().starts_with("x-meta-") && is_header(name, value)
        };
        endpoint.headers.extend(self.docker.http_headers.iter().filter(meta).cloned());
        Ok(endpoint)
    }

    /// Returns how to connect to a mirror.
    ///
    /// # Errors
    /// Those of [`Config::host`], for the mirror's own folder in certs.d.
    pub fn mirror(&self, named: &NamedMirror) -> Result<Endpoint, Error> {
        let NamedMirror { registry, mirror, options, .. } = named;
        let mut endpoint = self.server(&mirror.registry)?;
        endpoint.host.clone_from(&mirror.host);
        endpoint.prefix.clone_from(&mirror.prefix);
        endpoint.mirror = true;
        endpoint.namespace = options.namespace.then(|| registry.clone());
        endpoint.naming = options.naming.clone();
        endpoint.resolve = options.resolve;
        // The later of two headers with the same name is sent.
        endpoint.headers.extend(options.headers.0.iter().cloned());
        endpoint.tls.found.extend(options.tls.authorities.iter().cloned());
        endpoint.tls.identity = endpoint.tls.identity.or_else(|| options.tls.identity.clone());
        endpoint.transport = match mirror.scheme {
            // The Hub's own credentials would go there, so it must not be unencrypted.
            _ if mirror.registry.server().belongs_to_hub() => return Ok(endpoint),
            Scheme::Http => Transport::Http(Permission::Address),
            Scheme::Https if options.tls.insecure => Transport::HttpsOrHttp(Permission::MirrorFile),
            Scheme::Https => Transport::Https,
        };
        let is_open = options.tls.insecure && endpoint.tls.authorities.is_empty();
        endpoint.tls.unverified = endpoint.tls.unverified.or(is_open.then_some(Permission::MirrorFile));
        Ok(endpoint)
    }

    /// Returns how to connect to a registry's own API, if config.toml says that it has another address. Nexus
    /// has it on another port than the registry. The API gets the registry's credentials.
    ///
    /// # Errors
    /// Those of [`Config::host`].
    pub fn api(&self, registry: &Registry) -> Result<Option<Endpoint>, Error> {
        let Some(api) = self.own.registry(registry).and_then(|own| own.api.as_ref()) else { return Ok(None) };
        let transport = match api.scheme {
            Scheme::Http => Transport::Http(Permission::Address),
            Scheme::Https => Transport::Https,
        };
        let (host, prefix, credentials) = (api.host.clone(), api.prefix.clone(), registry.clone());
        // The API's own host decides about verification and the client certificate.
        Ok(Some(Endpoint { host, prefix, transport, credentials, ..self.server(&api.registry)? }))
    }

    /// Returns the settings of a server, which apply whether it is used directly or as a mirror.
    fn server(&self, registry: &Registry) -> Result<Endpoint, Error> {
        let own = self.own.registry(registry);
        Ok(Endpoint {
            host: if registry.server().is_hub() { HUB_HOST.to_owned() } else { registry.to_string() },
            prefix: String::new(),
            transport: Transport::Https,
            tls: self.tls(registry, own)?,
            unverified: self.unverified(),
            headers: own.map(|own| own.headers.0.clone()).unwrap_or_default(),
            credentials: registry.clone(),
            mirror: false,
            namespace: None,
            naming: Naming::default(),
            resolve: Resolve::default(),
            proxy: !registry.is_loopback(),
            patience: self.patience(),
            proxies: self.environment.proxies.clone(),
            private_addresses: own.is_some_and(|own| own.private_addresses),
            request_rate: own.and_then(|own| Some(own.requests_per_second?.shared_by(self.sharers))),
        })
    }

    fn tls(&self, registry: &Registry, own: Option<&OwnRegistry>) -> Result<Tls, Error> {
        let open = self.open(registry);
        let named = [&self.transport.ca_file, &own.and_then(|own| own.ca.clone())];
        let authorities: Vec<_> = named.into_iter().flatten().cloned().collect();
        let unverified = match own.and_then(|own| own.insecure) {
            _ if registry.server().belongs_to_hub() => None,
            _ if self.transport.insecure => Some(Permission::Flag),
            Some(insecure) => insecure.then_some(Permission::Own),
            None => open.filter(|_| authorities.is_empty()),
        };
        // Docker reads certs.d only for the registries that it verifies.
        let found =
            if open.is_some() { Certificates::default() } else { self.certificates.read(registry)? };
        let identity = own.and_then(OwnRegistry::identity).or(found.identity);
        Ok(Tls { unverified, authorities, found: found.authorities, identity })
    }

    /// Returns why Docker would not verify this registry, and would try HTTP; `None` if it would verify it.
    fn open(&self, registry: &Registry) -> Option<Permission> {
        let server = registry.server();
        if server.belongs_to_hub() {
            return None;
        }
        let listed = self.daemon.insecure.contains(&server).then_some(Permission::Daemon);
        listed.or(server.is_loopback().then_some(Permission::Loopback))
    }

    /// Returns the servers that need not be verified, even if another server refers to them.
    fn unverified(&self) -> Unverified {
        let said = |(registry, own): (&Registry, &OwnRegistry)| Some((registry.server(), own.insecure?));
        Unverified::new(self.own.tables().filter_map(said).collect(), self.daemon.insecure.clone())
    }
}

fn same_server(one: &Endpoint, other: &Endpoint) -> bool {
    (&one.host, &one.prefix, one.transport, &one.naming)
        == (&other.host, &other.prefix, other.transport, &other.naming)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Environment, Identity, Options, TransportOverrides};

    /// Loads configuration from files below an empty folder, which stands for the home folder and for /etc.
    fn config(files: &[(&str, &str)], transport: TransportOverrides) -> (tempfile::TempDir, Config) {
        let root = tempfile::tempdir().unwrap();
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

    fn host(config: &Config, registry: &str) -> HostConfig {
        config.host(&Registry::from_server(registry).unwrap()).unwrap()
    }

    fn transport_and_verify(config: &Config, registry: &str) -> (Transport, bool) {
        let host = host(config, registry);
        (host.origin.transport, host.origin.tls.is_verified())
    }

    const LISTS: (&str, &str) =
        ("docker/daemon.json", r#"{"insecure-registries": ["plain.lab:5000", "10.0.0.0/8", "docker.io"]}"#);

    #[test]
    fn only_loopback_and_insecure_registries_may_speak_http_unverified() {
        let (_root, config) = config(&[LISTS], TransportOverrides::default());

        for registry in ["127.0.0.1:5000", "localhost", "[::1]:5000", "plain.lab:5000", "10.1.2.3"] {
            let is_loopback = !registry.contains("plain") && !registry.starts_with("10.");
            let permission = if is_loopback { Permission::Loopback } else { Permission::Daemon };
            let expected = (Transport::HttpsOrHttp(permission), false);
            assert_eq!(transport_and_verify(&config, registry), expected, "{registry}");
        }
        for registry in ["plain.lab", "11.1.2.3", "registry.example.com", "docker.io"] {
            assert_eq!(transport_and_verify(&config, registry), (Transport::Https, true), "{registry}");
        }
        assert!(!host(&config, "127.0.0.1:5000").origin.proxy);
        assert!(host(&config, "10.1.2.3").origin.proxy);
    }

    #[test]
    fn the_command_line_decides_but_never_about_docker_hub() {
        let overrides = TransportOverrides { plain_http: true, insecure: true, ..Default::default() };
        let (_root, config) = config(&[LISTS], overrides);

        assert_eq!(
            transport_and_verify(&config, "registry.example.com"),
            (Transport::Http(Permission::Flag), false)
        );
        assert_eq!(transport_and_verify(&config, "docker.io"), (Transport::Https, true));
        assert_eq!(host(&config, "docker.io").origin.host, "registry-1.docker.io");
        let typed: crate::reference::Reference = "registry-1.docker.io/library/x".parse().unwrap();
        let typed = config.host(&typed.name.registry).unwrap();
        assert_eq!((typed.origin.transport, typed.origin.tls.is_verified()), (Transport::Https, true));
    }

    #[test]
    fn s5_docker_hub_is_https_and_verified_in_every_spelling() {
        let daemon =
            r#"{"insecure-registries": ["DOCKER.IO", "index.docker.io:443", "docker.io:80", "0.0.0.0/0"]}"#;
        let own = "[registry.\"docker.io\"]\nplain-http = true\ninsecure = true\nmirrors = [\"http://m.lab\"]\n\
                   [registry.\"docker.io:80\"]\nplain-http = true\ninsecure = true\n";
        let files = [("docker/daemon.json", daemon), (".config/regcli/config.toml", own)];
        let overrides = TransportOverrides { plain_http: true, insecure: true, ..Default::default() };
        let (_root, config) = config(&files, overrides);
        let typed = |name: &str| {
            let reference: crate::reference::Reference = format!("{name}/library/x").parse().unwrap();
            config.host(&reference.name.registry).unwrap()
        };

        for hub in [
            "docker.io",
            "DOCKER.IO",
            "index.docker.io:443",
            "registry-1.docker.io",
            "Registry-1.docker.io:443",
        ] {
            let host = typed(hub);
            let origin = &host.origin;
            assert_eq!((origin.transport, origin.tls.is_verified()), (Transport::Https, true), "{hub}");
            assert_eq!(origin.host, "registry-1.docker.io", "{hub}");
            // Docker's mirrors apply to `docker.io` as it is typed.
            assert_eq!(host.mirrors.len(), usize::from(hub == "docker.io"), "{hub}");
        }
        for beside in ["docker.io:80", "index.docker.io:80", "registry.hub.docker.com", "AUTH.docker.io:5000"]
        {
            let host = typed(beside);
            assert_eq!(
                (host.origin.transport, host.origin.tls.is_verified()),
                (Transport::Https, true),
                "{beside}"
            );
            assert_eq!(host.origin.host, beside);
        }
    }

    #[test]
    fn an_authority_named_for_loopback_means_that_it_is_verified() {
        let overrides = TransportOverrides { ca_file: Some("/ca.pem".into()), ..Default::default() };
        let (_root, config) = config(&[], overrides);

        let host = host(&config, "127.0.0.1:5013");

        assert!(host.origin.tls.is_verified());
        assert_eq!(host.origin.tls.authorities, [Path::new("/ca.pem")]);
    }

    #[test]
    fn mirrors_of_docker_hub_come_first_and_have_credentials_of_their_own() {
        let daemon = r#"{"registry-mirrors": ["http://127.0.0.1:5999/", "https://m.example/hub", "https://own.example"]}"#;
        let own = r#"
            [registry."docker.io"]
            mirrors = [{ url = "https://own.example", namespace = true }]
            [registry."own.example"]
            headers = { X-Team = "blue" }
        "#;
        let files = [("docker/daemon.json", daemon), (".config/regcli/config.toml", own)];
        let (_root, config) = config(&files, TransportOverrides::default());

        let host = host(&config, "docker.io");

        let servers: Vec<_> = host
            .mirrors
            .iter()
            .chain([&host.origin])
            .map(|e| (e.host.as_str(), e.prefix.as_str(), e.mirror))
            .collect();
        assert_eq!(
            servers,
            [
                ("own.example", "", true),
                ("127.0.0.1:5999", "", true),
                ("m.example", "/hub", true),
                ("registry-1.docker.io", "", false)
            ]
        );
        let [own, loopback, prefixed] = &host.mirrors[..] else { panic!("three mirrors") };
        let hub = &host.origin;
        assert_eq!(own.namespace, Some(Registry::hub()));
        assert_eq!(own.headers, [("X-Team".into(), "blue".into())]);
        assert!(!format!("{own:?}").contains("blue"), "the value of a header may be a secret");
        assert_eq!((loopback.transport, loopback.proxy), (Transport::Http(Permission::Address), false));
        assert_eq!((prefixed.transport, prefixed.tls.is_verified()), (Transport::Https, true));
        assert_eq!(prefixed.credentials.as_str(), "m.example");
        assert_eq!(hub.credentials, Registry::hub());
        assert_eq!(hub.headers, []);
    }

    #[test]
    fn other_registries_have_no_mirrors_of_daemon_json() {
        let files = [("docker/daemon.json", r#"{"registry-mirrors": ["https://m.example"]}"#)];
        let (_root, config) = config(&files, TransportOverrides::default());

        assert_eq!(host(&config, "127.0.0.1:5010").mirrors.len(), 0);
    }

    #[test]
    fn docker_hub_as_its_own_mirror_is_not_asked_in_clear() {
        let files = [("docker/daemon.json", r#"{"registry-mirrors": ["http://registry-1.docker.io"]}"#)];
        let (_root, config) = config(&files, TransportOverrides::default());

        assert_eq!(host(&config, "docker.io").mirrors[0].transport, Transport::Https);
    }

    #[test]
    fn certificates_of_all_places_come_together_and_the_most_personal_identity_wins() {
        let own = "[registry.\"r.lab:5015\"]\nca = \"/own.pem\"\ncert = \"/own.cert\"\nkey = \"/own.key\"\n";
        let files = [
            (".config/regcli/config.toml", own),
            ("docker/certs.d/r.lab:5015/ca.crt", ""),
            ("docker/certs.d/r.lab:5015/client.cert", ""),
            ("docker/certs.d/r.lab:5015/client.key", ""),
        ];
        let (root, with_own) = config(&files, TransportOverrides::default());

        let tls = host(&with_own, "r.lab:5015").origin.tls.clone();

        assert_eq!(tls.authorities, [Path::new("/own.pem")]);
        assert_eq!(tls.found, [root.path().join("docker/certs.d/r.lab:5015/ca.crt")]);
        assert_eq!(tls.identity.unwrap().key, Path::new("/own.key"));
        let (root, without) = config(&files[1..], TransportOverrides::default());
        let identity = host(&without, "r.lab:5015").origin.tls.identity.clone().unwrap();
        assert_eq!(identity.key, root.path().join("docker/certs.d/r.lab:5015/client.key"));
    }

    #[test]
    fn a_client_certificate_of_the_command_line_is_not_shown_to_a_mirror() {
        let identity = Identity { certificate: "/c".into(), key: "/k".into() };
        let overrides = TransportOverrides { identity: Some(identity.clone()), ..Default::default() };
        let files = [("docker/daemon.json", r#"{"registry-mirrors": ["https://m.example"]}"#)];
        let (_root, config) = config(&files, overrides);

        let host = host(&config, "docker.io");

        assert_eq!(host.mirrors[0].tls.identity, None);
        assert_eq!(host.origin.tls.identity, Some(identity));
    }

    #[test]
    fn half_a_pair_in_certs_d_stops_its_registry_and_only_leaves_a_mirror_out() {
        let files = [
            ("docker/certs.d/m.example/client.cert", ""),
            ("docker/daemon.json", r#"{"registry-mirrors": ["https://m.example"]}"#),
        ];
        let (_root, config) = config(&files, TransportOverrides::default());

        assert_eq!(host(&config, "docker.io").mirrors.len(), 0);
        let error = config.host(&Registry::from_server("m.example").unwrap()).unwrap_err();
        assert!(matches!(error, Error::MissingKey { .. }));
    }

    #[test]
    fn of_dockers_headers_only_x_meta_goes_to_a_registry() {
        let docker = r#"{"HttpHeaders": {"User-Agent": "x", "X-Meta-Team": "blue", "X-Meta-Bad": "a\nb"}}"#;
        let (_root, config) = config(&[(".docker/config.json", docker)], TransportOverrides::default());

        assert_eq!(host(&config, "r.example").origin.headers, [("X-Meta-Team".into(), "blue".into())]);
    }
}
