//! References against the recording of the real Docker: every row, every word.

use regcli::reference::Reference;

/// Columns: input in quotes, canonical form, what docker asked its daemon for, error.
const RECORDED: &str = include_str!("data/07-references.tsv");

/// Docker takes it for an image on no host at all; regcli refuses it.
const REFUSED_ON_PURPOSE: &str = "exa_mple.com/app";

/// A row of the recording.
struct Row {
    input: String,
    canonical: String,
    error: String,
}

fn rows() -> Vec<Row> {
    let lines = RECORDED.lines().filter(|line| !line.starts_with('#'));
    let rows: Vec<Row> = lines
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            let quoted = columns[0].strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
            Row {
                input: quoted.unwrap_or_else(|| panic!("no quotes: {line}")).replace("\\n", "\n"),
                canonical: columns[1].to_owned(),
                error: columns.get(3).copied().unwrap_or_default().to_owned(),
            }
        })
        .collect();
    assert_eq!(rows.len(), 79, "the recording has 79 rows");
    rows
}

#[test]
fn every_reference_that_docker_takes_has_dockers_canonical_form() {
    for Row { input, canonical, .. } in rows().iter().filter(|row| row.error.is_empty()) {
        if input == REFUSED_ON_PURPOSE {
            continue;
        }
        let reference: Reference = input.parse().unwrap_or_else(|error| panic!("{input:?}: {error}"));
        assert_eq!(&reference.or_latest().to_string(), canonical, "{input:?}");
    }
}

#[test]
fn every_reference_that_docker_refuses_is_refused_in_its_words() {
    for Row { input, error, .. } in rows().iter().filter(|row| !row.error.is_empty()) {
        let refused = input.parse::<Reference>().expect_err(input);
        assert_eq!(&refused.to_string(), error, "{input:?}");
        assert!(refused.position <= input.len(), "{input:?}: the caret stands behind the end");
    }
}

#[test]
fn a_host_that_docker_forgets_is_refused() {
    let refused = REFUSED_ON_PURPOSE.parse::<Reference>().expect_err("a host has no underscores");
    assert_eq!(refused.to_string(), "invalid reference format");
}

#[test]
fn a_canonical_form_means_itself() {
    for Row { canonical, .. } in rows().iter().filter(|row| row.error.is_empty()) {
        if canonical.starts_with(REFUSED_ON_PURPOSE) {
            continue;
        }
        let reference: Reference = canonical.parse().unwrap();
        assert_eq!(&reference.to_string(), canonical);
    }
}
