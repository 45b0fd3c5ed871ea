//! `reference`: transcript 07, asked on the command line and line by line.

use serde_json::{Value, json};

use crate::support::{Home, regcli};

use super::Recording;

#[test]
fn transcript_07_text_is_the_canonical_form_or_the_error() {
    let home = Home::fresh();
    Recording::at(&home).check(
        &home.run(["reference", "ubuntu", "index.docker.io/user/app:1", "localhost:5000", "[::1]:5000/app"]),
        "out| docker.io/library/ubuntu:latest
         out| docker.io/user/app:1
         out| docker.io/library/localhost:5000
         out| [::1]:5000/app:latest
         exit 0",
    );
    Recording::at(&home).check(
        &home.run(["reference", "UPPER", "ubuntu", "", "a b"]),
        "out| error: UPPER: invalid reference format: repository name (library/UPPER) must be lowercase
         out| docker.io/library/ubuntu:latest
         out| error: : invalid reference format
         out| error: a b: invalid reference format
         exit 125",
    );
}

#[test]
fn transcript_07_every_row_of_the_recording_is_answered_in_json_on_its_line() {
    let recorded: Vec<(String, String, String)> = include_str!("../data/07-references.tsv")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.contains("\\n") && !line.starts_with("'exa_mple.com"))
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            let input = columns[0].trim_matches('\'').to_owned();
            (input, columns[1].to_owned(), columns.get(3).copied().unwrap_or_default().to_owned())
        })
        .collect();
    let inputs: Vec<&str> = recorded.iter().map(|(input, ..)| input.as_str()).collect();
    let outcome = Home::fresh()
        .regcli(["reference", "--format", "json", "-"])
        .stdin(inputs.join("\n") + "\n")
        .run()
        .ends_with(125);
    let answers: Vec<Value> =
        outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), recorded.len(), "a line for a line");
    for ((input, canonical, error), answer) in recorded.iter().zip(&answers) {
        assert_eq!(answer["input"], json!(input));
        if error.is_empty() {
            assert_eq!(answer["canonical"], json!(canonical), "{input}");
        } else {
            assert_eq!(answer, &json!({"input": input, "error": error}));
        }
    }
    assert_eq!(outcome.stderr, "");
}

#[test]
fn the_json_object_has_its_keys_in_this_order() {
    let digest = format!("sha256:{}", "0".repeat(64));
    let line = regcli(["reference", "--format", "json", &format!("user/app:1@{digest}")]).succeeds().stdout;
    assert_eq!(
        line,
        format!(
            r#"{{"input":"user/app:1@{digest}","domain":"docker.io","path":"user/app","tag":"1","digest":"{digest}","familiar":"user/app:1@{digest}","canonical":"docker.io/user/app:1@{digest}"}}"#
        ) + "\n"
    );
}

#[test]
fn every_line_of_standard_input_has_one_answer_whatever_it_holds() {
    let mut input = b"ubuntu\n\xff\xfe\n\nA\n\x1b[2J\n".to_vec();
    input.extend(std::iter::repeat_n(b'x', 1 << 20));
    input.extend(b"\nlast/one:1");
    let outcome = Home::fresh().regcli(["reference", "-"]).stdin(&input).run().ends_with(125);
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines.len(), 7, "{outcome}");
    assert_eq!(lines[0], "docker.io/library/ubuntu:latest");
    assert_eq!(lines[1], "error: \u{fffd}\u{fffd}: invalid reference format");
    assert_eq!(lines[2], "error: : invalid reference format");
    assert!(lines[3].starts_with("error: A: "));
    // An escape for the terminal is shown, both times.
    assert!(lines[4].starts_with("error: \\u{1b}[2J: invalid reference format"), "{}", lines[4]);
    assert!(!outcome.stdout.contains('\u{1b}'));
    assert!(lines[5].starts_with("error: xxx") && lines[5].len() < 2000, "{}", lines[5].len());
    assert_eq!(lines[6], "docker.io/last/one:1");
    Home::fresh().regcli(["reference", "-"]).stdin("").run().succeeds().prints("");
}
