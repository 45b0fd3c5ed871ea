//! Changes the order of mirrors in config.toml, and not another byte.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;

use super::own_mirror::OwnMirror;
use super::toml_file::broken;
use super::{Config, Error, NamedMirror, read_file};
use crate::reference::Registry;

/// The mirrors in config.toml, with their places.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Places {
    mirrors: Vec<Spanned<OwnMirror>>,
    registry: BTreeMap<String, Table>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Table {
    mirrors: Vec<Spanned<OwnMirror>>,
}

/// A list of mirrors in config.toml.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MirrorList {
    /// That in the table of the registry.
    OfRegistry,
    /// That of every public registry, at the top of the file.
    General,
}

impl Config {
    /// Orders one list of mirrors in config.toml as in `order`, which ranks the mirrors of `registry`. Those that are not
    /// in it stay behind the others. Returns whether the file has changed.
    ///
    /// The file is replaced as a whole and keeps its permissions. If its path is a symbolic link, the link remains.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Write`]; [`Error::Own`] if the file became invalid meanwhile.
    pub fn order_mirrors(
        &self,
        list: MirrorList,
        registry: &Registry,
        order: &[NamedMirror],
    ) -> Result<bool, Error> {
        let Some(path) = &self.own.path else { return Ok(false) };
        let Some(content) = read_file(path)? else { return Ok(false) };
        let fail = || broken(path, &content, 0, "the file has changed and is not valid any more");
        let text = std::str::from_utf8(&content).map_err(|_| fail())?;
        let places: Places = toml::from_str(text).map_err(|_| fail())?;
        let is_of =
            |name: &str| Registry::from_server(name).is_ok_and(|own| own.server() == registry.server());
        let mirrors = match list {
            MirrorList::General => places.mirrors,
            MirrorList::OfRegistry => {
                let table = places.registry.into_iter().find(|(name, _)| is_of(name));
                table.map(|(_, table)| table.mirrors).unwrap_or_default()
            }
        };
        let rank = |mirror: &Spanned<OwnMirror>| {
            let same = |named: &NamedMirror| {
                let own = mirror.get_ref().of(registry, None);
                own.is_some_and(|(own, options)| {
                    own == named.mirror && options.naming == named.options.naming
                })
            };
            order.iter().position(same).unwrap_or(order.len())
        };
        let mut ranked: Vec<usize> = (0..mirrors.len()).collect();
        ranked.sort_by_key(|index| rank(&mirrors[*index]));
        let spans: Vec<Range<usize>> = mirrors.iter().map(Spanned::span).collect();
        let ordered = reordered(text, &spans, &ranked);
        if ordered == text {
            return Ok(false);
        }
        replace(path, &ordered).map_err(|source| Error::Write { path: path.clone(), source })?;
        Ok(true)
    }
}

/// Puts the elements of an array into another order: at the place of element *n* is element `order[n]` then. If each
/// element has a line of its own, the comment at the end of that line moves along.
fn reordered(text: &str, spans: &[Range<usize>], order: &[usize]) -> String {
    let line_ends: Vec<usize> =
        spans.iter().map(|span| text[span.end..].find('\n').map_or(text.len(), |at| span.end + at)).collect();
    let has_own_line = spans.windows(2).zip(&line_ends).all(|(pair, end)| *end < pair[1].start);
    // From the comma to the end of the line; without one if this is the last element.
    let tails: Vec<Range<usize>> = spans
        .iter()
        .zip(&line_ends)
        .map(|(span, end)| {
            let line = &text[span.end..*end];
            let comma = line.trim_start().starts_with(',');
            let start = if comma { span.end + line.find(',').map_or(0, |at| at + 1) } else { span.end };
            let rest = text[start..*end].trim();
            let is_comment = rest.is_empty() || rest.starts_with('#');
            start..if is_comment { text[..*end].trim_end().len().max(start) } else { start }
        })
        .collect();
    let moves_comments = has_own_line
        && tails.iter().zip(&line_ends).all(|(tail, end)| text[tail.end..*end].trim().is_empty());
    let (mut ordered, mut end) = (String::with_capacity(text.len()), 0);
    for (slot, element) in order.iter().enumerate() {
        let (here, moved) = (&spans[slot], &spans[*element]);
        ordered.push_str(&text[end..here.start]);
        ordered.push_str(&text[moved.clone()]);
        end = here.end;
        if moves_comments {
            ordered.push_str(&text[here.end..tails[slot].start]);
            ordered.push_str(&text[tails[*element].clone()]);
            end = tails[slot].end;
        }
    }
    ordered.push_str(&text[end..]);
    ordered
}

/// Replaces a file, or the file that a symbolic link leads to, by one with the same permissions.
fn replace(path: &Path, content: &str) -> std::io::Result<()> {
    let path = path.canonicalize()?;
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new("/")))?;
    file.write_all(content.as_bytes())?;
    file.as_file().set_permissions(path.metadata()?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(text: &str) -> Vec<Range<usize>> {
        let places: Places = toml::from_str(text).unwrap();
        places.registry["r.lab"].mirrors.iter().map(Spanned::span).collect()
    }

    #[test]
    fn only_the_order_changes_and_comments_move_with_their_line() {
        let before = "# mine\n[registry.\"r.lab\"]\nmirrors = [\n  # of the office\n  \"https://a.example\", # far\n  \
                      { url = \"https://b.example\" },\n  'https://c.example' # near\n]\njobs = 2 # few\n";
        let after = "# mine\n[registry.\"r.lab\"]\nmirrors = [\n  # of the office\n  'https://c.example', # near\n  \
                     { url = \"https://b.example\" },\n  \"https://a.example\" # far\n]\njobs = 2 # few\n";

        assert_eq!(reordered(before, &spans(before), &[2, 1, 0]), after);
        assert_eq!(reordered(before, &spans(before), &[0, 1, 2]), before);
    }

    #[test]
    fn a_comment_that_stands_behind_two_elements_stays() {
        let before = "[registry.\"r.lab\"]\nmirrors = [\"https://a.example\", \"https://b.example\", # both\n\"https://c.example\"]\n";
        let after = "[registry.\"r.lab\"]\nmirrors = [\"https://c.example\", \"https://a.example\", # both\n\"https://b.example\"]\n";

        assert_eq!(reordered(before, &spans(before), &[2, 0, 1]), after);
        let inline = "registry.\"r.lab\".mirrors = [ \"https://a.example\" ,\"https://b.example\"] # two\r\n";
        let turned = "registry.\"r.lab\".mirrors = [ \"https://b.example\" ,\"https://a.example\"] # two\r\n";
        assert_eq!(reordered(inline, &spans(inline), &[1, 0]), turned);
    }
}
