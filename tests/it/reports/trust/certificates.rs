//! Certificates made by the recipes that people are taught, wherever they are put.

use std::fs;
use std::path::PathBuf;

use crate::support::{DockerRegistry, Fixture, Home, Openssl, Outcome, Pair, Tunnel, missing};

/// What a certificate is for: what is no loopback address has to be verified.
const HOST: &str = "registry.test";

/// The extension that says so.
const NAME: &str = "subjectAltName=DNS:registry.test,IP:10.1.2.3";

/// A registry with a certificate, and somebody who has put something into a trusted set.
struct Scene {
    registry: DockerRegistry,
    tunnel: Tunnel,
    home: Home,
}

/// Where a certificate is trusted.
#[derive(Clone, Copy, Debug)]
enum Place {
    CertsD,
    Flag,
    Variable,
    ConfigToml,
}

const PLACES: [Place; 4] = [Place::CertsD, Place::Flag, Place::Variable, Place::ConfigToml];

/// Whether a tool is missing.
fn without_tools() -> bool {
    missing("docker-registry") || missing("openssl") || missing("faketime")
}

impl Scene {
    fn new(shown: &Pair) -> Self {
        let registry = DockerRegistry::with_certificate(&shown.certificate, &shown.key);
        let tunnel = Tunnel::to(registry.host());
        Self { registry, tunnel, home: Home::fresh() }
    }

    /// `registry.test:PORT`
    fn host(&self) -> String {
        self.registry.host().replace("127.0.0.1", HOST)
    }

    fn certs_d(&self) -> PathBuf {
        let folder = self.home.path().join("etc/docker/certs.d").join(self.host());
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Puts a certificate into certs.d, as `ca.crt`.
    fn trusting(self, trusted: &Pair) -> Self {
        fs::copy(trusted.certificate(), self.certs_d().join("ca.crt")).unwrap();
        self
    }

    /// Runs a command that trusts this certificate at this place only.
    #[track_caller]
    fn run_trusting(&self, trusted: &Pair, place: Place, command: &[&str]) -> Outcome {
        let path = trusted.certificate().to_str().unwrap();
        let config = self.home.path().join("trust.toml");
        fs::write(&config, format!("[registry.\"{}\"]\nca = {path:?}\n", self.host())).unwrap();
        let (variable, proxy) = self.tunnel.env();
        let etc = self.home.path().join("etc");
        match place {
            Place::Flag => self.home.regcli([&["--ca-file", path], command].concat()),
            Place::Variable => self.home.regcli(command).env("SSL_CERT_FILE", path),
            Place::ConfigToml => self.home.regcli(command).env("REGCLI_CONFIG", &config),
            Place::CertsD => {
                fs::copy(path, self.certs_d().join("ca.crt")).unwrap();
                self.home.regcli(command).env("REGCLI_ETC", &etc)
            }
        }
        .env(variable, proxy)
        .stdin("hunter2")
        .run()
    }

    #[track_caller]
    fn run(&self, command: &[&str]) -> Outcome {
        let (variable, proxy) = self.tunnel.env();
        let run =
            self.home.regcli(command).env(variable, proxy).env("REGCLI_ETC", self.home.path().join("etc"));
        run.stdin("hunter2").run()
    }

    /// That everything goes through with a certificate that is trusted at each place.
    #[track_caller]
    fn works(&self, trusted: &Pair) {
        let (host, fixture) = (self.host(), Fixture::small());
        let image = format!("{host}/team/app:1");
        self.home.run(["copy", "-q", &fixture.place(), &format!("store:{image}")]).succeeds();
        for place in PLACES {
            let run = |command: &[&str]| self.run_trusting(trusted, place, command).succeeds();
            run(&["push", "-q", &image]);
            run(&["pull", "-q", &image]);
            run(&["login", "-u", "demo", "--password-stdin", &host]);
            let told = run(&["doctor", &host]);
            assert!(told.stdout.contains("certificate by"), "{place:?}: {told}");
            if let Place::CertsD = place {
                fs::remove_file(self.certs_d().join("ca.crt")).unwrap();
            }
        }
    }

    /// That nothing goes through, for this reason, which `doctor` tells, too.
    #[track_caller]
    fn refuses(&self, words: &str) {
        let host = self.host();
        for command in [
            &["pull", &format!("{host}/team/app:1")][..],
            &["login", "-u", "demo", "--password-stdin", &host],
            &["doctor", &host],
        ] {
            let outcome = self.run(command).ends_with(5);
            let said = outcome.stdout.clone() + &outcome.stderr;
            assert!(!said.contains("Other"), "{outcome}");
            if command[0] != "doctor" {
                outcome.complains(words);
            }
        }
    }

    /// What `doctor` says.
    #[track_caller]
    fn doctor(&self) -> String {
        self.run(&["doctor", &self.host()]).stdout
    }
}

#[test]
fn r1_a_self_signed_certificate_of_the_tutorials_is_trusted_where_it_was_put() {
    if without_tools() {
        return;
    }
    let openssl = Openssl::new();
    let own = openssl.self_signed(HOST, &[NAME]);
    Scene::new(&own).works(&own);
}

#[test]
fn r1_a_leaf_that_is_marked_as_an_authority_is_trusted_by_its_authority_and_by_itself() {
    if without_tools() {
        return;
    }
    let openssl = Openssl::new();
    let authority = openssl.self_signed("Own CA", &[]);
    let leaf = openssl.signed(HOST, &authority, &format!("basicConstraints=CA:TRUE\n{NAME}"));
    let scene = Scene::new(&leaf);
    scene.works(&authority);
    scene.works(&leaf);
    // An authority of the same name, with another key.
    scene
        .trusting(&openssl.self_signed("Own CA", &[]))
        .refuses("x509: certificate signed by unknown authority");
}

#[test]
fn r1_a_certificate_of_an_authority_that_nobody_knows_can_be_trusted_itself() {
    if without_tools() {
        return;
    }
    let openssl = Openssl::new();
    let authority = openssl.self_signed("Own CA", &[]);
    let leaf = openssl.signed(HOST, &authority, NAME);
    let scene = Scene::new(&leaf);
    scene.refuses("x509: certificate signed by unknown authority");
    scene.works(&leaf);
    scene.works(&authority);
}

#[test]
fn r1_a_self_signed_certificate_that_was_not_put_there_is_refused() {
    if without_tools() {
        return;
    }
    let openssl = Openssl::new();
    let [own, twin] = [(); 2].map(|()| openssl.self_signed(HOST, &[NAME]));
    Scene::new(&own).refuses("x509: certificate signed by unknown authority");
    Scene::new(&own).trusting(&twin).refuses("x509: certificate signed by unknown authority");
}

#[test]
fn r1_a_trusted_certificate_that_is_no_authority_vouches_only_for_itself() {
    if without_tools() {
        return;
    }
    let openssl = Openssl::new();
    for constraint in ["basicConstraints=critical,CA:FALSE\n", ""] {
        let own = openssl.self_signed_with_only(HOST, &format!("{constraint}{NAME}"));
        let signed = openssl.signed(HOST, &own, NAME);
        Scene::new(&signed).trusting(&own).refuses("x509: certificate signed by unknown authority");
        Scene::new(&own).works(&own);
    }
}

#[test]
fn r1_name_and_dates_of_a_trusted_certificate_count() {
    if without_tools() {
        return;
    }
    let openssl = Openssl::new();
    let elsewhere = openssl.self_signed("other.test", &["subjectAltName=DNS:other.test"]);
    Scene::new(&elsewhere)
        .trusting(&elsewhere)
        .refuses("x509: certificate is valid for other.test, not registry.test");

    let authority = openssl.self_signed("Own CA", &[]);
    let of_authority = format!("basicConstraints=CA:TRUE\n{NAME}");
    for extensions in [NAME, &of_authority] {
        let over = openssl.signed_in_2020(HOST, &authority, extensions);
        for trusted in [&over, &authority] {
            let scene = Scene::new(&over).trusting(trusted);
            scene.refuses("x509: certificate has expired or is not yet valid: current time 20");
            scene.refuses(" is after 2020-01-31T00:00:0");
            assert!(scene.doctor().contains("was valid until 2020-01-31T00:00:0"), "{}", scene.doctor());
        }
    }
}

#[test]
fn r1_what_is_wrong_with_a_certificate_is_said_in_words() {
    if without_tools() {
        return;
    }
    let openssl = Openssl::new();
    let authority = openssl.self_signed("Own CA", &[]);
    let wrong = [
        (String::new(), "x509: certificate is of version 1, which has no subject alternative name"),
        (
            format!("extendedKeyUsage=clientAuth\n{NAME}"),
            "x509: certificate specifies an incompatible key usage: its extended key usage is not for servers",
        ),
        (format!("1.2.3.4=critical,DER:05:00\n{NAME}"), "x509: unhandled critical extension 1.2.3.4"),
        (
            "basicConstraints=CA:FALSE".to_owned(),
            "x509: certificate relies on legacy Common Name field, use SANs instead",
        ),
    ];
    for (extensions, words) in wrong {
        let shown = openssl.signed(HOST, &authority, &extensions);
        for trusted in [&authority, &shown] {
            let scene = Scene::new(&shown).trusting(trusted);
            scene.refuses(words);
            let told = scene.doctor();
            assert!(told.contains(words) && told.contains("a new certificate"), "{told}");
        }
    }
}

#[test]
fn r1_a_broken_certificate_beside_a_good_one_is_warned_of() {
    if without_tools() {
        return;
    }
    let openssl = Openssl::new();
    let own = openssl.self_signed(HOST, &[NAME]);
    let scene = Scene::new(&own).trusting(&own);
    let host = scene.host();
    let broken = [
        ("empty.crt", "", "it contains no PEM certificate"),
        ("torn.crt", "-----BEGIN CERTIFICATE-----\nMIIB", "cannot use"),
        (
            "no.crt",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "it contains an invalid certificate",
        ),
    ];
    for (name, content, words) in broken {
        let path = scene.certs_d().join(name);
        fs::write(&path, content).unwrap();
        let told = scene.run(&["catalog", &host]).succeeds();
        told.complains("WARNING").complains(&path.display().to_string()).complains(words);
        fs::remove_file(path).unwrap();
    }
    // Alone it is an error, and so is one that somebody names.
    fs::write(scene.certs_d().join("ca.crt"), "").unwrap();
    scene.run(&["catalog", &host]).ends_with(1).complains("ca.crt: it contains no PEM certificate");
    let empty = scene.certs_d().join("ca.crt");
    fs::copy(own.certificate(), scene.certs_d().join("good.crt")).unwrap();
    let named = scene.run(&["--ca-file", empty.to_str().unwrap(), "catalog", &host]);
    named.ends_with(1).complains("ca.crt: it contains no PEM certificate");
}
