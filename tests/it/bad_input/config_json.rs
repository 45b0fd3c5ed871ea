//! A config.json that cannot be used: what only reads goes on without it, what would write leaves it alone.

use std::fs;

use serde_json::json;

use crate::support::{Fixture, Home, Kind};

const BROKEN: [&str; 6] =
    ["{\"auths\": \n", "[]", "\"text\"", "{\"auths\": []}", "{\"auths\": {}} trailing", "\u{0}\u{1}"];

fn write(home: &Home, content: &str) {
    fs::create_dir_all(home.docker_config().parent().unwrap()).unwrap();
    fs::write(home.docker_config(), content).unwrap();
}

#[test]
fn an_anonymous_pull_warns_and_goes_on() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let image = format!("{}/x:1", registry.host());
    home.run(["copy", "-q", &Fixture::small().place(), &image]).succeeds();
    for content in BROKEN {
        write(&home, content);
        let outcome = home.run(["pull", "-q", &image]).succeeds().prints(&format!("{image}\n"));
        let warning = format!("WARNING: Error parsing config file ({}): ", home.docker_config().display());
        assert!(outcome.stderr.starts_with(&warning), "{outcome}");
        assert_eq!(outcome.stderr.lines().count(), 1, "once is enough\n{outcome}");
    }
    write(&home, "{\"auths\": ");
    home.run(["pull", "-q", &image]).succeeds().complains("): unexpected EOF\n");
    write(&home, "");
    let outcome = home.run(["pull", "-q", &image]).succeeds();
    assert_eq!(outcome.stderr, "", "an empty file is an empty configuration");
}

#[test]
fn a_broken_variable_is_told_of_and_an_anonymous_pull_goes_on() {
    let registry = Kind::Embedded.open();
    let home = Home::fresh();
    let image = format!("{}/x:1", registry.host());
    home.run(["copy", "-q", &Fixture::small().place(), &image]).succeeds();

    let pull = home.regcli(["pull", "-q", &image]).env("DOCKER_AUTH_CONFIG", "{\"auths\": s3cret");
    let outcome = pull.run().succeeds().prints(&format!("{image}\n"));

    let warning = "WARNING: Failed to create credential store from DOCKER_AUTH_CONFIG: ";
    assert!(outcome.stderr.starts_with(warning), "{outcome}");
    assert!(!outcome.stderr.contains("s3cret"), "no part of the variable is shown\n{outcome}");
}

#[test]
fn login_and_logout_never_write_over_what_they_cannot_read() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    for content in BROKEN {
        write(&home, content);
        let hint = format!("fix {}; regcli did not change it", home.docker_config().display());
        let arguments = ["login", "-u", "user1", "--password-stdin", registry.host()];
        let outcome = home.regcli(arguments).stdin("s3cret").run().ends_with(1);
        assert!(outcome.stdout.is_empty(), "{outcome}");
        let problem = format!(
            "error: error saving credentials: Error parsing config file ({})",
            home.docker_config().display()
        );
        assert!(outcome.stderr.contains(&problem), "{outcome}");
        assert!(outcome.stderr.ends_with(&format!("\n\nhint: {hint}\n")), "{outcome}");
        let outcome = home.run(["logout", registry.host()]);
        assert!(outcome.stderr.contains(home.docker_config().to_str().unwrap()), "{outcome}");
        assert_eq!(fs::read_to_string(home.docker_config()).unwrap(), content);
    }
    let others = fs::read_dir(home.docker_config().parent().unwrap()).unwrap();
    let names: Vec<_> = others.map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| name == "config.json" || name == "config.json.lock"), "{names:?}");
}

#[test]
fn an_entry_that_is_none_is_told_about_when_it_is_needed() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    let image = format!("{}/x:1", registry.host());
    for (auth, problem) in [
        ("!!!", "illegal base64 data at input byte 0"),
        ("bm9jb2xvbg==", "invalid auth configuration file"),
        ("Og==", "invalid auth configuration file"),
    ] {
        write(&home, &json!({"auths": {registry.host(): {"auth": auth}}}).to_string());
        let outcome = home.run(["pull", &image]).ends_with(4);
        assert!(outcome.stderr.contains(problem), "{outcome}");
        assert!(outcome.stderr.contains("error: no basic auth credentials\n"), "{outcome}");
        // Another registry's entry is nobody's concern, and logging in mends this one.
        write(
            &home,
            &json!({"auths": {registry.host(): {"auth": auth}, "other": {"auth": "!!!"}}}).to_string(),
        );
        let arguments = ["login", "-u", "user1", "--password-stdin", registry.host()];
        home.regcli(arguments).stdin("s3cret").run().succeeds().prints("Login Succeeded\n");
        let config = fs::read_to_string(home.docker_config()).unwrap();
        assert!(config.contains("\"dXNlcjE6czNjcmV0\"") && config.contains("\"!!!\""), "{config}");
    }
}

#[test]
fn a_folder_that_is_a_file_is_told_about() {
    let registry = Kind::Embedded.with_password("user1", "s3cret");
    let home = Home::fresh();
    let file = home.path().join("file");
    fs::write(&file, "keep me").unwrap();
    let arguments =
        ["--config", file.to_str().unwrap(), "login", "-u", "user1", "--password-stdin", registry.host()];
    let outcome = home.regcli(arguments).stdin("s3cret").run().ends_with(1);
    assert!(outcome.stderr.contains("error: error saving credentials: "), "{outcome}");
    assert!(
        outcome.stderr.contains(&format!("hint: check {} and its permissions", file.display())),
        "{outcome}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "keep me");
}

#[test]
fn a_daemon_json_that_cannot_be_read_is_warned_of_and_left_aside() {
    let home = Home::fresh();
    let folder = home.path().join(".config/docker");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("daemon.json");
    for (content, problem) in [
        ("{\"registry-mirrors\": ", "unexpected EOF"),
        (
            "{\"registry-mirrors\": [\"mirror.example\"]}",
            "invalid mirror: no scheme specified for \"mirror.example\": must use either 'https://' or 'http://'",
        ),
    ] {
        fs::write(&file, content).unwrap();
        let outcome = home.run(["images", "-q"]).succeeds().prints("");
        let warning = format!("WARNING: Error parsing config file ({}): {problem}\n", file.display());
        assert_eq!(outcome.stderr, warning);
    }
}
