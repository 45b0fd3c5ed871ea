//! The rules of the house that no compiler knows: which module may use which, and how large things get.
//!
//! The library's modules are layers. [`LAYERS`] lists them from the bottom to the top with what each may use.
//! Every check is a function from source text to findings, so that the tests can show that it finds something.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod circles;
mod english;
mod parameters;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// The modules in the order of `src/lib.rs`, each with those that it may use.
const LAYERS: &[(&str, &str)] = &[
    ("diagnose", ""),
    ("digest", "diagnose"),
    ("reference", "diagnose digest"),
    ("image", "diagnose digest"),
    ("protocol", "diagnose digest reference image"),
    ("content", "diagnose digest reference image"),
    ("signature", "diagnose digest"),
    ("retry", "diagnose"),
    ("config", "diagnose digest reference"),
    ("cache", ""),
    ("http", "diagnose digest reference protocol retry config"),
    ("auth", "diagnose digest reference protocol retry config cache http"),
    ("remote", "diagnose digest reference image protocol content retry config cache http auth"),
    ("store", "diagnose digest reference image content"),
    ("archive", "diagnose digest reference image content store"),
    ("filesystem", "diagnose digest image content store archive"),
    ("engine", "diagnose reference image config http archive"),
    ("transfer", "diagnose digest reference image content retry"),
    ("sync", "diagnose digest reference image config"),
    ("mentions", "diagnose digest reference"),
    ("packages", "diagnose"),
    ("serve", "diagnose digest reference image protocol content store"),
    (
        "ops",
        "diagnose digest reference image protocol content signature retry config cache http auth remote store archive \
         filesystem engine transfer sync mentions packages",
    ),
];

/// The program's rooms, each with those that it may use. `main` uses all of them.
const ROOMS: &[(&str, &str)] = &[
    ("ui", ""),
    ("cli", "ui"),
    ("signals", "ui"),
    ("lines", ""),
    ("context", "ui cli signals lines"),
    ("credential_helper", "ui"),
    ("browse", "ui signals context"),
    ("commands", "ui cli signals context browse"),
];

/// Libraries that are not for every module, each with those that may name it; the program's rooms are below `program`.
const FOREIGN: &[(&str, &str)] = &[
    ("anyhow", "program/main"),
    ("aws_lc_rs", "digest http signature"),
    ("axum", "serve"),
    ("clap", "program/cli program/commands program/main program/ui"),
    ("clap_mangen", "program/cli"),
    ("dirs", "config"),
    ("flate2", "archive http ops"),
    ("gotmpl", "program/ui"),
    ("granit_parser", "mentions"),
    ("hyper_util", "serve"),
    ("jiff", "filesystem image http protocol ops program/browse program/commands program/ui"),
    ("keyring", "auth program/credential_helper"),
    ("keyring_core", "auth"),
    ("oci_spec", "image"),
    ("ratatui", "program/browse"),
    ("regex", "sync"),
    ("reqwest", "http auth remote engine ops"),
    ("rustls", "http"),
    ("rustls_native_certs", "http"),
    ("semver", "sync"),
    ("serde_saphyr", "sync"),
    ("signal_hook", "program/signals"),
    ("sigstore_verify", "signature"),
    ("tar", "archive filesystem ops"),
    ("toml", "config sync"),
    ("tracing_subscriber", "program/ui"),
    ("unicode_width", "program/cli program/ui"),
    ("webpki_root_certs", "http"),
    ("x509_parser", "http signature"),
    ("zstd", "archive"),
];

/// Libraries that every module may name: types without a will of their own, and what all asynchronous code needs.
const EVERYWHERE: &[&str] = &[
    "async_trait",
    "base64",
    "bytes",
    "fastrand",
    "futures_util",
    "rustix",
    "serde",
    "serde_json",
    "tempfile",
    "thiserror",
    "tokio",
    "tracing",
    "zeroize",
];

/// Lines of code in a file, without blank lines, comments and tests.
const FILE_LINES: usize = 400;

/// Lines of code in a function's body, without blank lines and comments.
const FUNCTION_LINES: usize = 60;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] =
    &["util", "utils", "common", "helper", "helpers", "manager", "managers", "misc", "shared"];

/// Macros by which a library would talk to a person.
const PRINTING: &[&str] = &["print", "println", "eprint", "eprintln", "dbg"];

// ---------------------------------------------------------------------------------------------------------
// The source tree
// ---------------------------------------------------------------------------------------------------------

/// A file of the package.
struct Source {
    /// As it is shown: relative to the package, with slashes.
    path: String,
    text: String,
}

impl Source {
    /// A file that is not there, for showing that a check finds something.
    fn pretended(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Its place in the module tree, from the crate's root: `["image", "platform"]`; empty for `lib.rs`.
    fn module_path(&self) -> Vec<String> {
        let path = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let mut parts: Vec<String> = path.trim_end_matches(".rs").split('/').map(ToOwned::to_owned).collect();
        if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
            parts.pop();
        }
        parts
    }

    /// The layer it belongs to; `None` for `lib.rs` and for the program.
    fn layer(&self) -> Option<String> {
        if self.is_program() { None } else { self.module_path().into_iter().next() }
    }

    /// The room of the program it belongs to; `None` for the library.
    fn room(&self) -> Option<String> {
        if self.is_program() {
            self.module_path().into_iter().nth(2).or(Some("main".to_owned()))
        } else {
            None
        }
    }

    fn is_program(&self) -> bool {
        self.path.starts_with("src/bin/")
    }

    fn parse(&self) -> syn::File {
        syn::parse_file(&self.text).unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }
}

/// All sources of library and program, in the order of their paths.
fn sources() -> Vec<Source> {
    sources_in(&["src"])
}

/// The sources in some folders of the package, in the order of their paths.
fn sources_in(folders: &[&str]) -> Vec<Source> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in folders {
        collect_rust_files(&package.join(folder), &mut files);
    }
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let shown = file.strip_prefix(package).unwrap().to_str().unwrap().replace('\\', "/");
            Source { text: fs::read_to_string(&file).unwrap(), path: shown }
        })
        .collect()
}

fn collect_rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// What people read beside the sources.
fn documents() -> Vec<Source> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> =
        ["README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(Into::into).into();
    for folder in ["man", "docs", "benches", "completions"] {
        let Ok(entries) = fs::read_dir(package.join(folder)) else { continue };
        files.extend(entries.map(|entry| Path::new(folder).join(entry.unwrap().file_name())).filter(
            |file| {
                file.extension()
                    .is_some_and(|extension| ["md", "1", "5"].iter().any(|known| extension == *known))
            },
        ));
    }
    files.sort();
    let read = |path: PathBuf| Source {
        text: fs::read_to_string(package.join(&path)).unwrap(),
        path: path.to_str().unwrap().to_owned(),
    };
    files.into_iter().map(read).collect()
}

/// Runs a check over all sources and fails with everything it found.
fn assert_clean(check: impl Fn(&Source) -> Vec<String>) {
    assert_all_clean(&sources(), check);
}

fn assert_all_clean(sources: &[Source], check: impl Fn(&Source) -> Vec<String>) {
    let mut report = String::new();
    for source in sources {
        for finding in check(source) {
            writeln!(report, "  {}: {finding}", source.path).unwrap();
        }
    }
    assert!(report.is_empty(), "the house rules are broken:\n{report}");
}

// ---------------------------------------------------------------------------------------------------------
// What a file names
// ---------------------------------------------------------------------------------------------------------

/// What a file names outside its tests.
#[derive(Default)]
struct Names {
    /// Paths from the crate's root, `["store", "Store"]`.
    own: BTreeSet<Vec<String>>,
    /// The first part of every other path.
    foreign: BTreeSet<String>,
    /// Macros that print.
    printing: BTreeSet<String>,
    /// Modules declared.
    modules: Vec<String>,
    /// Public functions with a parameter of type `bool`.
    bool_parameters: Vec<String>,
}

impl Names {
    fn of(source: &Source) -> Self {
        let mut reader = Reader::at(source.module_path(), Vec::new());
        reader.visit_file(&source.parse());
        reader.names
    }
}

/// Walks a file's syntax and notes what it names.
struct Reader {
    /// The module being read.
    at: Vec<String>,
    /// The crate's root.
    root: Vec<String>,
    names: Names,
}

impl Reader {
    fn at(at: Vec<String>, root: Vec<String>) -> Self {
        Self { at, root, names: Names::default() }
    }

    /// Notes a path, with `crate`, `self` and `super` resolved.
    fn note(&mut self, path: &[String]) {
        let Some(first) = path.first() else { return };
        let root = match first.as_str() {
            "crate" | "$crate" => self.root.clone(),
            "self" => self.at.clone(),
            "super" => self.at[..self.at.len().saturating_sub(1)].to_vec(),
            child if self.names.modules.iter().any(|module| module == child) => {
                self.names.own.insert([&self.at[..], path].concat());
                return;
            }
            _ => {
                self.names.foreign.insert(first.clone());
                return;
            }
        };
        let mut resolved = root;
        for part in &path[1..] {
            if part == "super" {
                resolved.pop();
            } else {
                resolved.push(part.clone());
            }
        }
        self.names.own.insert(resolved);
    }

    fn note_use(&mut self, tree: &syn::UseTree, prefix: &[String]) {
        let with = |name: String| [prefix, &[name]].concat();
        match tree {
            syn::UseTree::Path(path) => self.note_use(&path.tree, &with(path.ident.to_string())),
            syn::UseTree::Name(name) => self.note(&with(name.ident.to_string())),
            syn::UseTree::Rename(rename) => self.note(&with(rename.ident.to_string())),
            syn::UseTree::Glob(_) => self.note(&with("*".to_owned())),
            syn::UseTree::Group(group) => {
                for item in &group.items {
                    self.note_use(item, prefix);
                }
            }
        }
    }

    /// Notes the paths within a macro's tokens, which are no syntax yet.
    fn note_tokens(&mut self, tokens: &str) {
        let words: Vec<&str> = tokens.split_whitespace().collect();
        let mut at = 0;
        while at < words.len() {
            let mut path = vec![word_of(words[at])];
            while words.get(at + 1) == Some(&"::") && at + 2 < words.len() {
                path.push(word_of(words[at + 2]));
                at += 2;
            }
            if path.len() > 1 {
                self.note(&path);
            }
            at += 1;
        }
    }

    fn note_signature(&mut self, visibility: &syn::Visibility, signature: &syn::Signature) {
        let takes_bool = signature.inputs.iter().any(|input| {
            matches!(input, syn::FnArg::Typed(typed)
                if matches!(&*typed.ty, syn::Type::Path(path) if path.path.is_ident("bool")))
        });
        if takes_bool && matches!(visibility, syn::Visibility::Public(_)) {
            self.names.bool_parameters.push(signature.ident.to_string());
        }
    }
}

/// The identifier in a word of a macro's tokens: `(crate` and `Store,` have more around it.
fn word_of(token: &str) -> String {
    token
        .trim_matches(|c: char| !c.is_alphanumeric() && c != '_' && c != '$')
        .trim_start_matches('$')
        .to_owned()
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !attributes_of(item).iter().any(is_test_only) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let name = module.ident.to_string();
        self.names.modules.push(name.clone());
        self.at.push(name);
        visit::visit_item_mod(self, module);
        self.at.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.note_use(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if parts.len() > 1 {
            self.note(&parts);
        }
        visit::visit_path(self, path);
    }

    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {
        // `pub(in crate::x)` uses nothing.
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        let name = item.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        if PRINTING.contains(&name.as_str()) {
            self.names.printing.insert(name);
        }
        self.note_tokens(&item.tokens.to_string());
        visit::visit_macro(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.note_signature(&item.vis, &item.sig);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.note_signature(&item.vis, &item.sig);
        visit::visit_impl_item_fn(self, item);
    }
}

fn attributes_of(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test_only(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
}

// ---------------------------------------------------------------------------------------------------------
// The checks
// ---------------------------------------------------------------------------------------------------------

fn wrong_arrows(source: &Source) -> Vec<String> {
    let Some(layer) = source.layer() else { return Vec::new() };
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
        return vec![format!("`{layer}` is no module of the house; the table of layers does not have it")];
    };
    let may_use = |name: &str| name == layer || allowed.split(' ').any(|module| module == name);
    Names::of(source)
        .own
        .iter()
        .filter(|path| !path.first().is_some_and(|name| may_use(name)))
        .map(|path| format!("`{layer}` must not use `crate::{}`", path.join("::")))
        .collect()
}

fn wrong_doors(source: &Source) -> Vec<String> {
    let Some(room) = source.room().filter(|room| room != "main") else { return Vec::new() };
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return vec![format!("`{room}` is no room of the program; the table does not have it")];
    };
    let may_use = |name: &str| name == room || allowed.split(' ').any(|other| other == name);
    let root = ["bin".to_owned(), "regcli".to_owned()];
    let mut reader = Reader::at(source.module_path(), root.to_vec());
    reader.visit_file(&source.parse());
    let used = reader.names.own.iter().filter_map(|path| path.strip_prefix(&root[..])?.first());
    let used: BTreeSet<&String> = used.filter(|name| ROOMS.iter().any(|(room, _)| room == name)).collect();
    let wrong = used.into_iter().filter(|name| !may_use(name));
    wrong.map(|name| format!("`{room}` must not use `{name}`")).collect()
}

fn misplaced_libraries(source: &Source) -> Vec<String> {
    if source.path.contains("/tests") {
        return Vec::new();
    }
    let place = match (source.layer(), source.room()) {
        (Some(layer), _) => layer,
        (None, Some(room)) => format!("program/{room}"),
        (None, None) => return Vec::new(),
    };
    let names = Names::of(source).foreign;
    let named = FOREIGN.iter().filter(|(library, _)| names.contains(*library));
    let misplaced = named.filter(|(_, places)| !places.split(' ').any(|other| other == place));
    misplaced
        .map(|(library, places)| format!("`{place}` must not name `{library}`, only: {places}"))
        .collect()
}

fn layers_out_of_order(source: &Source) -> Vec<String> {
    if source.path != "src/lib.rs" {
        return Vec::new();
    }
    let order: Vec<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    let places: Vec<(String, Option<usize>)> = Names::of(source)
        .modules
        .into_iter()
        .map(|module| (module.clone(), order.iter().position(|name| *name == module)))
        .collect();
    let unknown = places
        .iter()
        .filter(|(_, place)| place.is_none())
        .map(|(name, _)| format!("`{name}` is no module of the house; the table of layers does not have it"));
    let misplaced = places
        .windows(2)
        .filter(|pair| pair[0].1 > pair[1].1)
        .map(|pair| format!("`{}` stands above `{}`, which it may use", pair[0].0, pair[1].0));
    unknown.chain(misplaced).collect()
}

fn foreign_images(source: &Source) -> Vec<String> {
    let is_home = source.layer().as_deref() == Some("image");
    let names = Names::of(source);
    if names.foreign.contains("oci_spec") && !is_home {
        return vec!["only `image` names `oci_spec`".to_owned()];
    }
    Vec::new()
}

fn printing_in_the_library(source: &Source) -> Vec<String> {
    if source.is_program() {
        return Vec::new();
    }
    Names::of(source).printing.iter().map(|name| format!("the library does not print: `{name}!`")).collect()
}

fn empty_names(source: &Source) -> Vec<String> {
    let mut modules = Names::of(source).modules;
    modules.extend(source.module_path());
    modules.sort();
    modules.dedup();
    modules.retain(|name| EMPTY_NAMES.contains(&name.as_str()));
    modules.iter().map(|name| format!("`{name}` says nothing about what is inside")).collect()
}

fn public_bools(source: &Source) -> Vec<String> {
    if source.is_program() {
        return Vec::new();
    }
    Names::of(source)
        .bool_parameters
        .iter()
        .map(|name| format!("the public function `{name}` takes a bool, which says nothing at its call"))
        .collect()
}

fn long_files(source: &Source) -> Vec<String> {
    let lines = lines_of_code(&without_tests(&source.text));
    if lines > FILE_LINES {
        return vec![format!("{lines} lines of code, more than {FILE_LINES}")];
    }
    Vec::new()
}

fn long_functions(source: &Source) -> Vec<String> {
    functions(&without_tests(&source.text))
        .into_iter()
        .filter(|(_, lines)| *lines > FUNCTION_LINES)
        .map(|(name, lines)| format!("`{name}` has {lines} lines of code, more than {FUNCTION_LINES}"))
        .collect()
}

// ---------------------------------------------------------------------------------------------------------
// Lines. They are counted in the text as rustfmt leaves it: what begins at some depth ends with a brace there.
// ---------------------------------------------------------------------------------------------------------

/// The text without its modules for tests.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            let indent = indent_of(line);
            let mut first = lines.next().unwrap_or_default();
            while first.trim_start().starts_with("#[") {
                first = lines.next().unwrap_or_default();
            }
            if first.trim_end().ends_with('{') {
                lines.by_ref().find(|line| is_end(line, indent));
            }
            continue;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

fn lines_of_code<'a>(text: impl IntoLines<'a>) -> usize {
    text.into_lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//")).count()
}

/// What has lines: a text, or some lines of it.
trait IntoLines<'a> {
    fn into_lines(self) -> impl Iterator<Item = &'a str>;
}

impl<'a> IntoLines<'a> for &'a String {
    fn into_lines(self) -> impl Iterator<Item = &'a str> {
        self.lines()
    }
}

impl<'a> IntoLines<'a> for &[&'a str] {
    fn into_lines(self) -> impl Iterator<Item = &'a str> {
        self.iter().copied()
    }
}

/// Every function with the lines of code of its body.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = indent_of(line);
        let Some(body) = lines[start..].iter().position(|line| line.trim_end().ends_with(['{', '}', ';']))
        else {
            continue;
        };
        if !lines[start + body].trim_end().ends_with('{') {
            continue;
        }
        let first = start + body + 1;
        let length = lines[first..].iter().position(|line| is_end(line, indent)).unwrap_or(0);
        found.push((name, lines_of_code(&lines[first..first + length])));
    }
    found
}

/// The name of the function that begins in this line.
fn function_name(line: &str) -> Option<String> {
    let (before, after) = line.split_once("fn ")?;
    let is_head = before.split_whitespace().all(|word| {
        word.starts_with("pub") || matches!(word, "const" | "async" | "unsafe" | "extern" | "crate)")
    });
    let name: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (is_head && !name.is_empty()).then_some(name)
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_end(line: &str, indent: usize) -> bool {
    indent_of(line) == indent && line.trim_start().starts_with('}')
}

// ---------------------------------------------------------------------------------------------------------
// The house is in order
// ---------------------------------------------------------------------------------------------------------

#[test]
fn every_module_uses_only_what_its_layer_may_use() {
    assert_clean(wrong_arrows);
}

#[test]
fn lib_rs_lists_the_layers_from_the_bottom_to_the_top() {
    assert_clean(layers_out_of_order);
}

#[test]
fn the_table_of_layers_points_downwards_only() {
    for (place, (name, allowed)) in LAYERS.iter().enumerate() {
        for used in allowed.split(' ').filter(|used| !used.is_empty()) {
            let below = LAYERS[..place].iter().any(|(lower, _)| *lower == used);
            assert!(below, "`{name}` may use `{used}`, which is not below it");
        }
    }
}

#[test]
fn every_room_of_the_program_uses_only_what_it_may_use() {
    assert_clean(wrong_doors);
}

#[test]
fn a_library_is_named_only_where_it_belongs() {
    assert_clean(misplaced_libraries);
}

#[test]
fn every_library_has_its_place() {
    let package = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let dependencies = package.split("[dependencies]\n").nth(1).unwrap().split("\n[").next().unwrap();
    let known =
        |name: &str| EVERYWHERE.contains(&name) || FOREIGN.iter().any(|(library, _)| *library == name);
    for line in dependencies.lines().filter(|line| line.contains(" = ")) {
        let name = line.split(' ').next().unwrap().replace('-', "_");
        assert!(known(&name), "{name}: in which modules may it be named?");
    }
}

#[test]
fn a_wrong_door_and_a_misplaced_library_are_found() {
    let wrong = Source::pretended("src/bin/regcli/ui/table.rs", "use crate::commands::pull::Pull;");
    assert_eq!(wrong_doors(&wrong), ["`ui` must not use `commands`"]);
    let right =
        Source::pretended("src/bin/regcli/commands/pull.rs", "use crate::ui::Ui; use super::batch::Batch;");
    assert_eq!(wrong_doors(&right), Vec::<String>::new());
    let misplaced = Source::pretended("src/store/index.rs", "fn f() { reqwest::get(); }");
    assert_eq!(misplaced_libraries(&misplaced).len(), 1);
    assert_eq!(
        misplaced_libraries(&Source::pretended("src/http/x.rs", "use reqwest::Url;")),
        Vec::<String>::new()
    );
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let sources = sources();
    let graph = circles::Graph::of(&sources);
    let circles = graph.circles();
    let shown: Vec<String> =
        circles.iter().map(|circle| format!("{}: {}", circle.len(), circle.join(" "))).collect();
    assert!(circles.is_empty(), "files in circles:\n{}", shown.join("\n"));
}

#[test]
fn the_english_is_plain() {
    let mut found = Vec::new();
    for source in sources().iter().chain(&documents()) {
        found.extend(
            english::in_source(source).into_iter().map(|finding| format!("{}: {finding}", source.path)),
        );
    }
    assert!(found.is_empty(), "{} phrases to be read twice:\n{}", found.len(), found.join("\n"));
}

#[test]
fn a_phrase_that_is_read_twice_is_found_and_plain_words_are_not() {
    let text = "Whoever asks is told.\nThere is no image.\nIt is no image, and goes on.";
    assert_eq!(english::tell_tales(text).len(), 3, "{:?}", english::tell_tales(text));
}

#[test]
fn a_circle_of_files_is_found_through_what_a_module_hands_out() {
    let files = [
        ("src/a/mod.rs", "mod b; mod c; pub use b::B; pub use c::C;"),
        ("src/a/b.rs", "use super::C; pub struct B(C);"),
        ("src/a/c.rs", "pub struct C; fn f() { crate::a::B::new(); }"),
        ("src/d.rs", "use crate::a::{B, C};"),
    ];
    let sources = files.map(|(path, text)| Source::pretended(path, text));
    let graph = circles::Graph::of(&sources);
    assert_eq!(graph.circles(), [["src/a/b.rs", "src/a/c.rs"]]);
}

#[test]
fn a_module_is_in_a_circle_with_its_own_file_if_both_use_each_other() {
    for text in [
        "mod b; use b::B; pub struct A; fn f(_: B) {}",
        "mod b; pub struct A; fn f() { b::g(); }",
        "mod b; pub struct A; fn f() { self::b::g(); }",
    ] {
        let files = [("src/a/mod.rs", text), ("src/a/b.rs", "use super::A; pub struct B(A); pub fn g() {}")];
        let sources = files.map(|(path, text)| Source::pretended(path, text));
        assert_eq!(circles::Graph::of(&sources).circles(), [["src/a/mod.rs", "src/a/b.rs"]], "{text}");
    }
}

#[test]
fn oci_spec_is_named_in_the_image_module_only() {
    assert_clean(foreign_images);
}

#[test]
fn the_library_never_prints() {
    assert_clean(printing_in_the_library);
}

#[test]
fn every_module_is_named_by_a_word_of_the_field() {
    assert_clean(empty_names);
}

#[test]
fn no_public_function_takes_a_bool() {
    assert_clean(public_bools);
}

#[test]
fn no_function_takes_a_tuple() {
    assert_all_clean(&sources_in(&["src", "examples", "benches"]), parameters::tuples);
}

#[test]
fn no_file_outgrows_four_hundred_lines_of_code() {
    assert_clean(long_files);
}

#[test]
fn no_function_outgrows_sixty_lines_of_code() {
    assert_clean(long_functions);
}

// ---------------------------------------------------------------------------------------------------------
// The checks find what they are for
// ---------------------------------------------------------------------------------------------------------

#[track_caller]
fn assert_finds(check: fn(&Source) -> Vec<String>, path: &str, text: &str, finding: &str) {
    let findings = check(&Source::pretended(path, text));
    assert!(findings.iter().any(|found| found == finding), "expected `{finding}`, found {findings:#?}");
}

#[track_caller]
fn assert_accepts(check: fn(&Source) -> Vec<String>, path: &str, text: &str) {
    assert_eq!(check(&Source::pretended(path, text)), Vec::<String>::new());
}

#[test]
fn a_wrong_arrow_is_found_in_whatever_way_it_is_written() {
    let found = "`transfer` must not use `crate::remote::Remote";
    for text in [
        "use crate::remote::Remote;",
        "use crate::{content::Source, remote::{self, Remote}};",
        "use super::remote::Remote;",
        "fn f() { let _ = crate::remote::Remote::new(); }",
        "fn f(_: &crate::remote::Remote) {}",
        "fn f() { let _ = format!(\"{}\", crate::remote::Remote); }",
        "mod inner { use super::super::remote::Remote; }",
        "impl crate::remote::Remote for u8 {}",
    ] {
        let findings = wrong_arrows(&Source::pretended("src/transfer/mod.rs", text));
        assert!(findings.iter().any(|finding| finding.starts_with(found)), "{text}: {findings:#?}");
    }
    assert_finds(
        wrong_arrows,
        "src/serve/blobs.rs",
        "use super::super::http::Client;",
        "`serve` must not use `crate::http::Client`",
    );
}

#[test]
fn the_whole_crate_at_once_is_a_wrong_arrow() {
    assert_finds(wrong_arrows, "src/store/mod.rs", "use crate::*;", "`store` must not use `crate::*`");
}

#[test]
fn a_module_that_the_table_does_not_have_is_found() {
    let finding = "`cellar` is no module of the house; the table of layers does not have it";
    assert_finds(wrong_arrows, "src/cellar.rs", "", finding);
    assert_finds(layers_out_of_order, "src/lib.rs", "pub mod cellar;", finding);
}

#[test]
fn right_arrows_own_paths_and_tests_are_accepted() {
    let text = "
        use crate::content::Source;
        use super::meter::Meter;
        pub(in crate::transfer) fn f() { crate::transfer::plan::plan(); std::mem::drop(0); }
        #[cfg(test)]
        mod tests { use crate::store::Store; }
        #[cfg(test)]
        use crate::remote::Remote;
    ";
    assert_accepts(wrong_arrows, "src/transfer/copy.rs", text);
    assert_accepts(wrong_arrows, "src/bin/regcli/context.rs", "use regcli::serve::Server;");
}

#[test]
fn layers_in_the_wrong_order_are_found() {
    assert_finds(
        layers_out_of_order,
        "src/lib.rs",
        "pub mod digest;\npub mod diagnose;",
        "`digest` stands above `diagnose`, which it may use",
    );
    assert_accepts(layers_out_of_order, "src/lib.rs", "pub mod diagnose;\npub mod digest;\npub mod ops;");
}

#[test]
fn oci_spec_outside_the_image_module_is_found() {
    let text = "use oci_spec::image::Descriptor;";
    assert_finds(foreign_images, "src/store/mod.rs", text, "only `image` names `oci_spec`");
    assert_finds(foreign_images, "src/bin/regcli/main.rs", text, "only `image` names `oci_spec`");
    assert_accepts(foreign_images, "src/image/build.rs", text);
}

#[test]
fn printing_is_found_in_the_library_and_left_to_the_program() {
    let text = "fn f() { if true { eprintln!(\"x\"); } }";
    let finding = "the library does not print: `eprintln!`";
    assert_finds(printing_in_the_library, "src/ops/pull.rs", text, finding);
    assert_accepts(printing_in_the_library, "src/bin/regcli/ui/report.rs", text);
}

#[test]
fn a_module_name_that_says_nothing_is_found() {
    let finding = "`util` says nothing about what is inside";
    assert_finds(empty_names, "src/http/mod.rs", "mod util;", finding);
    assert_finds(empty_names, "src/bin/regcli/util.rs", "", finding);
}

#[test]
fn a_bool_in_a_public_function_is_found() {
    let finding = "the public function `open` takes a bool, which says nothing at its call";
    assert_finds(public_bools, "src/store/mod.rs", "pub fn open(create: bool) {}", finding);
    assert_finds(public_bools, "src/store/mod.rs", "impl Store { pub fn open(&self, c: bool) {} }", finding);
    assert_accepts(
        public_bools,
        "src/store/mod.rs",
        "fn open(create: bool) {} pub fn ready() -> bool { true }",
    );
}

#[test]
fn a_tuple_is_found_in_the_signature_of_a_function_and_nowhere_else() {
    let finding = "`f` takes a tuple; a struct has names";
    for text in [
        "fn f((a, b): (u8, u8)) {}",
        "fn f(pair: &(u8, u8)) {}",
        "struct X; impl X { async fn f(&self, (a, b): (u8, &str)) {} }",
        "trait X { fn f(&self, pair: (u8, u8)); }",
        "fn g() { fn f((a, b): (u8, u8)) {} }",
    ] {
        assert_finds(parameters::tuples, "src/digest.rs", text, finding);
    }
    for text in [
        "fn f(a: u8, unit: ()) -> (u8, u8) { let (a, b): (u8, u8) = (0, 0); (a, b) }",
        "fn f(pairs: &[(u8, u8)]) { pairs.iter().map(|(a, b): &(u8, u8)| a + b); }",
        "impl From<(u8, u8)> for X { fn from((a, b): (u8, u8)) -> Self { X } }",
        "#[cfg(test)] mod tests { fn f((a, b): (u8, u8)) {} }",
    ] {
        assert_accepts(parameters::tuples, "src/digest.rs", text);
    }
}

#[test]
fn a_file_is_measured_without_its_comments_and_its_tests() {
    let code = "const X: u8 = 0;\n".repeat(FILE_LINES);
    let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "    const Y: u8 = 0;\n".repeat(50));
    let text = format!("//! Words.\n\n{code}\n/// Words.\n{tests}");
    assert_accepts(long_files, "src/digest.rs", &text);
    assert_finds(
        long_files,
        "src/digest.rs",
        &format!("{text}const Z: u8 = 0;\n"),
        "401 lines of code, more than 400",
    );
}

#[test]
fn a_long_function_is_found_wherever_it_stands() {
    let body = "        let _ = 0;\n".repeat(FUNCTION_LINES + 1);
    let method = format!(
        "impl X {{\n    pub(crate) async fn long(\n        &self,\n    ) -> u8\n    where\n        u8: Copy,\n    {{\n{body}    }}\n}}\n"
    );
    let finding = "`long` has 61 lines of code, more than 60";
    assert_finds(long_functions, "src/digest.rs", &method, finding);
    assert_accepts(long_functions, "src/digest.rs", &format!("#[cfg(test)]\nmod tests {{\n{method}}}\n"));
    assert_accepts(long_functions, "src/digest.rs", "fn short() {}\n\nfn other() {\n    short();\n}\n");
}
