//! Reads files of any format.

use super::environment::Environment;
use super::error::Error;
use super::format::Format;
use super::limits::FILE_LIMIT;
use super::recipe::Recipe;
use super::shape::Shape;
use super::template::Template;
use super::tree::{At, Node, Read};
use super::{dregsy, image_syncer, list, own, regsync, skopeo, syntax};

/// The text of a file.
#[derive(Clone, Copy, Debug)]
pub struct SourceText<'a> {
    /// The file, for messages.
    pub name: &'a str,
    /// Its content.
    pub text: &'a str,
}

/// Where the images of a format go that has no destination of its own: `skopeo sync` and lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// `HOST` or `HOST/PATH`, or a template with placeholders.
    pub to: String,
    /// How images are named below it, if it has no placeholders.
    pub naming: Naming,
}

/// How images are named below a destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Naming {
    /// By the last part of their path.
    #[default]
    Last,
    /// By their registry and their whole path.
    Scoped,
}

/// How files are read.
#[derive(Clone)]
pub struct ReadOptions<'a> {
    /// Where the images of a format go that has no destination of its own.
    pub to: Option<Destination>,
    /// Returns the value of an environment variable.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// The format, if it is not to be recognized by its shape.
    pub format: Option<Format>,
}

/// Reads files of rules: one, or image-syncer's two.
///
/// # Errors
/// [`Error`] with the place.
pub fn read(files: &[SourceText<'_>], options: &ReadOptions<'_>) -> Result<Recipe, Error> {
    let files = files.iter().map(|file| File::open(*file, options)).collect::<Result<Vec<_>, _>>()?;
    let recipe = match &files[..] {
        [one] => one.read(options)?,
        [one, other] => pair(one, other, options)?,
        [] => return Err(Error::NoRules),
        [one, .., other] => return Err(unrelated(one, other)),
    };
    if recipe.rules.is_empty() { Err(Error::NoRules) } else { Ok(recipe) }
}

/// Reads image-syncer's two files, in any order.
fn pair(one: &File<'_>, other: &File<'_>, options: &ReadOptions<'_>) -> Result<Recipe, Error> {
    let (auth, images) = match (one.shape, other.shape) {
        (Shape::Auth, Shape::Images) => (one, other),
        (Shape::Images, Shape::Auth) => (other, one),
        _ => return Err(unrelated(one, other)),
    };
    let access = auth.read(options)?;
    let mut recipe = images.read(options)?;
    recipe.logins = access.logins;
    recipe.losses.splice(0..0, access.losses);
    Ok(recipe)
}

fn unrelated(one: &File<'_>, other: &File<'_>) -> Error {
    Error::Unrelated { one: one.name.to_owned(), other: other.name.to_owned() }
}

impl Destination {
    fn template(&self) -> Result<Template, Error> {
        let to = self.to.trim_end_matches('/');
        let text = match self.naming {
            _ if to.contains('{') => self.to.clone(),
            Naming::Last => format!("{to}/{{name}}"),
            Naming::Scoped => format!("{to}/{{registry}}/{{repository}}"),
        };
        Template::parse(&text).map_err(Error::Argument)
    }
}

/// A file whose shape is known.
struct File<'a> {
    name: &'a str,
    text: &'a str,
    shape: Shape,
    /// The content, if it is YAML.
    tree: Option<Node>,
}

impl<'a> File<'a> {
    fn open(source: SourceText<'a>, options: &ReadOptions<'_>) -> Result<Self, Error> {
        let SourceText { name, text } = source;
        if text.len() > FILE_LIMIT {
            return Err(Error::TooLarge { file: name.to_owned() });
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let shape = match options.format {
            Some(Format::Toml) => Some(Shape::Toml),
            Some(Format::List) => Some(Shape::List),
            Some(_) => None,
            None if has_extension(name, "toml") => Some(Shape::Toml),
            None if ["yaml", "yml", "json"].iter().any(|extension| has_extension(name, extension)) => None,
            None => Shape::of_text(text),
        };
        if let Some(shape) = shape {
            return Ok(Self { name, text, shape, tree: None });
        }
        let tree = syntax::yaml(text).map_err(|at| placed(name, at))?;
        let shape = match options.format {
            Some(Format::Regsync) => Some(Shape::Regsync),
            Some(Format::Dregsy) => Some(Shape::Dregsy),
            Some(Format::Skopeo) => Some(Shape::Skopeo),
            _ => Shape::of_tree(&tree),
        };
        let shape = shape.filter(|shape| options.format.is_none_or(|format| shape.format() == format));
        let shape = shape.ok_or_else(|| Error::Shape { file: name.to_owned() })?;
        Ok(Self { name, text, shape, tree: Some(tree) })
    }

    fn read(&self, options: &ReadOptions<'_>) -> Result<Recipe, Error> {
        let environment = Environment(options.env);
        let no_destination = || Error::NoDestination { file: self.name.to_owned() };
        let target = || options.to.as_ref().ok_or_else(no_destination)?.template();
        let read = match (self.shape, &self.tree) {
            (Shape::Toml, _) | (_, None) if self.shape != Shape::List => own::read(self.text),
            (Shape::Skopeo, Some(top)) => skopeo::read(top, &target()?),
            (Shape::Regsync, Some(top)) => regsync::read(top, environment),
            (Shape::Dregsy, Some(top)) => dregsy::read(top),
            (Shape::Both, Some(top)) => image_syncer::old(top, environment),
            (Shape::Auth, Some(top)) => part(|recipe| image_syncer::auth(top, environment, recipe)),
            (Shape::Images, Some(top)) => part(|recipe| image_syncer::images(top, environment, recipe)),
            _ => list::read(self.text, &target()?),
        };
        let mut recipe = read.map_err(|at| placed(self.name, at))?;
        if options.to.is_some() && !matches!(self.shape, Shape::Skopeo | Shape::List) {
            return Err(Error::OwnDestination { file: self.name.to_owned() });
        }
        recipe.losses.iter_mut().for_each(|loss| self.name.clone_into(&mut loss.file));
        Ok(recipe)
    }
}

/// Reads a part of a recipe.
fn part(read: impl FnOnce(&mut Recipe) -> Read<()>) -> Read<Recipe> {
    let mut recipe = Recipe::default();
    read(&mut recipe)?;
    Ok(recipe)
}

fn has_extension(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found.eq_ignore_ascii_case(extension))
}

fn placed(file: &str, at: At) -> Error {
    Error::At {
        file: file.to_owned(),
        line: at.place.line,
        column: at.place.column,
        problem: Box::new(at.problem),
    }
}
