//! One repository of a registry.

use std::sync::Arc;

use super::Error;
use super::known::{Contents, Known};
use super::mirrors::Mirrors;
use super::pages::Pages;
use super::servers::Servers;
use super::uploads::Uploads;
use crate::image::{Descriptor, RawManifest};
use crate::protocol::PullLimit;
use crate::reference::{Name, Selector};

/// One repository of a registry. Clones share all knowledge about it.
#[derive(Clone)]
pub struct Repository {
    /// How this clone is read; other clones may be read in another way.
    pub(super) mirrors: Mirrors,
    /// How it is written to.
    pub(super) uploads: Arc<Uploads>,
}

impl Repository {
    pub(super) fn new(name: Name, servers: Servers, known: Arc<Known>) -> Self {
        let contents = Contents::new(name.clone(), known);
        let uploads = Uploads::new(name.clone(), Arc::clone(servers.origin()), contents.clone());
        Self { mirrors: Mirrors::new(name.repository, servers, contents), uploads: Arc::new(uploads) }
    }

    /// Returns the name.
    pub fn name(&self) -> &Name {
        &self.uploads.name
    }

    /// Returns a view that is read from the registry itself and from no mirror: a writer has to know the
    /// content of the registry, not a mirror's copy of it. Other clones are read as before.
    #[must_use]
    pub fn past_mirrors(self) -> Self {
        Self { mirrors: self.mirrors.past(), ..self }
    }

    /// Returns the tags, page by page.
    pub fn tags(&self) -> Pages {
        Pages::of_tags(Arc::clone(&self.uploads.origin), &self.name().repository)
    }

    /// Reports whether the registry has this manifest, and so all that it refers to.
    ///
    /// # Errors
    /// An error if the registry cannot be asked.
    pub async fn holds_manifest(&self, manifest: &Descriptor) -> Result<bool, Error> {
        if self.uploads.contents.holds(&manifest.digest) {
            return Ok(true);
        }
        let found = self.head_manifest(&Selector::Digest(manifest.digest.clone())).await?;
        Ok(found.is_some())
    }

    /// Resolves `selector` without reading the manifest; returns `None` if there is no such manifest.
    ///
    /// If the registry refuses this request, or does not send a digest, the manifest is read.
    ///
    /// # Errors
    /// [`Error::Request`] for any other response.
    pub async fn head_manifest(&self, selector: &Selector) -> Result<Option<Descriptor>, Error> {
        let found = self.mirrors.head_manifest(selector).await?;
        if let Some(found) = found.as_ref().filter(|_| self.mirrors.is_past()) {
            self.uploads.contents.learn(&found.digest);
        }
        Ok(found)
    }

    /// Returns the manifest that `selector` points to.
    ///
    /// # Errors
    /// [`Error::Request`] if it does not exist, [`Error::Image`] if its digest is not the requested one.
    pub async fn get_manifest(&self, selector: &Selector) -> Result<RawManifest, Error> {
        self.mirrors.get_manifest(selector).await
    }

    /// Returns how many pulls the registry still allows, as its last response with a manifest of this repository said.
    /// `None` if it limits none: there is no such header with an image that does not count.
    pub fn pull_limit(&self) -> Option<PullLimit> {
        self.mirrors.pull_limit()
    }

    /// Deletes a manifest by its digest, or a tag where the registry supports that.
    ///
    /// # Errors
    /// [`Error::Request`] if it does not exist, or the registry does not allow the deletion.
    pub async fn delete_manifest(&self, selector: &Selector) -> Result<(), Error> {
        self.uploads.delete_manifest(selector).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Keychain;
    use crate::config::{Config, Environment, Options};
    use crate::remote::Remote;
    use crate::retry::Policy;

    #[test]
    fn d8_a_view_past_mirrors_changes_no_other() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("regcli")).unwrap();
        let own = "[registry.\"r.example\"]\nmirrors = [\"https://m.example\"]\n";
        std::fs::write(folder.path().join("regcli/config.toml"), own).unwrap();
        let environment = Environment {
            xdg_config_home: Some(folder.path().to_owned()),
            home: Some(folder.path().to_owned()),
            ..Environment::default()
        };
        let config = Arc::new(Config::load(Options::default(), &environment).unwrap());
        let keychain = Arc::new(Keychain::new(&config));
        let remote = Remote::new(config, keychain, Policy::ONCE);
        let reading =
            remote.repository(&"r.example/app".parse::<crate::reference::Reference>().unwrap().name).unwrap();

        let writing = reading.clone().past_mirrors();

        let asked = |repository: &Repository| repository.mirrors.turns().active().1.host().to_owned();
        assert_eq!((asked(&reading), asked(&writing)), ("m.example".to_owned(), "r.example".to_owned()));
        assert!(!reading.mirrors.is_past() && !reading.clone().mirrors.is_past());
    }
}
