//! Files of other tools, as they are: their credentials, their patterns, and what cannot be kept.

use serde_json::json;

use super::super::Counted;
use super::Corpus;
use crate::support::{Home, Kind, Registry};

at_every_registry! {
    files_of_other_tools_are_synchronised_with_their_credentials,
}

/// A registry with images, and one that wants a password.
struct Ends {
    from: Counted,
    to: Registry,
    home: Home,
    /// The home of a logged-in user.
    reader: Home,
    corpus: Corpus,
}

impl Ends {
    fn open(kind: Kind) -> Self {
        let (from, corpus) = (Counted::open(kind), Corpus::new(2, 3));
        corpus.seed(&from, "team/");
        let (to, reader) = (kind.with_password("ci", "s3cret"), Home::fresh());
        reader.regcli(["login", "-u", "ci", "--password-stdin", to.host()]).stdin("s3cret").run().succeeds();
        Self { from, to, home: Home::fresh(), reader, corpus }
    }

    /// Synchronises by these files, and looks for an image below `place`.
    fn sync(&self, files: &[(&str, String)], place: &str, more: &[&str]) {
        let mut arguments = vec!["sync".to_owned()];
        for (name, text) in files {
            let path = self.home.path().join(name);
            std::fs::write(
                &path,
                text.replace("FROM", &self.from.proxy.host()).replace("TO", self.to.host()),
            )
            .unwrap();
            arguments.extend(["-f".to_owned(), path.display().to_string()]);
        }
        arguments.extend(more.iter().map(|flag| flag.replace("TO", self.to.host())));
        let synced = self.home.run(&arguments).succeeds();
        assert!(!format!("{synced}").contains("s3cret"), "no secret is shown");
        let image = &self.corpus.repositories[0].1[1];
        let copy = format!("{}/{place}:1.1", self.to.host());
        self.reader.run(["digest", &copy]).succeeds().prints(&format!("{}\n", image.root.digest));
    }
}

fn files_of_other_tools_are_synchronised_with_their_credentials(kind: Kind) {
    let ends = Ends::open(kind);
    let regsync = "version: 1\ncreds:\n  - registry: TO\n    user: ci\n    pass: s3cret\n    tls: disabled\n\
                   sync:\n  - source: FROM/team/app0\n    target: TO/regsync/app0\n    type: repository\n    \
                   tags: { allow: [\"1\\\\.[12]\"] }\n";
    ends.sync(&[("regsync.yml", regsync.to_owned())], "regsync/app0", &[]);
    let auth = json!({"TO": {"username": "ci", "password": "s3cret", "insecure": true}}).to_string();
    let images = json!({"FROM/team/app0:1.1": "TO/image-syncer/app0"}).to_string();
    ends.sync(&[("auth.json", auth), ("images.json", images)], "image-syncer/app0", &[]);
    let dregsy = "relay: skopeo\ntasks:\n  - name: t\n    source: { registry: FROM }\n    \
                  target: { registry: TO, auth: eyJ1c2VybmFtZSI6ImNpIiwicGFzc3dvcmQiOiJzM2NyZXQifQ==, skip-tls-verify: true }\n    \
                  mappings:\n      - { from: team/app0, to: dregsy/app0, tags: [\"1.1\"] }\n";
    ends.sync(&[("dregsy.yaml", dregsy.to_owned())], "dregsy/app0", &[]);
    // skopeo's files and lists have no destination, and so no password of it.
    ends.home
        .regcli(["login", "-u", "ci", "--password-stdin", ends.to.host()])
        .stdin("s3cret")
        .run()
        .succeeds();
    let skopeo = "FROM:\n  tls-verify: false\n  images:\n    team/app0: [\"1.1\"]\n";
    ends.sync(&[("skopeo.yaml", skopeo.to_owned())], "skopeo/app0", &["--to", "TO/skopeo"]);
    let list = "# images\nFROM/team/app0:1.1\n";
    ends.sync(&[("images.txt", list.to_owned())], "list/app0", &["--to", "TO/list"]);
}
