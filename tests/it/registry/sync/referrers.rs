//! `sync --referrers`: signatures and the like follow their image, even if it was copied before them.

use serde_json::json;

use super::{Corpus, Pair};
use crate::support::Kind;

at_every_registry! {
    a_signature_that_comes_later_follows_its_image,
}

fn a_signature_that_comes_later_follows_its_image(kind: Kind) {
    let pair = Pair::seeded(kind, Corpus::new(1, 2));
    let sync = |flags: &[&str]| pair.sync(&[&["--referrers"], flags].concat());
    sync(&["-q"]).succeeds();
    let image = &pair.corpus.repositories[0].1[0];
    let (source, copy) = (pair.from.at("team/app0:1.0"), pair.to.at("mirror/app0:1.0"));
    let sbom = pair.file("sbom.json");
    std::fs::write(&sbom, json!({"spdxVersion": "SPDX-2.3"}).to_string()).unwrap();
    let sbom = sbom.display().to_string();
    pair.home.run(["attach", &source, "--type", "application/spdx+json", &sbom]).succeeds();

    assert!(sync(&["--plan"]).ends_with(10).last_line().starts_with("1 to update"));
    assert!(sync(&[]).succeeds().stderr.contains("1 updated, 1 unchanged; "));
    let listed = pair.home.run(["referrers", &copy]).succeeds();
    assert!(listed.stdout.contains("SPDX"), "{listed}");
    assert_eq!(sync(&["--plan"]).succeeds().last_line(), "Nothing to do: 2 unchanged");
    pair.to.api("mirror/app0").holds(image, "1.0");
}
