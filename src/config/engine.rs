//! The address of a Docker Engine, found as Docker's own command line finds it.
//!
//! `DOCKER_HOST` takes precedence over `DOCKER_CONTEXT`, and that over `currentContext` of config.json. A
//! context is a file below the folder `contexts` beside config.json; see Docker's
//! [documentation](https://docs.docker.com/engine/manage-resources/contexts/).

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Config, Error, Identity, Permission, Tls, read_file};
use crate::digest::Digest;

/// The default address of an Engine.
const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// The context that stands for no context.
const DEFAULT_CONTEXT: &str = "default";

/// Docker's ports without and with TLS.
const PORTS: (u16, u16) = (2375, 2376);

/// The address of a Docker Engine, as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineHost {
    /// The name in messages: `unix:///var/run/docker.sock`.
    pub name: String,
    /// How to connect to the Engine.
    pub address: EngineAddress,
}

/// How to connect to a Docker Engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineAddress {
    /// A socket of this machine.
    Socket(PathBuf),
    /// A TCP connection.
    Tcp {
        /// `host:port`.
        host: String,
        /// A path in front of that of each request, without a trailing slash; usually empty.
        prefix: String,
        /// How TLS is verified, or `None` without TLS. No other authorities are trusted.
        tls: Option<Tls>,
    },
}

impl EngineHost {
    /// Reports whether an Engine seems to be there, without connecting to it.
    pub fn seems_there(&self) -> bool {
        match &self.address {
            EngineAddress::Socket(path) => path.exists(),
            EngineAddress::Tcp { .. } => true,
        }
    }

    /// Parses an address as Docker does. `tls` applies to TCP.
    fn parse(text: &str, tls: Option<Tls>) -> Result<Self, Error> {
        let text = text.trim();
        let invalid = || Error::EngineAddress { host: text.to_owned() };
        let (scheme, rest) = text.split_once("://").unwrap_or(("tcp", text));
        let address = match scheme {
            "unix" if rest.contains("://") => return Err(invalid()),
            "unix" if rest.is_empty() => EngineAddress::Socket(DEFAULT_SOCKET.into()),
            "unix" => EngineAddress::Socket(rest.into()),
            "tcp" => tcp(rest, tls).ok_or_else(invalid)?,
            "ssh" => return Err(Error::EngineBySsh { host: text.to_owned(), server: ssh_server(rest) }),
            "npipe" | "fd" => {
                return Err(Error::EngineScheme { host: text.to_owned(), scheme: scheme.to_owned() });
            }
            _ => return Err(invalid()),
        };
        let name = match &address {
            EngineAddress::Socket(path) => format!("unix://{}", path.display()),
            EngineAddress::Tcp { host, prefix, .. } => format!("tcp://{host}{prefix}"),
        };
        Ok(Self { name, address })
    }
}

/// Returns `user@host`, without a password that may be in the address.
fn ssh_server(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((user, host)) => format!("{}@{host}", user.split(':').next().unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Parses `HOST[:PORT][/PREFIX]`. A user or a query is not allowed, so that no secret is read from an
/// address.
fn tcp(text: &str, tls: Option<Tls>) -> Option<EngineAddress> {
    let (authority, prefix) = text.split_at(text.find('/').unwrap_or(text.len()));
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '@' | '?' | '#' | '\\');
    if text.contains(is_odd) {
        return None;
    }
    let port = if tls.is_some() { PORTS.1 } else { PORTS.0 };
    // The colons of an IPv6 address are within brackets.
    let after_brackets = authority.rfind(']').map_or(0, |end| end + 1);
    let host = match authority[after_brackets..].rsplit_once(':') {
        None if authority.is_empty() => format!("localhost:{port}"),
        None => format!("{authority}:{port}"),
        Some((before, given)) => {
            let port = if given.is_empty() { port } else { given.parse().ok()? };
            let name = format!("{}{before}", &authority[..after_brackets]);
            if name.contains(':') && after_brackets == 0 {
                return None;
            }
            format!("{}:{port}", if name.is_empty() { "localhost" } else { &name })
        }
    };
    Some(EngineAddress::Tcp { host, prefix: prefix.trim_end_matches('/').to_owned(), tls })
}

/// The content of a context's `meta.json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Meta {
    #[serde(default)]
    endpoints: Endpoints,
}

#[derive(Default, Deserialize)]
struct Endpoints {
    docker: Option<MetaEndpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetaEndpoint {
    #[serde(default)]
    host: String,
    #[serde(default, rename = "SkipTLSVerify")]
    skip_tls_verify: bool,
}

impl Config {
    /// Returns the Docker Engine that Docker's command line would use.
    ///
    /// # Errors
    /// [`Error::EngineAddress`], [`Error::EngineBySsh`] and [`Error::EngineScheme`] for unsupported
    /// addresses; [`Error::NoContext`]; an error of reading the context.
    pub fn engine(&self) -> Result<EngineHost, Error> {
        let environment = self.environment();
        if let Some(host) = &environment.docker_host {
            return EngineHost::parse(host, self.engine_tls());
        }
        let context = environment.docker_context.as_ref().or(self.docker().current_context.as_ref());
        match context.filter(|name| *name != DEFAULT_CONTEXT) {
            Some(name) => self.engine_of_context(name),
            None => EngineHost::parse("unix://", None),
        }
    }

    /// Returns the TLS settings of the environment. Without `DOCKER_TLS_VERIFY` nothing is verified.
    fn engine_tls(&self) -> Option<Tls> {
        let environment = self.environment();
        let is_verified = environment.docker_tls_verify;
        if !is_verified && !environment.docker_tls {
            return None;
        }
        let folder = environment.docker_cert_path.clone();
        let folder = folder.or_else(|| Some(self.docker_config_file().ok()?.parent()?.to_owned()));
        let unverified = (!is_verified).then_some(Permission::Engine);
        Some(tls_in(&folder.unwrap_or_default(), unverified))
    }

    fn engine_of_context(&self, name: &str) -> Result<EngineHost, Error> {
        let folder = self.docker_config_file()?.with_file_name("contexts");
        let digest = Digest::sha256(name.as_bytes());
        let path = folder.join("meta").join(digest.hex()).join("meta.json");
        let no_context = || Error::NoContext { name: name.to_owned(), path: path.clone() };
        let content = read_file(&path)?.ok_or_else(no_context)?;
        let meta: Meta = serde_json::from_slice(&content)
            .map_err(|source| Error::Json { path: path.clone(), source: source.into() })?;
        let endpoint = meta.endpoints.docker.ok_or_else(no_context)?;
        if endpoint.host.is_empty() {
            return EngineHost::parse("unix://", None);
        }
        let material = folder.join("tls").join(digest.hex()).join("docker");
        let has_tls = endpoint.skip_tls_verify || material.is_dir();
        let unverified = endpoint.skip_tls_verify.then_some(Permission::Engine);
        EngineHost::parse(&endpoint.host, has_tls.then(|| tls_in(&material, unverified)))
    }
}

/// Returns the files in a folder that Docker uses for TLS. A client certificate is optional.
fn tls_in(folder: &Path, unverified: Option<Permission>) -> Tls {
    let [authority, certificate, key] = ["ca.pem", "cert.pem", "key.pem"].map(|name| folder.join(name));
    let identity = (certificate.exists() && key.exists()).then_some(Identity { certificate, key });
    Tls { unverified, authorities: vec![authority], found: Vec::new(), identity }
}

#[cfg(test)]
mod tests {
    use super::super::{Environment, Options};
    use super::*;

    fn found(environment: &Environment) -> Result<EngineHost, Error> {
        Config::load(Options::default(), environment).unwrap().engine()
    }

    fn name_of(host: &str) -> String {
        let environment = Environment { docker_host: Some(host.to_owned()), ..Environment::default() };
        found(&environment).map_or_else(|error| error.to_string(), |engine| engine.name)
    }

    /// `printf remote | sha256sum`
    const REMOTE: &str = "b71199ebd070b36beab7317920c2c2f1d777df8d05e5527d8458fda57cb17a7a";

    /// Creates a home folder with a context, which is the current one.
    fn home_with(meta: &str) -> (tempfile::TempDir, Environment) {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".docker/contexts/meta").join(REMOTE);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("meta.json"), meta).unwrap();
        std::fs::write(home.path().join(".docker/config.json"), r#"{"currentContext": "remote"}"#).unwrap();
        let environment = Environment { home: Some(home.path().to_owned()), ..Environment::default() };
        (home, environment)
    }

    #[test]
    fn addresses_are_read_as_docker_reads_them() {
        for (host, expected) in [
            ("unix:///run/user/1000/docker.sock", "unix:///run/user/1000/docker.sock"),
            ("unix://", "unix:///var/run/docker.sock"),
            (" tcp://build.lab:2375 ", "tcp://build.lab:2375"),
            ("tcp://build.lab", "tcp://build.lab:2375"),
            ("build.lab:4243/engine/", "tcp://build.lab:4243/engine"),
            ("tcp://", "tcp://localhost:2375"),
            ("tcp://:4243", "tcp://localhost:4243"),
            ("tcp://[::1]:4243", "tcp://[::1]:4243"),
            ("tcp://[::1]", "tcp://[::1]:2375"),
            ("http://a:1", "invalid bind address format: http://a:1"),
            ("unix://tcp://a", "invalid bind address format: unix://tcp://a"),
            ("tcp://user:pw@a:1", "invalid bind address format"),
            ("tcp://a:99999", "invalid bind address format: tcp://a:99999"),
            ("tcp://::1", "invalid bind address format: tcp://::1"),
        ] {
            assert!(name_of(host).starts_with(expected), "{host}: {}", name_of(host));
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        for address in
            ["tcp://user:hunter2@a:1", "ssh://user:hunter2@a", "user:hunter2@a", "npipe://u:hunter2@a"]
        {
            let shown = name_of(address);
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn what_cannot_be_reached_from_here_is_refused() {
        let environment =
            |host: &str| Environment { docker_host: Some(host.into()), ..Environment::default() };
        let by_ssh = found(&environment("ssh://me:hunter2@build"));
        assert!(matches!(by_ssh, Err(Error::EngineBySsh { server, .. }) if server == "me@build"));
        let pipe = found(&environment("npipe:////./pipe/docker_engine"));
        assert!(matches!(pipe, Err(Error::EngineScheme { scheme, .. }) if scheme == "npipe"));
    }

    #[test]
    fn docker_host_goes_before_docker_context_and_that_before_the_current_one() {
        let meta = r#"{"Name": "remote", "Endpoints": {"docker": {"Host": "tcp://build.lab:1"}}}"#;
        let (_home, current) = home_with(meta);
        let by_default = Environment { docker_context: Some("default".into()), ..current.clone() };
        let by_host = Environment { docker_host: Some("unix:///a".into()), ..by_default.clone() };
        let missing = Environment { docker_context: Some("nosuch".into()), ..current.clone() };

        assert_eq!(found(&current).unwrap().name, "tcp://build.lab:1");
        assert_eq!(found(&by_default).unwrap().name, "unix:///var/run/docker.sock");
        assert_eq!(found(&by_host).unwrap().name, "unix:///a");
        assert!(matches!(found(&missing), Err(Error::NoContext { name, .. }) if name == "nosuch"));
        assert_eq!(found(&Environment::default()).unwrap().name, "unix:///var/run/docker.sock");
    }

    #[test]
    fn tls_is_spoken_where_there_is_something_to_speak_it_with() {
        let meta = r#"{"Endpoints": {"docker": {"Host": "tcp://build.lab", "SkipTLSVerify": false}}}"#;
        let (home, context) = home_with(meta);
        let folder = home.path().join(".docker/contexts/tls").join(REMOTE).join("docker");
        std::fs::create_dir_all(&folder).unwrap();
        for file in ["ca.pem", "cert.pem", "key.pem"] {
            std::fs::write(folder.join(file), "").unwrap();
        }
        let verified = Environment {
            docker_host: Some("tcp://build.lab".into()),
            docker_tls_verify: true,
            docker_cert_path: Some("/certificates".into()),
            ..context.clone()
        };
        let unverified = Environment { docker_tls_verify: false, docker_tls: true, ..verified.clone() };

        let tls = |environment| match found(&environment).unwrap() {
            EngineHost { name, address: EngineAddress::Tcp { tls, .. } } if name.ends_with(":2376") => {
                tls.unwrap()
            }
            other => panic!("{other:?}"),
        };
        let by_context = tls(context);
        assert_eq!(by_context.identity.unwrap().key, folder.join("key.pem"));
        assert!(by_context.unverified.is_none());
        let by_environment = tls(verified);
        assert_eq!(by_environment.authorities, [PathBuf::from("/certificates/ca.pem")]);
        assert!(by_environment.is_verified() && by_environment.identity.is_none());
        assert!(!tls(unverified).is_verified());
    }

    #[test]
    fn a_broken_context_says_which_file_it_is() {
        let (_home, environment) = home_with("[");
        let error = found(&environment).unwrap_err().to_string();
        assert!(error.starts_with("Error parsing config file (") && error.ends_with("meta.json)"), "{error}");
    }
}
