//! `mirror test` ranks the servers of a registry, and writes the order.

use std::fs;

use crate::support::{Api, Fixture, Home, Kind, Proxy};

/// Enough for a speed.
const LAYER: usize = 300 << 10;

const ROW: &str = "{{.Mirror}}|{{.Manifest}}|{{.Tag}}|{{.Verdict}}";

fn config(home: &Home) -> std::path::PathBuf {
    let folder = home.path().join(".config/regcli");
    fs::create_dir_all(&folder).unwrap();
    folder.join("config.toml")
}

/// The rows of `mirror test` with an image, without those of the registries themselves.
fn rows(home: &Home, arguments: &[&str]) -> Vec<String> {
    let all = ["mirror", "test", "--format", ROW].iter().chain(arguments).copied();
    let tested = home.run(all).succeeds();
    tested.stdout.lines().filter(|row| !row.starts_with("(the registry)")).map(str::to_owned).collect()
}

#[test]
fn servers_are_ranked_by_speed_and_compared_with_the_registry() {
    for kind in Kind::present() {
        let (registry, stale) = (kind.open(), kind.open());
        let fixture = Fixture::heavy(LAYER);
        Api::of(registry.host(), "team/app").seed(&fixture, "1");
        Api::of(stale.host(), "team/app").seed(&Fixture::heavy(2 * LAYER), "1");
        let (fast, slow, old) =
            (Proxy::before(registry.host()), Proxy::before(registry.host()), Proxy::before(stale.host()));
        slow.slow_down(400_000);
        old.slow_down(100_000);
        let origin = Proxy::before(registry.host());
        let home = Home::fresh();
        let url = |proxy: &Proxy| format!("http://{}", proxy.host());
        let before = format!(
            "# mine\n[registry.\"{}\"]\nmirrors = [\n  \"http://127.0.0.1:1\", # gone\n  {:?}, # old\n  {{ url = {:?} }}, # slow\n  {:?} # fast\n]\n",
            origin.host(),
            url(&old),
            url(&slow),
            url(&fast),
        );
        fs::write(config(&home), &before).unwrap();
        let image = format!("{}/team/app:1", origin.host());

        let ranked = rows(&home, &["--image", &image, "--write"]);

        assert_eq!(ranked[0], format!("{}|yes|current|works", url(&fast)), "{ranked:#?}");
        assert_eq!(ranked[1], format!("{}|yes|current|works", url(&slow)), "{ranked:#?}");
        assert!(ranked[2].starts_with(&format!("{}|yes|other", url(&old))), "{ranked:#?}");
        assert!(ranked[3].starts_with("http://127.0.0.1:1|-|-|Get "), "{ranked:#?}");
        let asked: Vec<_> =
            origin.exchanges().iter().map(|seen| (seen.method.clone(), seen.path.clone())).collect();
        let manifests: Vec<_> = asked.iter().filter(|(_, path)| path.contains("/manifests/")).collect();
        assert!(manifests.len() == 1 && manifests[0].0 == "HEAD", "no pull is counted: {asked:#?}");
        let after = format!(
            "# mine\n[registry.\"{}\"]\nmirrors = [\n  {:?}, # fast\n  {{ url = {:?} }}, # slow\n  {:?}, # old\n  \"http://127.0.0.1:1\" # gone\n]\n",
            origin.host(),
            url(&fast),
            url(&slow),
            url(&old),
        );
        assert_eq!(fs::read_to_string(config(&home)).unwrap(), after);
    }
}

#[test]
fn a_written_file_keeps_its_permissions_and_its_link() {
    use std::os::unix::fs::PermissionsExt as _;
    let registry = Kind::Embedded.open();
    Api::of(registry.host(), "team/app").seed(&Fixture::small(), "1");
    let home = Home::fresh();
    let real = home.path().join("dotfiles.toml");
    fs::write(&real, "").unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink(&real, config(&home)).unwrap();
    let proxy = Proxy::before(registry.host());
    let text = format!(
        "[registry.\"{}\"]\nmirrors = [\"http://127.0.0.1:1\", \"http://{}\"]\n",
        registry.host(),
        proxy.host()
    );
    fs::write(&real, text).unwrap();
    let image = format!("{}/team/app:1", registry.host());

    let first = home.run(["mirror", "test", "--image", &image, "--write"]).succeeds();
    let again = home.run(["mirror", "test", "--image", &image, "--write"]).succeeds();

    assert!(first.stderr.contains("Ordered the mirrors of"), "{}", first.stderr);
    assert!(again.stderr.contains("The order of mirrors in config.toml is unchanged"), "{}", again.stderr);
    assert!(config(&home).symlink_metadata().unwrap().is_symlink());
    assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    assert!(
        fs::read_to_string(&real)
            .unwrap()
            .contains(&format!("[\"http://{}\", \"http://127.0.0.1:1\"]", proxy.host()))
    );
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    let home = Home::fresh();
    for arguments in [
        &["mirror", "test", "--write", "https://m.example"][..],
        &["mirror", "test", "--registry", "r.example", "--image", "r.example/x"],
        &["mirror", "test", "--registry", "a b"],
        &["mirror", "list", "--registry", "a b"],
    ] {
        home.run(arguments).ends_with(125).prints("");
    }
    home.run(["mirror", "test", "--registry", "r.example"])
        .ends_with(1)
        .complains("error: no mirror of r.example is configured");
}

/// An image with a layer that is large enough for a speed, built at this time.
fn built(created: &str) -> Fixture {
    let config =
        serde_json::json!({"architecture": "amd64", "os": "linux", "created": created, "config": {}});
    Fixture::with_config(config, &[vec![7; LAYER]])
}

#[test]
fn a_stale_mirror_is_behind_by_the_time_between_the_builds_and_the_registry_has_a_speed_nevertheless() {
    for kind in Kind::present() {
        let (registry, stale) = (kind.open(), kind.open());
        Api::of(registry.host(), "team/app").seed(&built("2026-09-21T08:30:00Z"), "1");
        Api::of(stale.host(), "team/app").seed(&built("2026-09-11T08:30:00Z"), "1");
        let home = Home::fresh();
        let mirror = format!("http://{}", stale.host());
        let text = format!("[registry.\"{}\"]\nmirrors = [{mirror:?}]\n", registry.host());
        fs::write(config(&home), text).unwrap();
        let image = format!("{}/team/app:1", registry.host());

        let tested = home
            .run(["mirror", "test", "--image", &image, "--format", "{{.Mirror}}|{{.Tag}}|{{.Speed}}"])
            .succeeds();

        let rows: Vec<_> = tested.stdout.lines().collect();
        assert!(rows[0].starts_with("(the registry)|current|") && rows[0].ends_with("/s"), "{rows:?}");
        assert!(rows[1].starts_with(&format!("{mirror}|10 days behind|")), "{rows:?}");
    }
}

#[test]
fn the_list_for_every_registry_is_shown_and_ordered_with_its_comments() {
    let registry = Kind::Embedded.open();
    Api::of(registry.host(), "team/app").seed(&Fixture::small(), "1");
    let home = Home::fresh();
    let dead = "{ url = \"http://127.0.0.1:1\", namespace = true }";
    let good = format!("{{ url = \"http://{}\", namespace = true }}", registry.host());
    let text =
        |first: &str, second: &str| format!("# of all\nmirrors = [\n  {first}\n  {second}\n]\njobs = 2\n");
    fs::write(config(&home), text(&format!("{dead}, # gone"), &format!("{good}, # near"))).unwrap();

    let listed = home.run(["mirror", "list", "--format", "{{.Registry}} {{.Mirror}}"]).succeeds();
    let shown = |host: &str| format!("* http://{host}?ns={{host}}\n");
    assert!(listed.stdout.ends_with(&(shown("127.0.0.1:1") + &shown(registry.host()))), "{}", listed.stdout);
    let test = ["mirror", "test", "--image", "registry.invalid/team/app:1", "--write"];
    let tested = home.run(test).succeeds();

    tested
        .complains("Ordered the mirrors of every registry in config.toml, as they are for registry.invalid");
    let expected = text(&format!("{good}, # near"), &format!("{dead}, # gone"));
    assert_eq!(fs::read_to_string(config(&home)).unwrap(), expected);
    home.run(test).succeeds().complains("The order of mirrors in config.toml is unchanged");
}
