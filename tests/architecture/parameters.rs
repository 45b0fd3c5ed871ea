//! Functions that take a tuple, so that they have no more parameters than clippy allows.
//!
//! A struct with names, or another cut, serves the reader. A method of a foreign trait has the signature of the
//! trait, and closures over pairs are fine.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};

use super::Source;

/// The functions that still take a tuple, each by its file. The list only shrinks: an entry without a function is
/// an error too.
const ALLOWED: &[(&str, &str)] = &[
    ("src/archive/agreement.rs", "agrees"),
    ("src/archive/agreement.rs", "name"),
    ("src/archive/agreement.rs", "settle"),
    ("src/archive/region.rs", "open"),
    ("src/archive/scan.rs", "spooled"),
    ("src/archive/scan.rs", "unpacked"),
    ("src/auth/authenticator.rs", "answer"),
    ("src/auth/authenticator.rs", "answer_for_a_time"),
    ("src/auth/authenticator.rs", "bearer"),
    ("src/auth/authenticator.rs", "challenged"),
    ("src/auth/session.rs", "ask_afresh"),
    ("src/auth/session.rs", "follow_challenge"),
    ("src/http/exchange.rs", "failed"),
    ("src/http/exchange.rs", "silent"),
    ("src/http/proxy/rules.rs", "contains"),
    ("src/http/reach.rs", "is_in"),
    ("src/image/build.rs", "set_env"),
    ("src/ops/accounts.rs", "account_status"),
    ("src/ops/doctor/account.rs", "token"),
    ("src/ops/doctor/content.rs", "manifest"),
    ("src/ops/import/folder.rs", "file"),
    ("src/ops/import/folder.rs", "link"),
    ("src/remote/blobs.rs", "open_there"),
    ("src/remote/manifests.rs", "fetch_manifest"),
    ("src/remote/mirrors.rs", "new"),
    ("src/remote/search.rs", "collect"),
    ("src/remote/session.rs", "status"),
    ("src/retry/outage.rs", "count"),
    ("src/retry/outage.rs", "fail"),
    ("src/retry/outage.rs", "show"),
    ("src/retry/outage.rs", "show_silence"),
    ("src/serve/api/manifests.rs", "put"),
    ("src/serve/api/uploads.rs", "append"),
    ("src/serve/api/uploads.rs", "commit"),
    ("src/serve/api/uploads.rs", "publish"),
    ("src/store/lock.rs", "wait"),
    ("src/store/settling.rs", "advance"),
    ("src/transfer/blob.rs", "wait_or_give_up"),
    ("src/transfer/controller.rs", "step"),
    ("src/transfer/processor.rs", "next"),
];

/// Returns the functions of a file that take a tuple and may not, and the entries that are no longer needed.
pub(super) fn tuples(source: &Source) -> Vec<String> {
    let found = names(source);
    let allowed = ALLOWED.iter().filter(|(path, _)| *path == source.path).map(|(_, name)| *name);
    let allowed: BTreeSet<&str> = allowed.collect();
    let new = found.iter().filter(|name| !allowed.contains(name.as_str()));
    let new = new.map(|name| format!("`{name}` takes a tuple; a struct has names"));
    let old = allowed.iter().filter(|name| !found.contains(**name));
    let old = old.map(|name| format!("`{name}` takes no tuple any more: remove it from the list"));
    new.chain(old).collect()
}

/// The files of the list that are gone.
pub(super) fn missing(sources: &[Source]) -> Vec<&'static str> {
    let exists = |path: &str| sources.iter().any(|source| source.path == path);
    ALLOWED.iter().map(|(path, _)| *path).filter(|path| !exists(path)).collect()
}

fn names(source: &Source) -> BTreeSet<String> {
    let mut reader = Reader::default();
    reader.visit_file(&source.parse());
    reader.found
}

#[derive(Default)]
struct Reader {
    found: BTreeSet<String>,
}

impl Reader {
    fn note(&mut self, signature: &syn::Signature) {
        let takes_tuple = signature.inputs.iter().any(|input| match input {
            syn::FnArg::Typed(typed) => matches!(*typed.pat, syn::Pat::Tuple(_)) || is_tuple(&typed.ty),
            syn::FnArg::Receiver(_) => false,
        });
        if takes_tuple {
            self.found.insert(signature.ident.to_string());
        }
    }
}

fn is_tuple(ty: &syn::Type) -> bool {
    match ty {
        syn::Type::Tuple(tuple) => !tuple.elems.is_empty(),
        syn::Type::Reference(reference) => is_tuple(&reference.elem),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !super::attributes_of(item).iter().any(super::is_test_only) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.note(&item.sig);
        visit::visit_item_fn(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if item.trait_.is_none() {
            let functions = item.items.iter().filter_map(|item| match item {
                syn::ImplItem::Fn(function) => Some(&function.sig),
                _ => None,
            });
            functions.for_each(|signature| self.note(signature));
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.note(&item.sig);
        visit::visit_trait_item_fn(self, item);
    }
}
