//! A kill before each single step that makes, names, syncs or removes a file.

use std::fs;

use super::is_valid;
use crate::support::{Fixture, Home, Outcome, blob_path, missing, sha256};

/// The system calls by which a store changes, and those that make a change last.
const STEPS: &str =
    "rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,fsync,fdatasync,fchmod,ftruncate";

/// Kills a command before the step with this number of any of its threads.
fn kill_at(home: &Home, step: usize, arguments: &[&str]) -> Outcome {
    let (trace, inject) = (format!("trace={STEPS}"), format!("inject={STEPS}:signal=KILL:when={step}"));
    let options = ["-f", "-q", "-o", "/dev/null", "-e", &trace, "-e", &inject];
    home.regcli(arguments).under("strace", options).run()
}

/// What `gc` has to remove.
fn litter(home: &Home) {
    for content in ["a", "b", "c"] {
        fs::write(blob_path(&home.store(), &sha256(content.as_bytes())), content).unwrap();
        fs::write(home.store().join(format!("parts/sha256-{content}")), content).unwrap();
    }
}

#[test]
fn f05_a_kill_before_each_step_leaves_a_valid_store_and_the_next_run_completes() {
    if missing("strace") {
        return;
    }
    let (fixture, other) = (Fixture::small(), Fixture::heavy(4 << 10));
    let archive = tempfile::Builder::new().suffix(".tar").tempfile().unwrap();
    let archive = archive.path().to_str().unwrap();
    Home::fresh().run(["copy", "-q", &other.place(), &format!("oci-archive:{archive}:new:1")]).succeeds();
    let place = other.place();
    let commands: [(&[&str], bool); 5] = [
        (&["copy", "-q", &place, "store:new:1"], true),
        (&["load", "-q", "-i", archive], true),
        (&["tag", "kept:1", "new:1"], true),
        (&["rmi", "gone:1"], false),
        (&["gc", "--partial"], false),
    ];
    let mut kills = 0;
    for (command, makes_new) in commands {
        for step in 1.. {
            let home = Home::fresh();
            home.run(["copy", "-q", &fixture.place(), "store:kept:1"]).succeeds();
            home.run(["copy", "-q", &Fixture::heavy(2 << 10).place(), "store:gone:1"]).succeeds();
            litter(&home);

            let outcome = kill_at(&home, step, command);

            is_valid(&home.store());
            home.run(["verify", "--no-fetch"]).succeeds();
            home.run(["digest", "store:kept:1"]).succeeds();
            let again = home.run(command);
            // The name may be gone already.
            assert!(again.code == 0 || (command[0] == "rmi" && again.code == 3), "{again}");
            assert_eq!(home.run(["digest", "store:new:1"]).code == 0, makes_new, "{again}");
            is_valid(&home.store());
            if outcome.code == 0 {
                assert!(step > 2, "nothing was killed\n{outcome}");
                break;
            }
            outcome.ends_with(128 + 9);
            kills += 1;
        }
    }
    eprintln!("{kills} kills");
}
