//! Mirrors that the files of containerd and podman name.

use std::fs;
use std::path::Path;

use crate::support::{Api, Fixture, Home, Kind, Outcome, Proxy};

/// A home with `etc` for the files of the system.
struct Machine {
    home: Home,
}

impl Machine {
    fn new() -> Self {
        Self { home: Home::fresh() }
    }

    /// Writes a file below the home folder, and returns its path.
    fn write(&self, path: &str, content: &str) -> String {
        let path = self.home.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        self.home.regcli(arguments).env("REGCLI_ETC", self.home.path().join("etc")).run()
    }

    /// The mirrors of all registries, with their files.
    fn list(&self) -> Vec<String> {
        let format = "{{.Registry}}|{{.Mirror}}|{{.Source}}";
        let listed = self.run(&["mirror", "list", "--format", format]).succeeds();
        listed.stdout.lines().map(str::to_owned).collect()
    }
}

/// The folder of a registry in containerd's certs.d, where a name has no colon.
fn folder(host: &str) -> String {
    format!("etc/containerd/certs.d/{}_/hosts.toml", host.replace(':', "_"))
}

#[test]
fn hosts_of_containerd_are_mirrors_in_the_order_of_their_file() {
    // The keys are those of containerd's docs/hosts.md.
    let machine = Machine::new();
    let file = machine.write(
        "etc/containerd/certs.d/docker.io/hosts.toml",
        r#"
server = "https://registry-1.docker.io"

[host."https://z.example"]
  capabilities = ["pull"]
  ca = ["ca.pem"]
  [host."https://z.example".header]
    x-team = ["blue", "green"]

[host."https://a.example/v2/docker.io"]
  capabilities = ["pull", "resolve"]
  override_path = true

[host."push.example"]
  capabilities = ["push"]

[host."m.example:5000/hub"]
  client = [["client.cert", "client.key"]]
"#,
    );
    let default = machine.write(
        "etc/containerd/certs.d/_default/hosts.toml",
        "[host.\"http://127.0.0.1:30020\"]\ncapabilities = [\"pull\", \"resolve\"]\n",
    );

    assert_eq!(
        machine.list(),
        [
            format!("docker.io|https://z.example?ns=docker.io|{file}"),
            format!("docker.io|https://a.example/v2/docker.io?ns=docker.io|{file}"),
            format!("docker.io|https://m.example:5000/hub?ns=docker.io|{file}"),
        ]
    );
    machine.write(".config/regcli/config.toml", "[registry.\"quay.example\"]\n");
    assert_eq!(
        machine.list().last().unwrap(),
        &format!("quay.example|http://127.0.0.1:30020?ns=quay.example|{default}")
    );
    machine.write(".config/regcli/config.toml", "mirrors-from = [\"docker\", \"podman\"]\n");
    assert_eq!(machine.list(), [] as [&str; 0]);
    let own = machine.write(
        ".config/regcli/config.toml",
        "[registry.\"docker.io\"]\nmirrors = [\"https://own.example\"]\n",
    );
    assert_eq!(machine.list(), [format!("docker.io|https://own.example|{own}")]);
}

#[test]
fn a_pull_uses_a_host_without_resolve_for_content_only() {
    let (registry, copy) = (Kind::Embedded.open(), Kind::Embedded.open());
    let fixture = Fixture::many_layers(2);
    Api::of(registry.host(), "team/app").seed(&fixture, "1");
    Api::of(copy.host(), "team/app").seed(&fixture, "other");
    let (origin, mirror) = (Proxy::before(registry.host()), Proxy::before(copy.host()));
    let machine = Machine::new();
    let hosts =
        format!("[host.\"http://{}\"]\ncapabilities = [\"pull\"]\nskip_verify = true\n", mirror.host());
    machine.write(&folder(&origin.host()), &hosts);

    machine.run(&["pull", &format!("{}/team/app:1", origin.host())]).succeeds();

    let calls: Vec<_> = origin.exchanges().iter().map(|seen| seen.method.clone()).collect();
    assert_eq!(calls, ["HEAD"]);
    let of_mirror = mirror.exchanges();
    assert!(
        !of_mirror.is_empty()
            && of_mirror
                .iter()
                .all(|seen| seen.path.ends_with(&format!("?ns={}", origin.host().replace(':', "%3A")))),
        "{of_mirror:#?}"
    );
}

#[test]
fn podmans_mirrors_have_the_paths_that_podman_would_ask_for() {
    // The keys are those of containers-registries.conf(5).
    let registry = Kind::Embedded.open();
    Api::of(registry.host(), "cache/app").seed(&Fixture::small(), "1");
    let machine = Machine::new();
    let mirror = registry.host();
    machine.write(
        "etc/containers/registries.conf",
        &format!(
            r#"
unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "r.example/team"
location = "r.example/team"
[[registry.mirror]]
location = "{mirror}/cache"
insecure = true

[[registry]]
location = "r.example/team/private"

[[registry]]
location = "blocked.example"
blocked = true
[[registry.mirror]]
location = "{mirror}"
"#
        ),
    );

    let list = machine.list();
    assert_eq!(list.len(), 1, "{list:#?}");
    assert!(list[0].starts_with(&format!("r.example|https://{mirror}/v2/cache|")), "{list:#?}");
    machine.run(&["manifest", "r.example/team/app:1"]).succeeds();
    // The registry itself is asked, which does not exist.
    for other in ["r.example/team/private/app:1", "r.example/other/app:1"] {
        machine.run(&["manifest", "--retry", "0", other]).ends_with(5);
    }
}

#[test]
fn a_users_registries_conf_replaces_the_systems_and_a_later_file_replaces_a_table() {
    let machine = Machine::new();
    let table = |location: &str, extra: &str| {
        format!(
            "[[registry]]\nlocation = \"r.example\"\n{extra}[[registry.mirror]]\nlocation = \"{location}\"\n"
        )
    };
    machine.write("etc/containers/registries.conf", &table("system.example", ""));
    let later = machine.write("etc/containers/registries.conf.d/50-x.conf", &table("later.example", ""));
    assert_eq!(machine.list(), [format!("r.example|https://later.example|{later}")]);
    let user = machine.write(
        ".config/containers/registries.conf",
        &table("user.example", "mirror-by-digest-only = true\n"),
    );
    assert_eq!(machine.list(), [format!("r.example|https://user.example|{user}")]);
    machine.write("etc/containerd/certs.d/r.example/hosts.toml", "[host.\"https://c.example\"]\n");
    assert!(
        machine.list()[0].starts_with("r.example|https://c.example?ns=r.example|"),
        "hosts.toml goes first"
    );
}

#[test]
fn a_broken_file_of_another_program_is_a_warning_with_its_place() {
    let machine = Machine::new();
    let hosts = machine.write("etc/containerd/certs.d/docker.io/hosts.toml", "server = \"x\"\nhost = 5\n");
    let podman = machine.write("etc/containers/registries.conf", "[[registry]]\nlocation = [\n");

    let listed = machine.run(&["mirror", "list"]).succeeds();

    for place in [format!("{hosts}:2:"), format!("{podman}:2:")] {
        assert!(listed.stderr.contains(&place), "{place} {}", listed.stderr);
    }
}
