//! The manual pages: that they can be read, and that nothing is left out.

use std::fs;

use crate::support::{Home, missing, run};

/// The page as it is shown, without bold.
fn shown(home: &Home, name: &str) -> String {
    let file = home.path().join("man").join(name);
    let outcome = run("groff", ["-ww", "-man", "-Tascii", "-P-cbou", file.to_str().unwrap()]).succeeds();
    assert_eq!(outcome.stderr, "", "{name}: {outcome}");
    outcome.stdout
}

fn with_pages() -> Home {
    let home = Home::fresh();
    home.run(["man", "man"]).succeeds();
    home
}

#[test]
fn every_page_is_rendered_without_a_warning() {
    if missing("groff") {
        return;
    }
    let home = with_pages();
    let names: Vec<_> =
        fs::read_dir(home.path().join("man")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.len() > 35, "{names:?}");
    for name in names {
        let name = name.to_str().unwrap();
        let page = shown(&home, name);
        let (title, section) = name.rsplit_once('.').unwrap();
        assert!(page.starts_with(&format!("{title}({section})")), "{page}");
        for heading in ["NAME", "DESCRIPTION", "SEE ALSO"] {
            assert!(page.lines().any(|line| line == heading), "{heading} of {page}");
        }
        let is_command = section == "1";
        assert!(
            !is_command || page.contains("\nEXAMPLES\n") && page.contains("SYNOPSIS\n       regcli"),
            "{page}"
        );
    }
}

/// What a config.toml could have had instead of this.
fn known_keys(content: &str) -> Vec<String> {
    let home = Home::fresh();
    let file = home.path().join("config.toml");
    fs::write(&file, content).unwrap();
    let outcome = home.regcli(["version"]).env("REGCLI_CONFIG", &file).run().ends_with(1);
    let (_, expected) = outcome.stderr.split_once("expected ").unwrap_or_else(|| panic!("{outcome}"));
    let keys: Vec<_> = expected.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(keys.len() > 1, "{outcome}");
    keys
}

#[test]
fn every_key_of_config_toml_is_in_the_manual_with_its_type_default_and_an_example() {
    if missing("groff") {
        return;
    }
    let page = shown(&with_pages(), "regcli-config.5");
    let mut keys = known_keys("nosuch = 1");
    assert_eq!(keys.pop().as_deref(), Some("registry"), "the table of the registries");
    assert!(page.contains("[registry.\"registry.example.com:5000\"]"), "{page}");
    keys.extend(known_keys("[registry.\"docker.io\"]\nnosuch = 1"));
    for key in keys {
        let begin = format!("\n       {key} = ");
        let (_, entry) = page.split_once(&begin).unwrap_or_else(|| panic!("no {key} in {page}"));
        let entry =
            entry.split("\n       ").filter(|line| line.starts_with(' ')).collect::<Vec<_>>().join(" ");
        assert!(entry.contains("Default:"), "{key}: {entry}");
        assert!(page.contains(&format!("           {key} = ")), "an example of {key}: {page}");
    }
    for key in ["url", "namespace"] {
        assert!(page.contains(&format!("{key} = ")), "{key}");
    }
}

#[test]
fn the_example_of_the_manual_is_a_configuration() {
    if missing("groff") {
        return;
    }
    let page = shown(&with_pages(), "regcli-config.5");
    let (_, example) = page.split_once("\nEXAMPLES\n").unwrap();
    let (example, _) = example.split_once("\nSEE ALSO").unwrap();
    let home = Home::fresh();
    let file = home.path().join("config.toml");
    fs::write(&file, example).unwrap();
    home.regcli(["version"]).env("REGCLI_CONFIG", &file).run().succeeds();
    // So is each example of a key, if its neighbours are there.
    let (_, registry) = page.split_once("\nKEYS OF A REGISTRY\n").unwrap();
    let keys = registry.split_once("\nKEYS OF A MIRROR\n").unwrap().0.lines();
    let examples = keys.filter_map(|line| line.strip_prefix("           "));
    let examples: Vec<_> = examples.filter(|line| !line.starts_with([' ', '['])).collect();
    assert_eq!(examples.len(), 13, "{examples:?}");
    let keys = examples.join("\n");
    fs::write(&file, format!("[registry.\"a.example\"]\n{keys}\n")).unwrap();
    home.regcli(["version"]).env("REGCLI_CONFIG", &file).run().succeeds();
}

#[test]
fn every_variable_that_is_read_is_in_the_manual() {
    let page = fs::read_to_string(with_pages().path().join("man/regcli-config.5")).unwrap();
    let source =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/config/environment.rs")).unwrap();
    let (read, _) = source.split_once("#[cfg(test)]").unwrap();
    let names = read.split("(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let names: Vec<_> =
        names.filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_')).collect();
    assert!(names.len() > 12, "{names:?}");
    for name in names.into_iter().filter(|name| *name != "HOME") {
        assert!(page.contains(name), "{name}");
    }
}
