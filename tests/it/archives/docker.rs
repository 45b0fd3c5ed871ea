//! A real Docker Engine: what it saves we load, and what we save it loads, as the same image.

use std::fs;
use std::process::{Command, Stdio};

use crate::support::{Dockerd, Fixture, Home, folder, run};

use super::{id, keep, save};

fn docker_id(engine: &Dockerd, image: &str) -> String {
    engine.docker(&["inspect", "--format", "{{.Id}}", image]).succeeds().last_line().to_owned()
}

#[test]
fn docker_engine_loads_what_regcli_saved_as_the_same_image() {
    if Dockerd::is_missing() {
        return;
    }
    let engine = Dockerd::start();
    let home = Home::fresh();
    for (fixture, image) in [
        (Fixture::small(), "lab/oci:1"),
        (Fixture::docker(), "127.0.0.1:5000/lab/docker:1"),
        (Fixture::sha512(), "long:1"),
        (Fixture::multi_platform(), "lab/index:latest"),
        (Fixture::docker_list(), "list:latest"),
    ] {
        keep(&home, &fixture, image);
        let archive = save(&home, "one.tar", &[image]);
        let loaded = engine.docker(&["load", "-i", archive.to_str().unwrap()]).succeeds();
        loaded.prints(&format!("Loaded image: {image}\n"));
        assert_eq!(docker_id(&engine, image), id(&home, image), "{image}");
        engine.docker(&["rmi", "-f", image]).succeeds();
    }
    let all = save(&home, "all.tar", &["lab/oci:1", "127.0.0.1:5000/lab/docker:1", "lab/index"]);
    let loaded = engine.docker(&["load", "-q", "-i", all.to_str().unwrap()]).succeeds();
    for image in ["lab/oci:1", "127.0.0.1:5000/lab/docker:1", "lab/index:latest"] {
        assert!(loaded.stdout.contains(&format!("Loaded image: {image}\n")), "{loaded}");
        assert_eq!(docker_id(&engine, image), id(&home, image));
    }
}

#[test]
fn regcli_loads_what_docker_engine_saved_as_the_same_image() {
    if Dockerd::is_missing() {
        return;
    }
    let (engine, home, content) = (Dockerd::start(), Home::fresh(), folder());
    let place = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    run("tar", ["-cf", &place("root.tar"), "-C", content.path().to_str().unwrap(), "."]).succeeds();
    engine.docker(&["import", "-c", "CMD [\"/bin/hello\"]", &place("root.tar"), "lab/base:1"]).succeeds();
    // Images that share their layers, one of them with the same layer twice: Docker writes links for that.
    fs::create_dir(home.path().join("context")).unwrap();
    fs::write(home.path().join("context/file"), "content").unwrap();
    let steps = "FROM lab/base:1\nCOPY file /a\nCOPY file /a\nLABEL x=y\n";
    fs::write(home.path().join("context/Dockerfile"), steps).unwrap();
    engine.docker(&["build", "-q", "-t", "lab/app:1", &place("context")]).succeeds();
    engine.docker(&["tag", "lab/app:1", "127.0.0.1:5000/lab/app:2"]).succeeds();

    let images = ["lab/base:1", "lab/app:1", "127.0.0.1:5000/lab/app:2"];
    engine.docker(&["save", "-o", &place("all.tar"), images[0], images[1], images[2]]).succeeds();
    let loaded = home.run(["load", "-i", &place("all.tar")]).succeeds();
    for image in images {
        assert!(loaded.stdout.contains(&format!("Loaded image: {image}\n")), "{loaded}");
        assert_eq!(id(&home, image), docker_id(&engine, image));
    }

    // There and back again, through pipes.
    let back = save(&home, "back.tar", &images);
    engine.docker(&["rmi", "-f", images[0], images[1], images[2]]).succeeds();
    engine.docker(&["load", "-i", back.to_str().unwrap()]).succeeds();
    for image in images {
        assert_eq!(docker_id(&engine, image), id(&home, image));
    }
}

#[test]
fn docker_save_and_regcli_load_are_joined_by_a_pipe() {
    if Dockerd::is_missing() {
        return;
    }
    let (engine, home) = (Dockerd::start(), Home::fresh());
    keep(&home, &Fixture::heavy(3 << 20), "lab/heavy:1");
    let archive = save(&home, "heavy.tar", &["lab/heavy:1"]);
    engine.docker(&["load", "-i", archive.to_str().unwrap()]).succeeds();
    let saved = engine.docker(&["save", "lab/heavy:1"]).succeeds();

    let fresh = Home::fresh();
    super::load(&fresh, &saved.raw).succeeds().prints("Loaded image: lab/heavy:1\n");
    assert_eq!(id(&fresh, "lab/heavy:1"), docker_id(&engine, "lab/heavy:1"));

    // A layer that Docker took apart is another one, so the archive that it gets back is another one, too.
    let script = "$REGCLI save lab/heavy:1 | gzip -1 | $REGCLI --store again load";
    let piped = Command::new("sh")
        .args(["-c", script])
        .current_dir(fresh.path())
        .env("REGCLI", env!("CARGO_BIN_EXE_regcli"))
        .env("REGCLI_STORE", fresh.store())
        .env("HOME", fresh.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&piped.stdout), "Loaded image: lab/heavy:1\n");
    assert!(piped.status.success() && piped.stderr.is_empty());
}
