//! Registries that speak TLS with a certificate of nobody whom everybody trusts.

use std::fs;

use crate::support::{Authority, Fixture, Home, Kind, Outcome, Registry, Tunnel};

use super::{assert_kept, keep, parts};

at_every_registry! {
    a_given_authority_is_trusted,
    an_authority_in_certs_d_is_trusted,
    an_authority_in_config_toml_is_trusted,
    an_unknown_authority_is_not_trusted,
    an_unknown_authority_is_not_trusted_on_loopback_either_if_it_is_to_be_verified,
    a_loopback_registry_need_not_be_verified,
    insecure_means_unverified,
}

/// A registry with a certificate of an own authority.
struct Trusted {
    registry: Registry,
    authority: Authority,
    tunnel: Tunnel,
    home: Home,
}

impl Trusted {
    fn open(kind: Kind) -> Self {
        let authority = Authority::new();
        let registry = kind.with_tls(&authority);
        let tunnel = Tunnel::to(registry.host());
        Self { registry, authority, tunnel, home: Home::fresh() }
    }

    /// `registry.test:PORT`: what is no loopback address has to be verified.
    fn name(&self) -> String {
        self.registry.host().replace("127.0.0.1", "registry.test")
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Outcome {
        let (variable, proxy) = self.tunnel.env();
        self.home.regcli(arguments).env(variable, proxy).env("REGCLI_ETC", self.etc()).run()
    }

    /// What stands for `/etc`.
    fn etc(&self) -> std::path::PathBuf {
        self.home.path().join("etc")
    }

    /// Pushes, lists and pulls with these flags in front.
    #[track_caller]
    fn works(&self, registry: &str, flags: &[&str]) {
        let fixture = Fixture::multi_platform();
        let image = format!("{registry}/team/app:1");
        let run = |arguments: &[&str]| self.run(&[flags, arguments].concat()).succeeds();
        keep(&self.home, &fixture, &image);
        run(&["push", &image])
            .prints_line(&format!("1: digest: {} size: {}", fixture.root.digest, fixture.root.size));
        run(&["catalog", registry]).prints("team/app\n");
        run(&["rmi", &image]);
        run(&["pull", "--all-platforms", &image]);
        assert_kept(&self.home, &fixture, parts(&fixture));
    }
}

fn a_given_authority_is_trusted(kind: Kind) {
    let there = Trusted::open(kind);
    let ca = there.authority.certificate();
    there.works(&there.name(), &["--ca-file", ca.to_str().unwrap()]);
}

fn an_authority_in_certs_d_is_trusted(kind: Kind) {
    let there = Trusted::open(kind);
    let folder = there.etc().join("docker/certs.d").join(there.name());
    fs::create_dir_all(&folder).unwrap();
    fs::copy(there.authority.certificate(), folder.join("ca.crt")).unwrap();
    there.works(&there.name(), &[]);
}

fn an_authority_in_config_toml_is_trusted(kind: Kind) {
    let there = Trusted::open(kind);
    let folder = there.home.path().join(".config/regcli");
    fs::create_dir_all(&folder).unwrap();
    let ca = there.authority.certificate();
    let config = format!("[registry.\"{}\"]\nca = {:?}\n", there.name(), ca.to_str().unwrap());
    fs::write(folder.join("config.toml"), config).unwrap();
    there.works(&there.name(), &[]);
}

#[track_caller]
fn refuses(there: &Trusted, registry: &str, flags: &[&str]) {
    let image = format!("{registry}/team/app:1");
    let hint = format!(
        "hint: name the authority's certificate with --ca-file, or store it as /etc/docker/certs.d/{registry}/ca.crt"
    );
    keep(&there.home, &Fixture::small(), &image);
    for arguments in [["pull", &image], ["push", &image], ["catalog", registry]] {
        let refused = there.run(&[flags, &arguments].concat()).ends_with(5);
        refused.complains("x509: certificate signed by unknown authority").complains(&hint);
    }
}

fn an_unknown_authority_is_not_trusted(kind: Kind) {
    let there = Trusted::open(kind);
    refuses(&there, &there.name(), &[]);
    let other = Authority::new().certificate();
    // Its folder is gone, and so is the file: that is said, too.
    let missing = there.run(&["--ca-file", other.to_str().unwrap(), "catalog", &there.name()]);
    assert_ne!(missing.code, 0, "{missing}");
    let other = Authority::new();
    refuses(&there, &there.name(), &["--ca-file", other.certificate().to_str().unwrap()]);
}

fn an_unknown_authority_is_not_trusted_on_loopback_either_if_it_is_to_be_verified(kind: Kind) {
    let there = Trusted::open(kind);
    let other = Authority::new();
    refuses(&there, there.registry.host(), &["--ca-file", other.certificate().to_str().unwrap()]);
    let right = there.authority.certificate();
    there.works(there.registry.host(), &["--ca-file", right.to_str().unwrap()]);
}

fn a_loopback_registry_need_not_be_verified(kind: Kind) {
    let there = Trusted::open(kind);
    there.works(there.registry.host(), &[]);
}

fn insecure_means_unverified(kind: Kind) {
    let there = Trusted::open(kind);
    there.works(&there.name(), &["--insecure"]);
}
