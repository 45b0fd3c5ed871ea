//! Functions that take a tuple, so that they have no more parameters than clippy allows.
//!
//! A struct with names, or another cut, serves the reader. A method of a foreign trait has the signature of the
//! trait, and closures over pairs are fine.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};

use super::Source;

/// Returns the functions of a file that take a tuple.
pub(super) fn tuples(source: &Source) -> Vec<String> {
    names(source).iter().map(|name| format!("`{name}` takes a tuple; a struct has names")).collect()
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
