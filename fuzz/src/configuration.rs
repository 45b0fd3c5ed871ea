//! regcli's own config.toml, Docker's daemon.json, containerd's hosts.toml and podman's registries.conf.

use std::fs;
use std::path::Path;

use regcli::config::{Config, Environment, Error, Mirror, Options, Transport};
use regcli::reference::Registry;

/// Registries that both files may configure.
const REGISTRIES: [&str; 4] = ["docker.io", "registry.example.com:5000", "127.0.0.1:5000", "[::1]"];

/// A broken file is an error or a warning with a position in the file. No file makes Docker Hub
/// insecure.
pub fn check(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    own(data, folder.path());
    daemon(data, folder.path());
    for path in ["containerd/certs.d/docker.io/hosts.toml", "containerd/certs.d/_default/hosts.toml"] {
        foreign(data, &folder.path().join("hosts"), path);
    }
    foreign(data, &folder.path().join("podman"), "containers/registries.conf");
}

fn own(data: &[u8], folder: &Path) {
    let path = folder.join("config.toml");
    fs::write(&path, data).expect("the folder can be written");
    let environment =
        Environment { home: Some(folder.to_owned()), regcli_config: Some(path), ..Environment::default() };
    match Config::load(Options::default(), &environment) {
        Ok(config) => endpoints(&config),
        Err(Error::Own { line, column, .. }) => {
            let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
            assert!((1..=lines.len()).contains(&line));
            assert!((1..=lines[line - 1].len() + 1).contains(&column));
        }
        Err(error) => panic!("a file of {} bytes: {error}", data.len()),
    }
}

fn daemon(data: &[u8], folder: &Path) {
    let path = folder.join("docker");
    fs::create_dir(&path).and_then(|()| fs::write(path.join("daemon.json"), data)).expect("as before");
    let environment = Environment { etc: Some(folder.to_owned()), ..Environment::default() };
    let config = Config::load(Options::default(), &environment).expect("Docker's file stops nothing");
    endpoints(&config);
}

fn foreign(data: &[u8], etc: &Path, path: &str) {
    let path = etc.join(path);
    let folder = path.parent().expect("it has one");
    fs::create_dir_all(folder).and_then(|()| fs::write(&path, data)).expect("as before");
    let environment = Environment { etc: Some(etc.to_owned()), ..Environment::default() };
    let config =
        Config::load(Options::default(), &environment).expect("another program's file stops nothing");
    endpoints(&config);
    let repository = "library/ubuntu".parse().expect("a repository");
    for endpoint in config.mirrors().iter().filter_map(|named| config.mirror(named).ok()) {
        let name = endpoint.naming.of(&repository);
        assert!(name.is_none_or(|name| !name.as_str().contains("..")));
    }
}

fn endpoints(config: &Config) {
    for named in config.mirrors() {
        let address = named.mirror.to_string();
        let again: Mirror = address.parse().expect("its own address");
        assert_eq!(again.to_string(), address);
        assert!(config.mirror(&named).is_ok_and(|endpoint| endpoint.mirror));
    }
    for name in REGISTRIES {
        let registry = Registry::from_server(name).expect("a registry");
        let host = config.host(&registry).expect("there are no certificates");
        let (origin, mirrors) = (&host.origin, &host.mirrors);
        assert!(!origin.mirror && mirrors.iter().all(|endpoint| endpoint.mirror));
        assert!(!registry.is_hub() || origin.tls.is_verified() && origin.transport == Transport::Https);
        for endpoint in mirrors.iter().chain([origin]) {
            let has_secret = |text: &str| text.contains(['@', '?', '#']);
            assert!(!has_secret(&endpoint.host) && !endpoint.prefix.contains(['?', '#']));
            assert!(endpoint.headers.iter().all(|(_, value)| !value.contains(['\r', '\n'])));
        }
    }
}
