//! Several processes apply one plan.

use super::{Corpus, Pair, objects};
use crate::support::Kind;

at_every_registry! {
    four_shards_are_one_sync,
}

fn four_shards_are_one_sync(kind: Kind) {
    let pair = Pair::seeded(kind, Corpus::new(6, 2));
    let file = pair.file("plan.json").display().to_string();
    pair.sync(&["--plan", "--plan-out", &file]).ends_with(10);
    let mut destinations = Vec::new();
    for index in 0..4 {
        let arguments = ["sync", "--apply", &file, "--shard", "auto", "--format", "json"];
        let index = index.to_string();
        let shard = pair.home.regcli(arguments).env("JOB_COMPLETION_INDEX", &index).env("REGCLI_SHARDS", "4");
        destinations
            .extend(objects(&shard.run().succeeds()).into_iter().map(|row| row["Destination"].to_string()));
    }
    assert_eq!(destinations.len(), 12);
    destinations.sort();
    destinations.dedup();
    assert_eq!(destinations.len(), 12, "no tag is in two shards");
    pair.corpus.is_at(&pair.to, "mirror/");
    let outside = pair.home.run(["sync", "--apply", &file, "--shard", "4/4"]).ends_with(125);
    assert!(outside.stderr.contains("I counts from 0"), "{outside}");
    // Arguments that would have no effect are refused.
    let (source, destination) = (pair.from.at("team/"), pair.to.at("mirror/"));
    pair.home.run(["sync", &source]).ends_with(125).complains("name the destination, too");
    pair.sync(&["--shard", "0/4"]).ends_with(125).complains("--shard divides a plan");
    let rewritten = pair.home.run(["sync", "--apply", &file, "--plan-out", &destination]).ends_with(125);
    rewritten.complains("--plan-out writes a plan");
    let unnamed = pair.home.run(["sync", "--apply", &file, "--shard", "auto"]).ends_with(125);
    assert!(unnamed.stderr.contains("JOB_COMPLETION_INDEX"), "{unnamed}");
}
