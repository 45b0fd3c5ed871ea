//! The recipe of a command line: one source and its target.

use super::error::Error;
use super::origin::Source;
use super::recipe::{Recipe, Rule};
use super::tags::TagSet;
use super::template::Template;

/// Returns the recipe that copies `source` to `target`. The source is a repository with an optional tag or digest, or
/// `HOST/` or `HOST/PATH/` for the repositories of a registry. The target may have placeholders, see [`Template`].
///
/// # Errors
/// [`Error::Argument`].
pub fn ad_hoc(source: &str, target: &str) -> Result<Recipe, Error> {
    let source = Source::parse(source).map_err(Error::Argument)?;
    let target = Template::for_source(target, &source.origin).map_err(Error::Argument)?;
    let mut rule = Rule::new(source.origin, vec![target]);
    rule.tags = source.image.map(TagSet::of).into_iter().collect();
    Ok(Recipe { rules: vec![rule], ..Recipe::default() })
}

#[cfg(test)]
mod tests {
    use super::super::{Origin, Problem};
    use super::*;

    #[test]
    fn a_source_is_a_repository_or_the_repositories_of_a_registry() {
        for (source, shown, is_registry) in [
            ("nginx", "nginx", false),
            ("python:3", "python", false),
            ("quay.io/coreos/etcd", "quay.io/coreos/etcd", false),
            ("registry.example.com", "registry.example.com/", true),
            ("registry.example.com:5000", "registry.example.com:5000/", true),
            ("localhost:5000", "localhost:5000/", true),
            ("myhost:5000/", "myhost:5000/", true),
            ("[::1]:5000/", "[::1]:5000/", true),
            ("registry.example.com/team/", "registry.example.com/team/", true),
            ("docker.io/", "docker.io/", true),
            ("library/", "docker.io/library/", true),
            ("docker.io/library/my.app", "docker.io/library/my.app", false),
        ] {
            let rule = ad_hoc(source, "mirror.example.com/").unwrap().rules.remove(0);
            assert_eq!(rule.name, shown, "{source}");
            assert_eq!(matches!(rule.source, Origin::Registry { .. }), is_registry, "{source}");
            let again = ad_hoc(&rule.name, "mirror.example.com/").unwrap().rules.remove(0);
            assert_eq!(again.source, rule.source, "{source}");
        }
    }

    #[test]
    fn a_tag_or_a_digest_selects_one_image() {
        let digest = crate::digest::Digest::sha256(b"x");
        let rule = |source: &str| ad_hoc(source, "mirror.example.com/").unwrap().rules.remove(0);
        assert_eq!(rule("python:3").tags[0].names[0].as_str(), "3");
        let pinned = rule(&format!("python:3@{digest}")).tags[0].digests[0].clone();
        assert_eq!((pinned.digest, pinned.tag.unwrap().as_str()), (digest, "3"));
        assert!(rule("python").tags.is_empty());
    }

    #[test]
    fn what_is_neither_is_refused() {
        for (source, target) in
            [("Nginx", "m.example/"), ("nginx", "m.example/{x}"), ("https://m/x/", "m.example/")]
        {
            let error = ad_hoc(source, target).unwrap_err();
            assert!(
                matches!(error, Error::Argument(Problem::Reference { .. } | Problem::Template { .. })),
                "{error}"
            );
        }
    }
}
