//! Whatever a repository looks like, what stays is whole.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::digest::Digest;
use crate::reference::{Tag, attached_tags, referrers_tag};
use crate::sync::Pattern;

/// The time of all decisions.
fn now() -> Timestamp {
    "2026-11-30T00:00:00Z".parse().unwrap()
}

/// A manifest of a random repository, which refers to earlier ones.
#[derive(Clone, Debug)]
struct Sketch {
    kind: Kind,
    children: Vec<Index>,
    subject: Option<Index>,
    /// Whether the registry itself lists it as a referrer.
    is_listed: bool,
    days: Option<i64>,
    blob: u8,
    tags: Vec<u8>,
    companion: Option<(Index, usize)>,
}

fn sketch() -> impl Strategy<Value = Sketch> {
    let kind = prop_oneof![
        4 => Just(Kind::Image),
        3 => Just(Kind::Index),
        2 => Just(Kind::Artifact),
        1 => Just(Kind::Missing),
    ];
    let tags = prop::collection::vec(0..30_u8, 0..3);
    let companion = prop::option::weighted(0.2, (any::<Index>(), 0..4_usize));
    let subject = prop::option::weighted(0.3, any::<Index>());
    let days = prop::option::weighted(0.9, 0..100_i64);
    let children = prop::collection::vec(any::<Index>(), 0..4);
    (kind, children, subject, any::<bool>(), days, 0..12_u8, tags, companion).prop_map(
        |(kind, children, subject, is_listed, days, blob, tags, companion)| Sketch {
            kind,
            children,
            subject,
            is_listed,
            days,
            blob,
            tags,
            companion,
        },
    )
}

fn digest(number: usize) -> Digest {
    Digest::sha256(format!("manifest {number}").as_bytes())
}

fn family(sketches: &[Sketch]) -> Family {
    let mut family = Family::default();
    for (number, sketch) in sketches.iter().enumerate() {
        let earlier = |index: &Index| digest(index.index(number));
        let children = sketch.children.iter().filter(|_| number > 0 && sketch.kind == Kind::Index);
        let subject =
            sketch.subject.as_ref().filter(|_| number > 0 && sketch.kind != Kind::Missing).map(earlier);
        let blob = Digest::sha256(&[sketch.blob]);
        let member = Member {
            kind: sketch.kind,
            bytes: 1,
            blobs: if sketch.kind == Kind::Image { vec![(blob, 100)] } else { Vec::new() },
            children: children.map(earlier).collect(),
            subject: subject.clone(),
            referrers: Vec::new(),
            date: sketch.days.map(|days| now() - SignedDuration::from_hours(24 * days)),
            dated: Dated::Created,
        };
        family.members.insert(digest(number), member);
        if let Some(subject) = subject.filter(|_| sketch.is_listed) {
            family.members.entry(subject).or_default().referrers.push(digest(number));
        }
        if sketch.kind == Kind::Missing {
            continue;
        }
        for tag in &sketch.tags {
            family.tags.insert(format!("{}.{}", tag / 4, tag % 4).parse().unwrap(), digest(number));
        }
        if let Some((subject, which)) = sketch.companion.as_ref().filter(|_| number > 0) {
            let subject = earlier(subject);
            let tag = attached_tags(&subject).get(*which).cloned().unwrap_or_else(|| referrers_tag(&subject));
            family.tags.insert(tag, digest(number));
        }
    }
    family
}

fn policy() -> impl Strategy<Value = Policy> {
    let keep = prop::option::of(0..6_usize);
    let days = || prop::option::of((0..80_i64).prop_map(|days| SignedDuration::from_hours(24 * days)));
    let matching = prop::option::of(prop_oneof![Just("^1"), Just("[02]$"), Just("")]);
    (keep, days(), days(), matching).prop_map(|(keep, older_than, untagged, matching)| Policy {
        matching: matching.map(|pattern| Pattern::regex(pattern).unwrap()),
        keep,
        keep_semver: Vec::new(),
        older_than,
        untagged,
    })
}

/// A registry that deletes as it is asked to.
struct Simulated {
    tags: std::collections::BTreeMap<Tag, Digest>,
    there: BTreeSet<Digest>,
}

impl Simulated {
    fn of(family: &Family) -> Self {
        let there = family.members.iter().filter(|(_, member)| member.kind != Kind::Missing);
        Self { tags: family.tags.clone(), there: there.map(|(digest, _)| digest.clone()).collect() }
    }

    fn delete(&mut self, digest: &Digest) {
        self.there.remove(digest);
        self.tags.retain(|_, target| target != digest);
    }

    /// Returns whether all that a pull of this digest reads is there, as far as it ever was.
    fn is_whole(&self, family: &Family, digest: &Digest) -> bool {
        let member = &family.members[digest];
        let is_there = member.kind == Kind::Missing || self.there.contains(digest);
        is_there && member.children.iter().all(|child| self.is_whole(family, child))
    }
}

proptest! {
    #[test]
    fn after_each_deletion_every_tag_that_is_there_is_whole(
        sketches in prop::collection::vec(sketch(), 1..24),
        policy in policy(),
    ) {
        let family = family(&sketches);
        let Decision { rows, removal } = decide(&family, &policy, now());
        let mut registry = Simulated::of(&family);
        let check = |registry: &Simulated| {
            registry.tags.values().all(|digest| registry.is_whole(&family, digest))
        };
        for tag in removal.tags_alone().keys() {
            registry.tags.remove(tag);
        }
        prop_assert!(check(&registry));
        for digest in removal.manifests() {
            prop_assert!(registry.there.contains(digest), "what is not there is not deleted");
            registry.delete(digest);
            prop_assert!(check(&registry), "{digest}");
        }

        let kept: BTreeSet<_> = registry.tags.keys().collect();
        for row in &rows {
            let Some(tag) = &row.tag else { continue };
            let goes = matches!(row.fate, Fate::Goes(_));
            prop_assert_eq!(goes, removal.tags.contains_key(tag), "{}: {:?}", tag, row.fate);
            prop_assert_eq!(!goes, kept.contains(tag), "{}: {:?}", tag, row.fate);
            if goes && !tag.as_str().starts_with("sha256-") {
                prop_assert!(policy.considers(tag) && row.date.is_some());
            }
        }
        // What refers to something that stays, stays.
        for (digest, member) in &family.members {
            if let Some(subject) = &member.subject {
                let is_kept = registry.there.contains(subject) && member.kind != Kind::Missing;
                prop_assert!(!is_kept || registry.there.contains(digest), "a referrer is lost");
            }
        }
    }

    #[test]
    fn the_newest_stay_and_so_does_everything_while_anything_is_unknown(
        sketches in prop::collection::vec(sketch(), 1..24),
        keep in 0..6_usize,
        blind in any::<bool>(),
    ) {
        let mut family = family(&sketches);
        family.invalid_tags = usize::from(blind);
        let policy = Policy { keep: Some(keep), ..Policy::default() };
        let Decision { rows, removal } = decide(&family, &policy, now());
        prop_assert!(!blind || removal.steps.is_empty(), "an unknown tag may need any manifest");
        let newest = rows.iter().filter(|row| row.fate == Fate::Stays(Stays::Newest)).count();
        let dated = rows.iter().filter(|row| row.tag.as_ref().is_some_and(|tag| policy.considers(tag)) && row.date.is_some());
        prop_assert_eq!(newest, keep.min(dated.count()));
        let oldest = rows.iter().filter(|row| row.fate == Fate::Stays(Stays::Newest)).filter_map(|row| row.date).min();
        let youngest = rows.iter().filter(|row| row.fate == Fate::Goes(Goes::Surplus)).filter_map(|row| row.date).max();
        prop_assert!(youngest <= oldest || oldest.is_none());
    }
}

/// A repository of images with these tags and ages in days; each has a layer of its own.
fn images(list: &[(&str, i64)]) -> Family {
    let mut family = Family::default();
    for (number, (tag, days)) in list.iter().enumerate() {
        let member = Member {
            kind: Kind::Image,
            bytes: 10,
            blobs: vec![(Digest::sha256(tag.as_bytes()), 1000), (Digest::sha256(b"base"), 5000)],
            date: Some(now() - SignedDuration::from_hours(24 * days)),
            ..Member::default()
        };
        family.members.insert(digest(number), member);
        family.tags.insert(tag.parse().unwrap(), digest(number));
    }
    family
}

fn going(decision: &Decision) -> Vec<&str> {
    decision.removal.tags.keys().map(Tag::as_str).collect()
}

#[test]
fn all_rules_together_choose_and_bytes_are_counted_that_nothing_else_needs() {
    let family = images(&[("pr-1", 90), ("pr-2", 40), ("pr-3", 5), ("1.0", 400)]);
    let policy = Policy {
        matching: Some(Pattern::regex("^pr-").unwrap()),
        older_than: Some(SignedDuration::from_hours(24 * 30)),
        ..Policy::default()
    };
    let decision = decide(&family, &policy, now());
    assert_eq!(going(&decision), ["pr-1", "pr-2"]);
    assert_eq!(decision.removal.bytes, 2 * 1010, "the base stays for the others");

    let both = decide(&family, &Policy { keep: Some(2), ..policy }, now());
    assert_eq!(going(&both), ["pr-1"], "pr-2 is one of the newest two");
}

#[test]
fn a_tag_whose_image_is_in_an_index_goes_alone() {
    let mut family = images(&[("old-amd64", 90), ("new", 1)]);
    family.members.get_mut(&digest(1)).unwrap().kind = Kind::Index;
    family.members.get_mut(&digest(1)).unwrap().children.push(digest(0));
    let decision = decide(&family, &Policy { keep: Some(1), ..Policy::default() }, now());
    assert_eq!(going(&decision), ["old-amd64"]);
    assert_eq!(decision.removal.manifests().count(), 0);
    assert_eq!(decision.removal.tags_alone().len(), 1);
}

#[test]
fn a_tag_without_a_date_stays_and_does_not_count_as_new() {
    let mut family = images(&[("a", 3), ("b", 2), ("c", 1)]);
    family.members.get_mut(&digest(2)).unwrap().date = None;
    let decision = decide(&family, &Policy { keep: Some(1), ..Policy::default() }, now());
    assert_eq!(going(&decision), ["a"]);
    let c = decision.rows.iter().find(|row| row.digest == digest(2)).unwrap();
    assert_eq!(c.fate, Fate::Stays(Stays::NoDate));
}

#[test]
fn a_signature_goes_with_its_image_and_stays_with_it() {
    let mut family = images(&[("1", 9), ("2", 1)]);
    for (number, image) in [(2, digest(0)), (3, digest(1))] {
        family.members.insert(digest(number), Member { kind: Kind::Artifact, ..Member::default() });
        family.tags.insert(attached_tags(&image)[0].clone(), digest(number));
    }
    let decision = decide(&family, &Policy { keep: Some(1), ..Policy::default() }, now());
    let mut expected = vec!["1".to_owned(), attached_tags(&digest(0))[0].to_string()];
    expected.sort();
    let mut found: Vec<_> = going(&decision).into_iter().map(ToOwned::to_owned).collect();
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(decision.removal.steps, [vec![digest(0)], vec![digest(2)]]);
}

#[test]
fn versions_out_of_all_ranges_go_and_what_is_not_a_version_stays() {
    let family = images(&[("v1.9.3", 9), ("2.0", 8), ("3.1.0-rc.1", 7), ("latest", 6)]);
    let range = |text: &str| crate::sync::Range::parse(text).unwrap();
    let policy = Policy { keep_semver: vec![range("^2"), range(">=3")], ..Policy::default() };
    let decision = decide(&family, &policy, now());
    assert_eq!(going(&decision), ["v1.9.3"]);
    let fate = |tag: &str| {
        let row = decision.rows.iter().find(|row| row.tag.as_ref().is_some_and(|one| one.as_str() == tag));
        row.unwrap().fate
    };
    assert_eq!(fate("latest"), Fate::Stays(Stays::NotVersion));
    assert_eq!(fate("2.0"), Fate::Stays(Stays::InRange));
    // With a rule about age, both have to allow it.
    let old = Policy { older_than: Some(SignedDuration::from_hours(24 * 7)), ..policy };
    assert_eq!(going(&decide(&family, &old, now())), ["v1.9.3"]);
    assert_eq!(going(&decide(&family, &Policy { keep_semver: Vec::new(), ..old }, now())).len(), 3);
}

#[test]
fn a_share_of_tags_is_rounded_up() {
    let share = |percent, all| MaxDelete::Percent(percent).of(all);
    assert_eq!([share(10, 0), share(10, 5), share(10, 20), share(10, 21), share(100, 7)], [0, 1, 2, 3, 7]);
    assert_eq!((share(0, 100), MaxDelete::Count(3).of(5)), (0, 3));
}
