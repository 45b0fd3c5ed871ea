//! `regcli mirror list`

use async_trait::async_trait;
use clap::Args;
use regcli::config::NamedMirror;
use regcli::diagnose::Failure;
use regcli::reference::Registry;

use crate::commands::run::Run;
use crate::context::Context;
use crate::ui::format::fit::Flexible;
use crate::ui::format::template::{Cell, Format, Row};
use crate::ui::format::units;

/// List the mirrors of each registry, in the order of use
#[derive(Args, Debug)]
#[command(
    visible_alias = "ls",
    after_help = "Fields for --format: .Registry .Mirror .Source .State\n\n\
        Mirrors come from config.toml (any registry), \"registry-mirrors\" in daemon.json (Docker Hub), and, for\n\
        a registry without any, containerd's hosts.toml, else podman's registries.conf. A mirror that did not\n\
        respond is tried last for five minutes.\n\n\
        Examples:\n  regcli mirror list\n  regcli mirror list --registry ghcr.io\n  \
        regcli mirror list --format json"
)]
pub(crate) struct List {
    /// table, table TEMPLATE, json, or a Go template
    #[arg(long, value_name = "FORMAT", default_value = "table", hide_default_value = true)]
    format: Format,

    /// Only the mirrors of this registry
    #[arg(long, value_name = "HOST[:PORT]", value_parser = Registry::from_server)]
    registry: Option<Registry>,
}

#[async_trait(?Send)]
impl Run for List {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        let table = "{{.Registry}}\t{{.Mirror}}\t{{.Source}}\t{{.State}}";
        let printer = self.format.compile::<MirrorRow>(table)?;
        let row = |named: NamedMirror| {
            let dead_for = context.remote.dead_for(&named);
            let state =
                dead_for.map(|ago| format!("tried last, no response {} ago", lower(&units::duration(ago))));
            MirrorRow { named, state }
        };
        let mirrors = match &self.registry {
            Some(registry) => context.config.mirrors_of(registry),
            None => context.config.mirrors(),
        };
        let rows: Vec<_> = mirrors.into_iter().map(row).collect();
        context.ui.write(printer.fitted(&rows, context.ui.columns())?.as_bytes())
    }
}

/// Returns `About a minute` in lower case, for use within a sentence.
fn lower(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(chars).collect()
}

/// A mirror as a row, with its fields for templates.
struct MirrorRow {
    named: NamedMirror,
    state: Option<String>,
}

impl Row for MirrorRow {
    const TYPE: &'static str = "*registry.mirrorContext";

    const COLUMNS: &'static [(&'static str, &'static str)] =
        &[("Registry", "REGISTRY"), ("Mirror", "MIRROR"), ("Source", "SOURCE"), ("State", "STATE")];

    const FLEXIBLE: &'static [(&'static str, Flexible)] = &[
        ("Registry", Flexible::middle(9)),
        ("Mirror", Flexible::middle(16)),
        ("Source", Flexible::middle(12)),
        ("State", Flexible::end(12)),
    ];

    fn cells(&self) -> Vec<Cell> {
        let source = self.named.source.as_ref();
        vec![
            self.named.registry.to_string().into(),
            self.named.to_string().into(),
            source.map(|path| path.display().to_string()).unwrap_or_default().into(),
            Cell::with_json(self.state.as_deref().unwrap_or("-"), self.state.as_deref().unwrap_or_default()),
        ]
    }
}
