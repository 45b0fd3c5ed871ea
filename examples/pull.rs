//! Pulls an image from a registry into a store of its own, and prints the progress of each layer.
//!
//! `cargo run --example pull -- 127.0.0.1:5000/team/app:1.0 ./images`
//!
//! Docker's configuration is used as in the program: credentials, mirrors, certificates.

use std::sync::Arc;

use regcli::auth::Keychain;
use regcli::config::{Config, Environment, Options};
use regcli::ops::{Pull, PullOptions, PullPlatforms};
use regcli::reference::Reference;
use regcli::remote::Remote;
use regcli::retry::Policy;
use regcli::store::Store;
use regcli::transfer::{Event, Observer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(image), Some(folder)) = (arguments.next(), arguments.next()) else {
        say("usage: pull IMAGE FOLDER");
        std::process::exit(125);
    };
    // Text is parsed once, here. From now on there is a reference.
    let image: Reference = image.parse::<Reference>()?.or_latest();

    let config = Arc::new(Config::load(Options::default(), &Environment::of_process())?);
    let keychain = Arc::new(Keychain::new(&config));
    let remote = Remote::new(config, keychain, Policy::default());
    let store = Store::open(folder);

    let (transfer, sharing, budget) = Default::default();
    let options = PullOptions { platforms: PullPlatforms::Host, transfer, sharing, budget, signatures: None };
    let pull = Pull::resolve(&remote, &store, &image, &options).await?;
    let pulled = pull.run(Arc::new(Tell)).await?;
    say(&format!("{image} is {}", pulled.digest()));
    Ok(())
}

/// Prints a line for each important event.
struct Tell;

impl Observer for Tell {
    fn event(&self, event: Event) {
        match event {
            Event::Planned { blobs, bytes, .. } => say(&format!("{} blobs, {bytes} bytes", blobs.len())),
            Event::Skipped { digest, .. } => say(&format!("{}: already here", digest.short())),
            Event::Started { digest, offset: 0, size } => say(&format!("{}: {size} bytes", digest.short())),
            Event::Started { digest, offset, .. } => {
                say(&format!("{}: resuming at byte {offset}", digest.short()));
            }
            // Arrives with every piece of data; suitable for a bar.
            Event::Advanced { .. } => {}
            Event::Interrupted { digest, cause, .. } => say(&format!("{}: {cause}", digest.short())),
            Event::Finished { digest } => say(&format!("{}: done", digest.short())),
        }
    }
}

#[expect(clippy::print_stdout, reason = "an example is a program")]
fn say(text: &str) {
    println!("{text}");
}
