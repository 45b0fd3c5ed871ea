use super::super::{Format, Problem};
use super::*;

/// Returns the error's text, or nothing.
fn outcome(name: &str, text: &str) -> String {
    match parsed_to(name, text, destination("mirror.example.com", Naming::Last)) {
        Ok(recipe) => names(&recipe).join(" "),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_format_is_recognized_by_its_shape_whatever_the_name() {
    for (text, rules) in [
        ("# comment\n\n[[sync]]\nsource = \"a/toml\"\ntarget = \"m.example/x\"\n", "a/toml"),
        ("sync = [{ source = \"a/inline\", target = \"m.example/x\" }]\n", "a/inline"),
        ("[defaults]\ntarget = \"m.example\"\n[[sync]]\nsource = \"a/b\"\n", "a/b"),
        ("version: 1\nsync:\n- {source: a/regsync, target: m.example/x, type: image}\n", "a/regsync"),
        ("---\nsync:\n- {source: a/regsync, target: m.example/x, type: image}\n", "a/regsync"),
        (
            "tasks:\n- source: {registry: a.example}\n  target: {registry: b.example}\n  mappings: [{from: x}]\n",
            "a.example/x",
        ),
        ("quay.io:\n  images: {a/skopeo: []}\n", "quay.io/a/skopeo"),
        ("quay.io/a/images: m.example/x\n", "quay.io/a/images"),
        ("\"a/b:1,2\": m.example/x\n", "a/b"),
        ("{\"a/json\": [\"m.example/x\"]}\n", "a/json"),
        ("{\n\t\"auth\": {},\n\t\"images\": {\n\t\t\"a/tabs\": \"m.example/x\"\n\t}\n}\n", "a/tabs"),
        ("images:\n  a/old: m.example/x\n", "a/old"),
        ("nginx\n", "nginx"),
        ("\u{feff}nginx:1.27\nquay.io/a/b\n", "nginx quay.io/a/b"),
        (
            "# images\n--platform=linux/arm64 redis:7 # for the edge\n\nlocalhost:5000/a/b:1\r\n",
            "redis localhost:5000/a/b",
        ),
    ] {
        assert_eq!(outcome("-", text), rules, "{text}");
    }
}

#[test]
fn what_has_no_known_shape_is_refused_with_the_known_formats() {
    for text in ["mappings:\n- {from: a, to: b}\n", "a: {b: {c: d}}\n", "- a\n- b\n"] {
        let error = outcome("x.yaml", text);
        let expected = "x.yaml: the format is unknown; expected one of: toml, regsync, image-syncer, skopeo, dregsy, list";
        assert_eq!(error, expected, "{text}");
    }
    for text in ["", "# nothing\n", "\n\n"] {
        assert!(matches!(parsed("-", text), Err(Error::Shape { .. } | Error::NoRules)), "{text:?}");
    }
    assert_eq!(Format::names().split(", ").count(), Format::ALL.len());
}

#[test]
fn a_list_has_platforms_and_comments() {
    let text = "redis:7\n--platform=linux/arm64 nginx:1.27\n  --platform linux/amd64   nginx:1.27\n\
                --platform=linux/arm64 alpine\nalpine\nquay.io/a/b@sha256:\
                aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n";
    let recipe = parsed_to("images.txt", text, destination("mirror.example.com/x/", Naming::Last)).unwrap();
    assert_eq!(names(&recipe), ["redis", "nginx", "alpine", "quay.io/a/b"]);
    let platforms: Vec<_> = recipe.rules.iter().map(|rule| rule.platforms.len()).collect();
    assert_eq!(platforms, [0, 2, 0, 0], "an image without a platform is copied whole");
    assert_eq!(chosen(&recipe.rules[2], ""), "latest");
    assert_eq!(goes(&recipe.rules[0], "redis:7"), "mirror.example.com/x/redis:7");
    assert_eq!(recipe.rules[3].tags[0].digests.len(), 1);
}

#[test]
fn a_wrong_line_of_a_list_is_shown() {
    for (text, message) in [
        ("nginx\n  Redis:7\n", "l.txt:2:3: \"Redis:7\": invalid reference format"),
        ("nginx\nredis:7 alpine\n", "l.txt:2:1: \"redis:7 alpine\": invalid reference format"),
        ("nginx\n--platform=a/b/c/d redis\n", "l.txt:2:12: \"a/b/c/d\": cannot parse"),
        ("nginx\n--platform=arm64\n", "l.txt:2:"),
    ] {
        let error = refused("l.txt", text);
        assert!(error.starts_with(message), "{text}\n{error}");
    }
    assert!(matches!(parsed("l.txt", "nginx\n"), Err(Error::NoDestination { .. })));
}

#[test]
fn yaml_that_grows_without_end_is_refused() {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (name, of) in
        ["b", "c", "d", "e", "f", "g", "h", "i"].iter().zip(["a", "b", "c", "d", "e", "f", "g", "h"])
    {
        bomb.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{of}"); 10].join(", ")));
    }
    let started = std::time::Instant::now();
    let error = parsed("bomb.yaml", &bomb).unwrap_err();
    assert!(
        matches!(&error, Error::At { problem, .. } if matches!(**problem, Problem::Syntax(_))),
        "{error}"
    );
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for name in ["deep.yaml", "deep.toml"] {
        assert!(parsed(name, &deep).is_err());
    }
    let deep = format!("sync = {deep}");
    assert!(parsed("deep.toml", &deep).is_err());
}

#[test]
fn an_error_of_syntax_does_not_show_the_file() {
    let text = "version: 1\ncreds:\n- {registry: a, pass: hunter2, pass: hunter3}\nsync: []\n";
    let error = refused("r.yml", text);
    assert!(error.starts_with("r.yml:3:") && !error.contains("hunter"), "{error}");
    let error = refused("r.toml", "[[sync]]\nsource = \"hunter2\" x\n");
    assert!(error.starts_with("r.toml:2:") && !error.contains("hunter"), "{error}");
}
