//! References that are none, in every command: a caret at the byte, and no request.

use std::fs;

use crate::support::{Home, Kind, Proxy};

use super::fails;

/// What is typed, its first wrong byte, what Docker says, what to do.
const REFUSED: [(&str, usize, &str, &str); 12] = [
    (
        "HOST/Upper:1",
        5,
        "invalid reference format: repository name (Upper) must be lowercase",
        "use lower case: HOST/upper:1",
    ),
    ("HOST/app:", 9, "invalid reference format", ""),
    ("HOST/app:-tag", 9, "invalid reference format", ""),
    ("HOST/app:a:b", 10, "invalid reference format", ""),
    ("HOST/a..b", 7, "invalid reference format", ""),
    ("HOST//app", 5, "invalid reference format", ""),
    ("HOST/app@sha256:abc", 19, "invalid reference format", ""),
    ("HOST/app name", 8, "invalid reference format", ""),
    ("HOST/镜像", 5, "invalid reference format", ""),
    ("http://HOST/app", 5, "invalid reference format", "leave out http://: a reference begins with the host"),
    ("HOST/\u{1b}[2k", 5, "invalid reference format", ""),
    ("HOST/app\n", 8, "invalid reference format", ""),
];

/// `{}` is where the reference stands.
const COMMANDS: [&[&str]; 13] = [
    &["pull", "{}"],
    &["pull", "-a", "ubuntu", "{}"],
    &["push", "{}"],
    &["tag", "--remote", "{}", "ubuntu"],
    &["tags", "{}"],
    &["manifest", "{}"],
    &["manifest", "store:{}"],
    &["config", "{}"],
    &["digest", "{}"],
    &["copy", "{}", "store:x"],
    &["copy", "oci:folder", "{}"],
    &["copy", "docker://{}", "store:x"],
    &["import", "/nonexistent", "{}"],
];

#[test]
fn a_bad_reference_is_shown_with_a_caret_before_anything_is_asked_or_made() {
    let registry = Kind::Embedded.open();
    let proxy = Proxy::before(registry.host());
    let home = Home::fresh();
    for command in COMMANDS {
        for (input, position, problem, hint) in REFUSED {
            let typed = input.replace("HOST", &proxy.host());
            let arguments = command.iter().map(|word| word.replace("{}", &typed));
            let hint = hint.replace("HOST", &proxy.host());
            let outcome = fails(home.run(arguments), 125, problem, &hint);
            let position = position
                + if input.contains("HOST") && position >= 4 && !input.starts_with("http") {
                    proxy.host().len() - "HOST".len()
                } else {
                    0
                };
            let shown: String =
                typed
                    .chars()
                    .map(|c| {
                        if c.is_control() && c != '\n' {
                            c.escape_unicode().to_string()
                        } else {
                            c.to_string()
                        }
                    })
                    .collect();
            let caret = format!("\n\n  {shown}\n  {}^\n", " ".repeat(position));
            assert!(outcome.stderr.contains(&caret), "{command:?}: expected {caret}\n{outcome}");
        }
    }
    assert_eq!(proxy.exchanges().len(), 0, "{:#?}", proxy.exchanges());
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn wide_characters_before_the_wrong_byte_move_the_caret_by_their_width() {
    let outcome = Home::fresh().run(["pull", "例子.example/app"]).ends_with(125);
    assert!(outcome.stderr.contains("\n  例子.example/app\n  ^\n"), "{outcome}");
    let outcome = Home::fresh().run(["pull", "localhost:5000/app:例"]).ends_with(125);
    assert!(outcome.stderr.contains("\n  localhost:5000/app:例\n                     ^\n"), "{outcome}");
}

#[test]
fn a_server_that_is_none_is_refused_by_every_command_that_takes_one() {
    let home = Home::fresh();
    for server in ["a b", "https://", "-example.com", "exa_mple.com", "[::1", "http://user@host"] {
        for command in [&["login", "-u", "x", "-p", "y"][..], &["logout"], &["catalog"]] {
            let outcome = home.run(command.iter().copied().chain(["--", server]));
            let outcome = outcome.ends_with(125);
            assert!(outcome.stderr.contains("error: invalid reference format\n"), "{outcome}");
        }
    }
    assert!(!home.docker_config().exists());
}

#[test]
fn words_that_are_no_utf_8_are_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let home = Home::fresh();
    for command in ["pull", "push", "rmi", "login", "search"] {
        let word = std::ffi::OsStr::from_bytes(b"ubuntu\xff");
        let outcome = home.run([std::ffi::OsStr::new(command), word]);
        fails(outcome, 125, "invalid UTF-8 was detected in one or more arguments", "");
    }
}

/// The beginning of each command that reads an image at a registry, and what follows the image.
const READERS: [(&[&str], &[&str]); 13] = [
    (&["tags"], &[]),
    (&["files"], &[]),
    (&["cat"], &["/etc/passwd"]),
    (&["diff", "store:x:1"], &[]),
    (&["size"], &[]),
    (&["check"], &[]),
    (&["verify-signature", "--key", "cosign.pub"], &[]),
    (&["browse"], &[]),
    (&["extract"], &["/"]),
    (&["export"], &[]),
    (&["referrers"], &[]),
    (&["untag"], &[]),
    (&["pull"], &[]),
];

#[test]
fn an_address_from_a_browser_gets_the_same_words_in_every_command() {
    let home = Home::fresh();
    for (before, after) in READERS {
        for (address, hint) in [
            ("https://hub.docker.com/r/library/nginx", "that is a web page; name its image: nginx"),
            (
                "https://registry.example.com/team/app:1",
                "leave out https://: a reference begins with the host",
            ),
        ] {
            let refused = home.run(before.iter().chain(&[address]).chain(after).copied());
            fails(refused, 125, &format!("invalid reference format\n\n  {address}\n"), hint);
        }
    }
}

#[test]
fn a_command_that_reads_registries_only_says_so_of_other_locations() {
    let home = Home::fresh();
    let registries_only = ["tags", "verify-signature", "referrers", "untag"];
    for (before, _) in READERS.iter().filter(|(before, _)| registries_only.contains(&before[0])) {
        for location in ["oci:layout:1", "docker-daemon:app:1", "store:app:1"] {
            let refused = home.run(before.iter().chain(&[location]).copied()).ends_with(125);
            refused.complains(&format!(
                "error: {location:?} is not at a registry, and this command reads registries only\n"
            ));
        }
    }
    home.run(["check", "oci:layout:1"]).ends_with(125).complains("is not at a registry");
}
