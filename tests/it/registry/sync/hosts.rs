//! Several hosts over ssh apply one plan by `contrib/parallel/sync-on-hosts`, with GNU parallel and OpenSSH's server.

use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::support::{
    Api, BRIDGE, EmbeddedRegistry, Fixture, Home, Hosts, command, eventually, is_in_namespace, missing, relay,
};

/// How many repositories there are, and how many tags each of them has.
const REPOSITORIES: usize = 200;
const TAGS: usize = 10;

/// How many hosts there are.
const HOSTS: usize = 4;

/// How long a shard may take to begin.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn two_hundred_repositories_are_synchronised_by_four_hosts_of_which_one_is_killed() {
    let tools = ["parallel", "rsync", "ssh", "ssh-keygen", "sshd"];
    if tools.into_iter().any(missing) {
        return;
    }
    let name = "registry::sync::hosts::two_hundred_repositories_are_synchronised_by_four_hosts_of_which_one_is_killed";
    if !is_in_namespace(name, &[("localhost", "127.0.0.1")]) {
        return;
    }
    let (from, to, hosts, home) =
        (EmbeddedRegistry::start(), EmbeddedRegistry::start(), Hosts::start(HOSTS), Home::fresh());
    let images = images();
    seed(from.host(), &images);
    // The hosts reach both registries over the bridge.
    let [source, destination] =
        [&from, &to].map(|registry| format!("{BRIDGE}:{}", relay(BRIDGE, registry.host())));
    let plan = home.path().join("plan.json").display().to_string();
    let ends = [format!("{source}/team/"), format!("{destination}/mirror/")];
    let planning = ["--plain-http", "sync", "--plan", "-q", "--plan-out", &plan, &ends[0], &ends[1]];
    home.run(planning).ends_with(10);

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/parallel/sync-on-hosts");
    let mut applying = command("bash");
    applying.arg(&script).arg(&plan).args(hosts.addresses()).current_dir(hosts.folder());
    applying.env("HOME", home.path()).env("PARALLEL_SSH", hosts.ssh_command());
    applying
        .env("REGCLI", format!("env HOME={} {}", home.path().display(), env!("CARGO_BIN_EXE_regcli")))
        .env("REGCLI_FLAGS", "--plain-http");
    applying.env("WORKDIR", hosts.folder().join("work"));
    let said = hosts.folder().join("said");
    let log = std::fs::File::create(&said).unwrap();
    let mut applying = applying.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
    let said = || std::fs::read_to_string(&said).unwrap();

    let begun = || shard(2).filter(|_| arrived(&home, to.host()) > REPOSITORIES / 20);
    let shard = eventually(PATIENCE, begun).unwrap_or_else(|| panic!("no shard 2: {}", said()));
    kill_process(shard, Signal::KILL).unwrap();
    assert!(applying.wait().unwrap().success(), "{}", said());
    let log = std::fs::read_to_string(format!("{plan}.log")).unwrap();
    assert!(log.lines().skip(1).count() >= HOSTS, "each shard is in the log: {log}");

    // Every tag has the digest that it has at the source, and one image of each family is looked at byte by byte.
    let again = ["--plain-http", "sync", "--plan", &ends[0], &ends[1]];
    let unchanged = format!("Nothing to do: {} unchanged", REPOSITORIES * TAGS);
    assert_eq!(home.run(again).succeeds().last_line(), unchanged);
    for (number, tags) in images.iter().enumerate().step_by(10) {
        Api::of(to.host(), &format!("mirror/app{number}"))
            .holds(&tags[number % TAGS], &format!("v{}", number % TAGS));
    }
}

/// The images of all repositories. Ten repositories share a layer that no other has.
fn images() -> Vec<Vec<Fixture>> {
    let image = |repository: usize, tag: usize| {
        let layers = [
            Fixture::layer(&format!("family {}", repository / 10), 60_000),
            Fixture::layer(&format!("repository {repository}"), 3_000),
        ];
        let author = format!("{repository} {tag}");
        Fixture::with_config(json!({"architecture": "amd64", "os": "linux", "author": author}), &layers)
    };
    (0..REPOSITORIES).map(|repository| (0..TAGS).map(|tag| image(repository, tag)).collect()).collect()
}

/// Brings the images to a registry, some repositories at a time.
fn seed(host: &str, images: &[Vec<Fixture>]) {
    thread::scope(|scope| {
        for (part, repositories) in images.chunks(REPOSITORIES / 8).enumerate() {
            scope.spawn(move || {
                for (number, tags) in repositories.iter().enumerate() {
                    let api = Api::of(host, &format!("team/app{}", part * (REPOSITORIES / 8) + number));
                    let blobs =
                        tags.iter().flat_map(|image| image.blobs.iter().map(move |blob| (image, blob)));
                    let mut seen = std::collections::BTreeSet::new();
                    for (image, blob) in blobs.filter(|(_, blob)| seen.insert(blob.digest.clone())) {
                        api.seed_blob(image, blob);
                    }
                    tags.iter().enumerate().for_each(|(tag, image)| api.tag(image, &[format!("v{tag}")]));
                }
            });
        }
    });
}

/// How many repositories have begun to arrive.
fn arrived(home: &Home, host: &str) -> usize {
    home.run(["catalog", host]).stdout.lines().count()
}

/// The process of a shard.
fn shard(index: usize) -> Option<Pid> {
    let wanted = format!("{index}/{HOSTS}");
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let mut numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let number = numbers.find(|process| {
        let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        let mut words = line.split(|byte| *byte == 0);
        let is_regcli = words.next().is_some_and(|program| program.ends_with(b"/regcli"));
        is_regcli && words.any(|word| word == wanted.as_bytes())
    })?;
    Pid::from_raw(number)
}
