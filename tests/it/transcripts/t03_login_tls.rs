//! Transcript 03: logins at registries that speak TLS with a certificate of the lab's own authority.

use std::fs;
use std::path::PathBuf;

use crate::support::{Authority, DockerRegistry, Home, Kind, Outcome, Registry, Tunnel, missing};
use crate::words::Recording;

use super::{UNENCRYPTED, login, recording};

/// A registry behind a name that is no loopback address, and what stands for `/etc`.
struct Lab {
    home: Home,
    tunnel: Tunnel,
    host: String,
}

impl Lab {
    fn before(host: &str, name: &str) -> Self {
        Self { home: Home::fresh(), tunnel: Tunnel::to(host), host: host.replace("127.0.0.1", name) }
    }

    /// The registry's folder in certs.d.
    fn certs_d(&self) -> PathBuf {
        let folder = self.home.path().join("etc/docker/certs.d").join(&self.host);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn login(&self, password: &str) -> Outcome {
        let (variable, proxy) = self.tunnel.env();
        self.home
            .regcli(["login", "-u", "user1", "--password-stdin", &self.host])
            .env(variable, proxy)
            .env("REGCLI_ETC", self.home.path().join("etc"))
            .stdin(password)
            .run()
    }

    #[track_caller]
    fn check(&self, outcome: &Outcome, expected: &str) {
        let etc = self.home.path().join("etc");
        Recording::at(&self.home)
            .with(etc.display(), "ETC")
            .with(&self.host, "HOST")
            .check(outcome, expected);
    }
}

/// A registry that wants a password, behind TLS.
fn guarded(authority: &Authority) -> (Registry, crate::support::Proxy) {
    let registry = Kind::Embedded.open();
    let proxy = crate::support::Proxy::tls(
        registry.host(),
        crate::support::Gate::password("user1", "s3cret"),
        &authority.issue(&["registry.test", "localhost", "127.0.0.1"]),
    );
    (registry, proxy)
}

#[test]
fn transcript_03_an_authority_that_certs_d_does_not_know_and_then_knows() {
    let authority = Authority::new();
    let (_registry, proxy) = guarded(&authority);
    let lab = Lab::before(&proxy.host(), "registry.test");
    lab.check(
        &lab.login("s3cret"),
        "err| error: Get \"https://HOST/v2/\": x509: certificate signed by unknown authority
         err|
         err| hint: name the authority's certificate with --ca-file, or store it as /etc/docker/certs.d/HOST/ca.crt
         exit 5",
    );
    fs::copy(authority.certificate(), lab.certs_d().join("ca.crt")).unwrap();
    lab.check(
        &lab.login("wrong"),
        "err| error: HOST refused user user1: wrong name or password
         err|   caused by: login attempt to https://HOST/v2/ failed with status: 401 Unauthorized
         err|
         err| hint: check the name and the password; with two-factor login or single sign-on, use an access token as the password
         exit 4",
    );
    lab.check(&lab.login("s3cret"), &format!("out| Login Succeeded\n{UNENCRYPTED}\nexit 0"));
}

#[test]
fn transcript_03_a_loopback_registry_is_not_verified() {
    let authority = Authority::new();
    let (_registry, proxy) = guarded(&authority);
    let home = Home::fresh();
    let recording = recording(&home, proxy.host());
    recording.check(
        &login(&home, "user1", "s3cret", &proxy.host()),
        &format!("out| Login Succeeded\n{UNENCRYPTED}\nexit 0"),
    );
    recording.check(&home.run(["logout", &proxy.host()]), "out| Removing login credentials for HOST\nexit 0");
}

#[test]
fn transcript_03_a_certificate_for_other_names() {
    let authority = Authority::new();
    let (_registry, proxy) = guarded(&authority);
    let lab = Lab::before(&proxy.host(), "plain.test");
    fs::copy(authority.certificate(), lab.certs_d().join("ca.crt")).unwrap();
    lab.check(
        &lab.login("s3cret"),
        "err| error: Get \"https://HOST/v2/\": x509: certificate is valid for registry.test, localhost, 127.0.0.1, \
         not plain.test
         exit 5",
    );
    assert!(!lab.home.docker_config().exists());
}

#[test]
fn transcript_03_a_registry_that_wants_client_certificates() {
    if missing("docker-registry") {
        return;
    }
    let authority = Authority::new();
    let registry = DockerRegistry::with_client_certificates(&authority);
    let lab = Lab::before(registry.host(), "registry.test");
    let folder = lab.certs_d();
    fs::copy(authority.certificate(), folder.join("ca.crt")).unwrap();
    lab.check(
        &lab.login("p"),
        "err| error: Get \"https://HOST/v2/\": remote error: tls: bad certificate
         err|
         err| hint: HOST requires a client certificate: name one with --cert and --key, or store it as \
         /etc/docker/certs.d/HOST/client.cert with client.key
         exit 5",
    );
    let client = authority.issue(&["client"]);
    fs::copy(&client.certificate, folder.join("client.cert")).unwrap();
    lab.check(
        &lab.login("p"),
        "err| error: missing key client.key for client certificate client.cert. CA certificates must use the \
         extension .crt
         err|
         err| hint: check HOME/etc/docker/certs.d/HOST and its permissions
         exit 1",
    );
    fs::copy(&client.key, folder.join("client.key")).unwrap();
    fs::remove_file(folder.join("client.cert")).unwrap();
    lab.check(
        &lab.login("p"),
        "err| error: missing client certificate client.cert for key client.key
         err|
         err| hint: check HOME/etc/docker/certs.d/HOST and its permissions
         exit 1",
    );
    fs::copy(&client.certificate, folder.join("client.cert")).unwrap();
    // Docker's registry asks for no password here: any is taken, and that is said.
    lab.check(
        &lab.login("p"),
        &format!(
            "out| Login Succeeded
             err| WARNING: HOST does not ask for credentials; they are stored unchecked
             {UNENCRYPTED}
             exit 0"
        ),
    );
}
