//! Files that use each other in a circle, so that none of them can be read first.
//!
//! A module's own file may hand out what its files define (`pub use`); that does not count as
//! a use. `super::Thing` is a use of the file that defines it, wherever that is.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::Visit as _;

use super::{Reader, Source};

/// A place in the module tree, from the root of all sources.
type Path = Vec<String>;

/// What the files of a crate use of each other.
pub(super) struct Graph {
    /// The files, by their modules.
    files: BTreeMap<Path, String>,
    /// What modules have from elsewhere by `use`, under which name.
    imports: BTreeMap<Path, BTreeMap<String, Path>>,
    /// Which modules each module uses.
    edges: BTreeMap<Path, BTreeSet<Path>>,
}

impl Graph {
    pub(super) fn of(sources: &[Source]) -> Self {
        let files = sources.iter().map(|source| (source.module_path(), source.path.clone())).collect();
        let mut graph = Self { files, imports: BTreeMap::new(), edges: BTreeMap::new() };
        let read: Vec<_> = sources.iter().map(|source| (source, Uses::of(source))).collect();
        for (source, uses) in &read {
            graph.imports.insert(source.module_path(), uses.imports.clone());
        }
        for (source, uses) in read {
            let from = source.module_path();
            let used = uses.used.iter().filter_map(|path| graph.file_of(path, 0));
            let used = used.filter(|to| *to != from).collect();
            graph.edges.insert(from, used);
        }
        graph
    }

    /// The module whose file defines what a path means.
    fn file_of(&self, path: &[String], depth: usize) -> Option<Path> {
        let known = (0..=path.len()).rev().find(|length| self.files.contains_key(&path[..*length]))?;
        let (module, rest) = path.split_at(known);
        let imported = rest.first().and_then(|name| self.imports.get(module)?.get(name));
        match imported {
            Some(imported) if depth < 8 => self.file_of(&[imported, &rest[1..]].concat(), depth + 1),
            _ => Some(module.to_vec()),
        }
    }

    /// The circles, each with its files.
    pub(super) fn circles(&self) -> Vec<Vec<&str>> {
        let mut left: BTreeSet<&Path> = self.files.keys().collect();
        let mut circles = Vec::new();
        while let Some(first) = left.pop_first() {
            let there = self.reached_from(first);
            let circle: Vec<&Path> = left
                .iter()
                .copied()
                .filter(|other| there.contains(other) && self.reached_from(other).contains(first))
                .collect();
            if circle.is_empty() {
                continue;
            }
            left.retain(|other| !circle.contains(other));
            let all = std::iter::once(first).chain(circle);
            circles.push(all.map(|module| self.files[module].as_str()).collect());
        }
        circles
    }

    fn reached_from<'a>(&'a self, module: &'a Path) -> BTreeSet<&'a Path> {
        let (mut reached, mut waiting) = (BTreeSet::new(), vec![module]);
        while let Some(next) = waiting.pop() {
            for used in self.edges.get(next).into_iter().flatten() {
                if reached.insert(used) {
                    waiting.push(used);
                }
            }
        }
        reached
    }
}

/// What one file uses and imports, with paths from the root of all sources.
struct Uses {
    used: BTreeSet<Path>,
    imports: BTreeMap<String, Path>,
}

impl Uses {
    fn of(source: &Source) -> Self {
        let root: Path =
            if source.is_program() { vec!["bin".to_owned(), "regcli".to_owned()] } else { Vec::new() };
        let file = source.parse();
        let (mut imports, mut facade) = (BTreeMap::new(), BTreeSet::new());
        for item in &file.items {
            let syn::Item::Use(item) = item else { continue };
            if item.attrs.iter().any(super::is_test_only) {
                continue;
            }
            for (name, path) in Self::imported(source, &item.tree, &root) {
                if !matches!(item.vis, syn::Visibility::Inherited) {
                    facade.insert(path.clone());
                }
                imports.insert(name, path);
            }
        }
        let mut reader = Reader::at(source.module_path(), root.clone());
        reader.visit_file(&file);
        let named = reader.names.own.into_iter().chain(imports.values().cloned());
        let used = named.filter(|path| !facade.contains(path)).collect();
        Self { used, imports }
    }

    /// What a `use` brings, by its name here.
    fn imported(source: &Source, tree: &syn::UseTree, root: &Path) -> Vec<(String, Path)> {
        let mut found = Vec::new();
        let mut waiting = vec![(tree.clone(), Vec::new())];
        while let Some((tree, prefix)) = waiting.pop() {
            let with = |name: &syn::Ident| [&prefix[..], &[name.to_string()]].concat();
            match tree {
                syn::UseTree::Path(path) => waiting.push((*path.tree, with(&path.ident))),
                syn::UseTree::Name(name) => found.push((name.ident.to_string(), with(&name.ident))),
                syn::UseTree::Rename(rename) => found.push((rename.rename.to_string(), with(&rename.ident))),
                syn::UseTree::Group(group) => {
                    waiting.extend(group.items.into_iter().map(|item| (item, prefix.clone())));
                }
                syn::UseTree::Glob(_) => {}
            }
        }
        let at = source.module_path();
        let absolute = |(mut name, path): (String, Path)| {
            if name == "self" {
                name = path.iter().rev().nth(1)?.clone();
            }
            let mut reader = Reader::at(at.clone(), root.clone());
            // Without `self`, a path begins with a module declared here, or with another crate.
            let path: Path = path.into_iter().filter(|part| part != "self").collect();
            reader.note(&path);
            let own = reader.names.own.pop_first();
            Some((name, own.unwrap_or_else(|| [&at[..], &path[..]].concat())))
        };
        found.into_iter().filter_map(absolute).collect()
    }
}
