//! The part of a plan that one of several machines applies.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use super::plan::{Plan, Row};
use crate::reference::{Name, Registry};

/// How many bytes a row counts whose content is unknown, and what any row costs in requests.
const ROW_BYTES: u64 = 1 << 20;

/// Repositories share layers in this sense if a layer that others have makes up this part of their bytes or more.
const SHARED_PART: f64 = 0.25;

/// The maximum number of shards.
const SHARDS_MAX: usize = 10_000;

/// One of several parts of a plan, as in `2/4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which one, from 0.
    index: usize,
    /// How many there are.
    of: NonZeroUsize,
}

/// Why a text does not name a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a shard is written I/N, such as 0/4: I counts from 0, N is at most 10000")]
pub struct ShardError;

impl Shard {
    /// Creates a shard; `None` if there is none with this index.
    pub fn new(index: usize, of: usize) -> Option<Self> {
        let of = NonZeroUsize::new(of).filter(|of| index < of.get() && of.get() <= SHARDS_MAX)?;
        Some(Self { index, of })
    }

    /// Returns how many shards there are.
    pub fn of(self) -> NonZeroUsize {
        self.of
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let number = |text: &str| text.parse::<usize>().map_err(|_| ShardError);
        let (index, of) = text.split_once('/').ok_or(ShardError)?;
        Self::new(number(index)?, number(of)?).ok_or(ShardError)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

impl Plan {
    /// Returns the rows of one shard that have something to do. It depends on the plan and on nothing else, so that
    /// several machines with the same plan divide it between them without talking to each other.
    ///
    /// A repository is never divided. Repositories that share a large layer stay together, so that the layer is
    /// uploaded once, as long as the shards stay balanced by bytes.
    #[must_use]
    pub fn shard(&self, shard: Shard) -> Self {
        let mut loads = vec![Load::default(); shard.of.get()];
        let mut mine = HashSet::new();
        for unit in self.units(shard.of) {
            // The shard with the least to do afterwards, the first one of several.
            let after = |load: &Load| load.bytes + load.added(self, &unit);
            let best = (0..loads.len()).min_by_key(|index| after(&loads[*index])).unwrap_or_default();
            loads[best].add(self, &unit);
            if best == shard.index {
                mine.extend(unit.repositories);
            }
        }
        let is_mine = |row: &&Row| row.is_work() && mine.contains(&row.destination.name);
        let mut part = self.with_rows(self.rows.iter().filter(is_mine).cloned().collect());
        if shard.index > 0 {
            // One shard reports what could not be planned.
            part.problems.clear();
        }
        part
    }

    /// Returns what goes to a shard as a whole, the largest first.
    fn units(&self, shards: NonZeroUsize) -> Vec<Unit<'_>> {
        let repositories = self.repositories();
        let mut sharers: HashMap<u32, usize> = HashMap::new();
        for blob in repositories.values().flat_map(|unit| &unit.blobs) {
            *sharers.entry(blob.1).or_default() += 1;
        }
        let mut families: BTreeMap<Option<u32>, Vec<Unit<'_>>> = BTreeMap::new();
        for unit in repositories.into_values() {
            families.entry(unit.family(self, &sharers)).or_default().push(unit);
        }
        let total: u64 = families.values().map(|units| joined(units.clone()).bytes(self)).sum();
        let fair = total / shards.get() as u64;
        let mut units = Vec::new();
        for (shared, family) in families {
            let whole = joined(family.clone());
            match shared {
                Some(_) if whole.bytes(self) <= fair => units.push(whole),
                _ => units.extend(family),
            }
        }
        units.sort_by_cached_key(|unit| std::cmp::Reverse(unit.bytes(self)));
        units
    }

    /// Returns the repositories with something to do.
    fn repositories(&self) -> BTreeMap<String, Unit<'_>> {
        let mut repositories: BTreeMap<String, Unit<'_>> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| row.is_work()) {
            let name = &row.destination.name;
            let unit = repositories.entry(name.to_string()).or_default();
            unit.repositories.insert(name);
            unit.rows += 1;
            unit.blobs.extend(row.content.iter().flatten().map(|blob| (&name.registry, *blob)));
        }
        repositories
    }
}

/// Repositories that go to one shard together.
#[derive(Clone, Debug, Default)]
struct Unit<'a> {
    repositories: HashSet<&'a Name>,
    rows: u64,
    blobs: HashSet<(&'a Registry, u32)>,
}

impl Unit<'_> {
    fn bytes(&self, plan: &Plan) -> u64 {
        let blobs = self.blobs.iter().map(|(_, blob)| plan.blobs[*blob as usize].size);
        blobs.fold(self.rows * ROW_BYTES, u64::saturating_add)
    }

    /// Returns the largest blob that it shares with other repositories, if it makes up much of it.
    fn family(&self, plan: &Plan, sharers: &HashMap<u32, usize>) -> Option<u32> {
        let size = |blob: &u32| plan.blobs[*blob as usize].size;
        let shared = self.blobs.iter().map(|(_, blob)| *blob).filter(|blob| sharers[blob] > 1);
        let largest = shared.max_by_key(|blob| (size(blob), *blob))?;
        let is_much = size(&largest) as f64 >= self.bytes(plan) as f64 * SHARED_PART;
        is_much.then_some(largest)
    }
}

fn joined(units: Vec<Unit<'_>>) -> Unit<'_> {
    units.into_iter().fold(Unit::default(), |mut joined, unit| {
        joined.repositories.extend(unit.repositories);
        joined.blobs.extend(unit.blobs);
        joined.rows += unit.rows;
        joined
    })
}

/// What a shard has to do.
#[derive(Clone, Debug, Default)]
struct Load<'a> {
    bytes: u64,
    blobs: HashSet<(&'a Registry, u32)>,
}

impl<'a> Load<'a> {
    /// Returns how many bytes a unit adds: those of the blobs that the shard does not move anyway.
    fn added(&self, plan: &Plan, unit: &Unit<'a>) -> u64 {
        let blobs = unit.blobs.iter().filter(|blob| !self.blobs.contains(*blob));
        blobs
            .map(|(_, blob)| plan.blobs[*blob as usize].size)
            .fold(unit.rows * ROW_BYTES, u64::saturating_add)
    }

    fn add(&mut self, plan: &Plan, unit: &Unit<'a>) {
        self.bytes = self.bytes.saturating_add(self.added(plan, unit));
        self.blobs.extend(&unit.blobs);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::plan::Action;
    use super::super::plan::tests::{blob, row};
    use super::*;

    const MB: u64 = 1_000_000;

    fn shards(plan: &Plan, of: usize) -> Vec<Plan> {
        (0..of).map(|index| plan.shard(Shard::new(index, of).unwrap())).collect()
    }

    /// Returns a plan of families: `repositories` of each have a base of 100 MB and a layer of 10 MB for each tag.
    fn families(number: u32, repositories: u32) -> Plan {
        let mut blobs: Vec<_> = (0..number).map(|family| blob(&format!("base {family}"), 100 * MB)).collect();
        let mut rows = Vec::new();
        for (family, repository) in (0..number).flat_map(|f| (0..repositories).map(move |r| (f, r))) {
            for tag in 0..2 {
                blobs.push(blob(&format!("{family} {repository} {tag}"), 10 * MB));
                let own = u32::try_from(blobs.len() - 1).unwrap();
                let name = format!("to.lab/app-{repository}-of-{family}:{tag}");
                rows.push(row(Action::Create, &name, &[family, own]));
            }
        }
        Plan::new(Vec::new(), rows, blobs)
    }

    #[test]
    fn repositories_that_share_a_layer_stay_together() {
        let plan = families(4, 10);
        for shard in shards(&plan, 4) {
            assert_eq!((shard.rows.len(), shard.bytes()), (20, 300 * MB));
            let base = shard.rows[0].content.as_ref().unwrap()[0];
            assert!(shard.rows.iter().all(|row| row.content.as_ref().unwrap()[0] == base));
        }
    }

    #[test]
    fn one_family_is_divided_evenly() {
        let plan = families(1, 40);
        for shard in shards(&plan, 4) {
            assert_eq!((shard.rows.len(), shard.bytes()), (20, 300 * MB));
        }
    }

    #[test]
    fn a_shard_is_named_by_its_number_and_the_number_of_all() {
        assert_eq!("2/4".parse::<Shard>(), Ok(Shard::new(2, 4).unwrap()));
        assert_eq!(Shard::new(2, 4).unwrap().to_string(), "2/4");
        for wrong in ["", "4/4", "1", "-1/4", "0/0", "a/b", "0/10001", "1/4/2"] {
            assert_eq!(wrong.parse::<Shard>(), Err(ShardError), "{wrong}");
        }
    }

    proptest! {
        /// Whatever the plan, each row with something to do is in one shard, and a repository is in one shard as a
        /// whole.
        #[test]
        fn shards_divide_a_plan(
            rows in prop::collection::vec((0..12_u32, 0..4_u32, 0..4_usize, prop::collection::vec(0..6_u32, 0..5)), 0..60),
            of in 1..6_usize,
        ) {
            let actions = [Action::Create, Action::Update, Action::Unchanged, Action::Delete];
            let made = rows.iter().enumerate().map(|(number, (repository, registry, action, content))| {
                row(actions[*action], &format!("r{registry}.lab/app{repository}:{number}"), content)
            });
            let blobs = (0..6).map(|n| blob(&n.to_string(), 7 * MB * n)).collect();
            let plan = Plan::new(Vec::new(), made.collect(), blobs);
            let parts = shards(&plan, of);
            let mut names: Vec<_> = parts.iter().flat_map(|part| &part.rows).map(|row| row.destination.to_string()).collect();
            let mut all: Vec<_> = plan.rows.iter().filter(|row| row.is_work()).map(|row| row.destination.to_string()).collect();
            names.sort();
            all.sort();
            prop_assert_eq!(names, all);
            let homes = parts.iter().enumerate().flat_map(|(n, part)| part.rows.iter().map(move |row| (&row.destination.name, n)));
            let homes: HashSet<_> = homes.collect();
            let repositories: HashSet<_> = homes.iter().map(|(name, _)| *name).collect();
            prop_assert_eq!(homes.len(), repositories.len());
        }
    }
}
