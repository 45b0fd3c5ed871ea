//! What `--debug` tells. That no secret is in it is asserted of every command of every test, see `support/secrets.rs`;
//! here are those that have the most to hide, at their most talkative.

use super::keep;
use crate::support::{Fault, Fixture, Gate, Home, Kind, Proxy, TokenService};

#[test]
fn debug_tells_all_but_the_secrets() {
    let fixture = Fixture::small();
    let service = TokenService::start();
    service.give_identity_tokens();
    for gate in [service.gate(), Gate::password("demo", "hunter2")] {
        let registry = Kind::Embedded.open();
        let proxy = Proxy::guarding(registry.host(), gate);
        let (host, home) = (proxy.host(), Home::fresh());
        let image = format!("{host}/team/app:1");
        let debug = |arguments: &[&str]| {
            let outcome = home.run(["--debug"].iter().chain(arguments));
            assert!(outcome.stderr.contains("debug: "), "{outcome}");
            outcome
        };
        let wrong = ["login", "--debug", "-u", "demo", "--password-stdin", &host];
        home.regcli(wrong).stdin("hunter2 and more").run().ends_with(4);
        home.regcli(wrong).stdin("hunter2").run().succeeds().complains("debug: ");
        keep(&home, &fixture, &image);
        debug(&["push", &image]).succeeds();
        home.run(["rmi", "-f", &image]).succeeds();
        // A signed place to get blobs from is a secret, too.
        let back = Proxy::before(registry.host());
        for blob in &fixture.blobs {
            let path = format!("/v2/team/app/blobs/{}", blob.digest);
            let place =
                format!("http://{}{path}?X-Amz-Signature=s3cret&sig=s3cret&token=s3cret", back.host());
            proxy.fault(
                "GET",
                &path,
                Fault::Answer { status: 307, headers: vec![("Location", place)], body: "" },
            );
        }
        debug(&["pull", &image]).succeeds();
        debug(&["copy", "-q", &image, &format!("{host}/team/other:1")]).succeeds();
        debug(&["tags", &format!("{host}/team/app")]).succeeds();
        debug(&["search", &format!("{host}/app")]);
        debug(&["catalog", &host]);
        debug(&["auth", "status", "--check", &host]).succeeds();
        debug(&["pull", &format!("{host}/team/none")]).ends_with(3);
        home.run(["logout", &host]).succeeds();
        debug(&["pull", &image]).ends_with(4);
    }
}
