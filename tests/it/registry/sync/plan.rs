//! `sync --plan`: what would be done, and why.

use serde_json::json;

use super::{Corpus, Pair, objects};
use crate::support::Kind;

at_every_registry! {
    a_plan_changes_nothing_and_says_that_there_is_work,
    each_rule_says_how_many_tags_it_chose_and_why,
}

fn a_plan_changes_nothing_and_says_that_there_is_work(kind: Kind) {
    let pair = Pair::seeded(kind, Corpus::new(2, 2));
    let planned = pair.sync(&["--plan"]).ends_with(10);
    assert_eq!(planned.stdout.matches("create").count(), 5, "{planned}");
    assert!(planned.last_line().starts_with("4 to create; up to "), "{planned}");
    assert_eq!(pair.calls("PUT").1 + pair.calls("POST").1 + pair.calls("PATCH").1, 0);
    assert_eq!(pair.from.proxy.blob_bytes_taken(), 0);

    let rows = objects(&pair.sync(&["--plan", "--format", "json"]).ends_with(10));
    assert_eq!(rows.len(), 4);
    let image = &pair.corpus.repositories[0].1[0];
    // A registry may list its tags in any order.
    let row = rows.iter().find(|row| row["Source"] == json!(pair.from.at("team/app0:1.0"))).unwrap();
    assert_eq!(row["Action"], json!("create"));
    assert_eq!(row["Destination"], json!(pair.to.at("mirror/app0:1.0")));
    assert_eq!(row["Digest"], json!(image.root.digest));

    pair.sync(&["-q"]).succeeds();
    let planned = pair.sync(&["--plan"]).succeeds();
    assert_eq!(planned.last_line(), "Nothing to do: 4 unchanged");

    // One tag moves, and one is new.
    let api = pair.from.api("team/app0");
    api.tag(image, &["1.1".to_owned(), "new".to_owned()]);
    let rows = objects(&pair.sync(&["--plan", "--format", "json"]).ends_with(10));
    let of = |action: &str| rows.iter().filter(|row| row["Action"] == action).count();
    assert_eq!([of("create"), of("update"), of("unchanged")], [1, 1, 3]);
}

fn each_rule_says_how_many_tags_it_chose_and_why(kind: Kind) {
    let pair = Pair::seeded(kind, Corpus::new(1, 5));
    let rules = pair.rules(
        "[[sync]]\nsource = \"FROM/team/app0\"\ntarget = \"TO/x\"\n\
         tags = { semver = \">=1.1\", exclude = \"1.2\", newest = 2 }\n\
         [[sync]]\nsource = \"FROM/team/app0\"\ntarget = \"TO/y\"\ntags = { glob = \"2.*\" }\n",
    );
    let planned = pair.home.run(["sync", "--plan", "-f", &rules]).ends_with(1);
    let source = pair.from.at("team/app0");
    let why = "1 are out of range: 1.0; 1 are excluded: 1.2; 1 are not among the newest: 1.1";
    assert!(planned.stdout.contains(&format!("{source}: 5 tags, 2 chosen ({why})\n")), "{planned}");
    assert!(planned.stderr.contains("no repository and no tag matches the rule"), "{planned}");
}
