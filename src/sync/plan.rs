//! The plan of a sync: what was found at both ends, and what is to be done about it.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::recipe::Referrers;
use crate::digest::Digest;
use crate::image::Platform;
use crate::reference::{Reference, Registry};

/// The maximum size of a plan's file in bytes. A row has some 500 bytes, so this is enough for half a million tags.
pub const PLAN_BYTES_MAX: u64 = 256 << 20;

/// The version of the format. A file of another version is refused.
const VERSION: u32 = 1;

/// What a sync does, in order. Serialised, it is the file of `--plan-out`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    #[serde(rename = "regcli-sync-plan", deserialize_with = "version")]
    version: u32,
    /// What each rule chose.
    #[serde(default)]
    pub rules: Vec<RuleSummary>,
    /// What is to be done, one row for each tag of a destination.
    pub rows: Vec<Row>,
    /// What could not be found out when the plan was made, so that its rows are not all there is to do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<PlanProblem>,
    /// The blobs of the images, as far as their manifests were read. [`Row::content`] points into this list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blobs: Vec<Blob>,
}

/// A part of a plan that could not be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanProblem {
    /// The image, the repository or the registry.
    pub name: String,
    /// The kind of error, such as `denied`.
    pub kind: String,
    /// Why, on one line.
    pub error: String,
}

/// What a rule chose of one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSummary {
    /// The rule, as its file names it.
    pub rule: String,
    /// How many repositories it covers.
    pub repositories: usize,
    /// How many tags these have; `None` if they were not listed, because the rule names the tags.
    pub tags: Option<usize>,
    /// How many of them it chose.
    pub chosen: usize,
    /// Why the others were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// Tags that a rule left out for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The reason, such as `excluded`.
    pub reason: String,
    /// How many.
    pub count: usize,
    /// Some of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<String>,
}

/// One tag of a destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// What is to be done.
    pub action: Action,
    /// The index of the rule in [`Plan::rules`]; `None` if no rule brings the tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<usize>,
    /// The image that the destination should have; `None` if the tag is to be deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Original>,
    /// The tag.
    #[serde(with = "text")]
    pub destination: Reference,
    /// What the tag pointed to when the plan was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Digest>,
    /// The blobs of the image, as indices into [`Plan::blobs`]; `None` if its manifest was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Vec<u32>>,
}

/// What is to be done about a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The destination does not have the tag.
    Create,
    /// The tag points to another image.
    Update,
    /// The tag points to the image already.
    Unchanged,
    /// The source does not have the tag any more, or no rule chooses it.
    Delete,
}

impl Action {
    /// Returns the name, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Unchanged => "unchanged",
            Self::Delete => "delete",
        }
    }
}

/// The image that a destination should have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Original {
    /// The image.
    #[serde(with = "text")]
    pub image: Reference,
    /// What it pointed to when the plan was made.
    pub digest: Digest,
    /// What the destination should point to: another digest if only some platforms are copied. `None` if it is not
    /// known before the copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Digest>,
    /// The platforms to copy; all if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "texts")]
    pub platforms: Vec<Platform>,
    /// Whether signatures, SBOMs and other artifacts that refer to the image are copied with it.
    #[serde(default)]
    pub referrers: Referrers,
}

/// A blob or a manifest of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blob {
    /// The digest.
    pub digest: Digest,
    /// The size in bytes, as the manifest states it.
    pub size: u64,
}

/// Why a text is not a plan.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// It is not the JSON of a plan.
    #[error("not a plan of regcli sync: {0}")]
    Json(#[from] serde_json::Error),
    /// A row refers to a blob that the plan does not list.
    #[error("row {row} of the plan refers to blob {blob}, which the plan does not list")]
    NoBlob {
        /// The number of the row, from 1.
        row: usize,
        /// The index of the blob.
        blob: u32,
    },
    /// Two rows are about one tag.
    #[error("row {row} of the plan is about the same tag as another one")]
    Twice {
        /// The number of the row, from 1.
        row: usize,
    },
    /// A row names no tag, or lacks the image to copy.
    #[error("row {row} of the plan is incomplete: {missing}")]
    Incomplete {
        /// The number of the row, from 1.
        row: usize,
        /// What is missing.
        missing: &'static str,
    },
}

impl crate::diagnose::Diagnose for PlanError {
    fn kind(&self) -> crate::diagnose::ErrorKind {
        crate::diagnose::ErrorKind::Usage
    }
}

impl Plan {
    /// Creates a plan of these rows.
    pub fn new(rules: Vec<RuleSummary>, rows: Vec<Row>, blobs: Vec<Blob>) -> Self {
        Self { version: VERSION, rules, rows, problems: Vec::new(), blobs }
    }

    /// Returns the plan with other rows, whose content is the same blobs.
    #[must_use]
    pub fn with_rows(&self, rows: Vec<Row>) -> Self {
        let Self { version, rules, problems, blobs, .. } = self.clone();
        Self { version, rules, rows, problems, blobs }
    }

    /// Reads a plan from JSON.
    ///
    /// # Errors
    /// [`PlanError`], if the text is not a plan or a row of it is incomplete.
    pub fn parse(json: &[u8]) -> Result<Self, PlanError> {
        let plan: Self = serde_json::from_slice(json)?;
        let mut seen = HashSet::new();
        for (number, row) in plan.rows.iter().enumerate() {
            plan.check(number + 1, row)?;
            if !seen.insert(&row.destination) {
                return Err(PlanError::Twice { row: number + 1 });
            }
        }
        Ok(plan)
    }

    /// Returns the plan as JSON, with a line for each row.
    pub fn to_json(&self) -> String {
        // Everything in a plan is text, numbers and lists, which always serialise.
        let pretty = |value: serde_json::Result<String>| value.unwrap_or_default();
        let rows: Vec<_> = self.rows.iter().map(|row| pretty(serde_json::to_string(row))).collect();
        let head = pretty(serde_json::to_string(&self.with_rows(Vec::new())));
        head.replacen("\"rows\":[]", &format!("\"rows\":[\n{}\n]", rows.join(",\n")), 1) + "\n"
    }

    fn check(&self, number: usize, row: &Row) -> Result<(), PlanError> {
        let blobs = row.content.iter().flatten();
        if let Some(blob) = blobs.copied().find(|blob| *blob as usize >= self.blobs.len()) {
            return Err(PlanError::NoBlob { row: number, blob });
        }
        let missing = |missing| Err(PlanError::Incomplete { row: number, missing });
        match row {
            Row { destination, .. } if destination.is_name_only() => missing("its destination has no tag"),
            Row { action: Action::Delete, found: None, .. } => missing("it does not say what is deleted"),
            Row { action: Action::Create | Action::Update, source: None, .. } => missing("it has no source"),
            _ => Ok(()),
        }
    }

    /// Returns how many rows have this action.
    pub fn count(&self, action: Action) -> usize {
        self.rows.iter().filter(|row| row.action == action).count()
    }

    /// Reports whether there is something to do.
    pub fn has_work(&self) -> bool {
        self.rows.iter().any(Row::is_work)
    }

    /// Returns the indices of the rows in the order in which they are applied: images whose layers many others need go
    /// first, so that the others find these layers. Deletions go last.
    pub fn order(&self) -> Vec<usize> {
        let mut sharers: HashMap<(&Registry, u32), u64> = HashMap::new();
        let content = |row: &Row| row.content.clone().unwrap_or_default();
        for row in self.rows.iter().filter(|row| row.is_work()) {
            for blob in content(row) {
                *sharers.entry((&row.destination.name.registry, blob)).or_default() += 1;
            }
        }
        let saved = |row: &Row| {
            let blobs = content(row).into_iter().map(|blob| {
                let others =
                    sharers.get(&(&row.destination.name.registry, blob)).map_or(0, |sharers| sharers - 1);
                self.blobs[blob as usize].size.saturating_mul(others)
            });
            blobs.max().unwrap_or_default()
        };
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by_cached_key(|index| {
            let row = &self.rows[*index];
            (row.action == Action::Delete, Reverse(saved(row)))
        });
        order
    }

    /// Returns the bytes of the images to copy, as far as their manifests were read. Each blob counts once for each
    /// registry, because a registry needs it once.
    pub fn bytes(&self) -> u64 {
        let mut seen = HashSet::new();
        let mut bytes = 0_u64;
        for row in self.rows.iter().filter(|row| row.is_work()) {
            let registry = &row.destination.name.registry;
            for blob in row.content.iter().flatten().filter(|blob| seen.insert((registry, **blob))) {
                bytes = bytes.saturating_add(self.blobs[*blob as usize].size);
            }
        }
        bytes
    }

    /// Returns how many manifests of images to copy were not read, so that their bytes are unknown.
    pub fn unread(&self) -> usize {
        let is_unread = |row: &&Row| row.source.is_some() && row.is_work() && row.content.is_none();
        self.rows.iter().filter(is_unread).count()
    }
}

impl Row {
    /// Reports whether something is to be done.
    pub fn is_work(&self) -> bool {
        self.action != Action::Unchanged
    }
}

/// Reads the version, which has to be the known one.
fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let version = u32::deserialize(deserializer)?;
    if version == VERSION { Ok(version) } else { Err(de::Error::custom("unknown version of the plan")) }
}

/// Values that are written as text.
mod text {
    use super::{Deserialize, Deserializer, Display, FromStr, Serializer, de};

    pub(super) fn serialize<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        std::borrow::Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Lists of such values.
mod texts {
    use super::{Deserialize, Deserializer, Display, FromStr, Serializer, de};

    pub(super) fn serialize<T: Display, S: Serializer>(
        values: &[T],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(ToString::to_string))
    }

    pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts.iter().map(|text| text.parse().map_err(de::Error::custom)).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::sync) fn row(action: Action, destination: &str, content: &[u32]) -> Row {
        let digest = Digest::sha256(destination.as_bytes());
        let image: Reference =
            format!("from.lab/{}", destination.split_once('/').unwrap().1).parse().unwrap();
        let (platforms, referrers) = (vec!["linux/arm64/v8".parse().unwrap()], Referrers::Carry);
        let source = Original { image, digest: digest.clone(), result: None, platforms, referrers };
        Row {
            action,
            rule: Some(0),
            source: (action != Action::Delete).then_some(source),
            destination: destination.parse().unwrap(),
            found: (action != Action::Create).then_some(digest),
            content: Some(content.to_vec()),
        }
    }

    pub(in crate::sync) fn blob(name: &str, size: u64) -> Blob {
        Blob { digest: Digest::sha256(name.as_bytes()), size }
    }

    fn plan() -> Plan {
        let rules = vec![RuleSummary {
            rule: "from.lab/app".to_owned(),
            repositories: 1,
            tags: Some(3),
            chosen: 2,
            left_out: vec![LeftOut {
                reason: "excluded".to_owned(),
                count: 1,
                samples: vec!["rc".to_owned()],
            }],
        }];
        let rows = vec![
            row(Action::Create, "to.lab/app:1", &[0, 1]),
            row(Action::Update, "to.lab/app:2", &[1]),
            row(Action::Unchanged, "to.lab/app:3", &[]),
            row(Action::Delete, "to.lab/app:4", &[]),
            row(Action::Create, "other.lab/app:1", &[0]),
        ];
        Plan::new(rules, rows, vec![blob("a", 100), blob("b", 10)])
    }

    #[test]
    fn a_plan_is_read_as_it_was_written_one_row_a_line() {
        let json = plan().to_json();
        assert_eq!(Plan::parse(json.as_bytes()).unwrap(), plan());
        assert_eq!(json.lines().count(), 2 + plan().rows.len());
    }

    #[test]
    fn a_blob_moves_once_to_each_registry() {
        assert_eq!((plan().bytes(), plan().unread()), (210, 0));
        let mut unread = plan();
        unread.rows[1].content = None;
        assert_eq!((unread.bytes(), unread.unread(), unread.has_work()), (210, 1, true));
    }

    #[test]
    fn images_whose_layers_others_need_go_first_and_deletions_last() {
        let rows = vec![
            row(Action::Delete, "to.lab/app:0", &[]),
            row(Action::Create, "to.lab/own:1", &[2]),
            row(Action::Create, "to.lab/small:1", &[1]),
            row(Action::Create, "to.lab/small:2", &[1]),
            row(Action::Create, "to.lab/large:1", &[0]),
            row(Action::Create, "to.lab/large:2", &[0]),
        ];
        let plan = Plan::new(Vec::new(), rows, vec![blob("a", 100), blob("b", 10), blob("c", 1000)]);
        assert_eq!(plan.order(), [4, 5, 2, 3, 1, 0]);
    }

    #[test]
    fn a_plan_that_is_none_is_refused() {
        let refused = |text: &str, says: &str| {
            let error = Plan::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        };
        refused("{}", "missing field `regcli-sync-plan`");
        refused("{\"regcli-sync-plan\": 2, \"rows\": []}", "unknown version");
        refused("[1", "not a plan of regcli sync");
        let json = plan().to_json();
        refused(&json.replace("[0,1]", "[0,2]"), "row 1 of the plan refers to blob 2");
        refused(
            &json.replace("to.lab/app:4", "to.lab/app"),
            "row 4 of the plan is incomplete: its destination",
        );
        refused(
            &json.replacen("\"action\":\"delete\"", "\"action\":\"update\"", 1),
            "row 4 of the plan is incomplete",
        );
        refused(&json.replace("to.lab/app:3", "to.lab/App:3"), "not a plan");
    }
}
