//! Checks a template before any request to a registry, and reports errors in Go's words.

use gotmpl::TemplateError;
use gotmpl::parse::{BranchNode, CommandNode, Expr, ListNode, Node, Parser, PipeNode, Pos, SmolStr};

use super::error::Error;
use super::functions;

/// The maximum length of an expression in Go's errors, in characters.
const EXCERPT_MAX: usize = 20;

/// Checks the syntax, the functions and the fields of a row's template.
pub(super) fn template(source: &str, row: &str, columns: &[(&str, &str)]) -> Result<(), Error> {
    let checker = Checker { source, fields: Fields::OfRow(row, columns) };
    checker.list(&parsed(source)?, true)
}

/// Checks the syntax, the functions and the fields of a document's template. An empty object in `fields`
/// allows any key.
pub(super) fn document(source: &str, fields: &serde_json::Value) -> Result<(), Error> {
    let checker = Checker { source, fields: Fields::OfDocument(fields) };
    checker.list(&parsed(source)?, true)
}

fn parsed(source: &str) -> Result<ListNode, Error> {
    let parsed = Parser::new(source, "{{", "}}").and_then(Parser::parse);
    parsed.map(|(list, _)| list).map_err(|error| parse_error(&error))
}

/// Converts an error to Go's form, with the line but no column.
pub(super) fn parse_error(error: &TemplateError) -> Error {
    match error {
        TemplateError::Parse { line, message, .. } | TemplateError::Lex { line, message, .. } => {
            Error::Parse(format!(":{line}: {message}"))
        }
        other => Error::Parse(format!(":1: {other}")),
    }
}

struct Checker<'a> {
    source: &'a str,
    fields: Fields<'a>,
}

/// The known fields.
enum Fields<'a> {
    /// The fields of a row: Docker's name of its type, and its columns.
    OfRow(&'a str, &'a [(&'a str, &'a str)]),
    /// The fields of a document.
    OfDocument(&'a serde_json::Value),
}

/// Walks a template. `at_row` says that the dot still is the row, which is not so within `range` and `with`.
impl Checker<'_> {
    fn list(&self, list: &ListNode, at_row: bool) -> Result<(), Error> {
        list.nodes.iter().try_for_each(|node| match node {
            Node::List(list) => self.list(list, at_row),
            Node::Action(action) => self.pipe(&action.pipe, at_row),
            Node::If(branch) => self.branch(branch, at_row, at_row),
            Node::Range(branch) | Node::With(branch) => self.branch(branch, at_row, false),
            Node::Template(call) => call.pipe.iter().try_for_each(|pipe| self.pipe(pipe, at_row)),
            Node::Define(define) => self.list(&define.body, false),
            Node::Text(_) | Node::Break(_) | Node::Continue(_) => Ok(()),
        })
    }

    fn branch(&self, branch: &BranchNode, at_row: bool, body_at_row: bool) -> Result<(), Error> {
        self.pipe(&branch.pipe, at_row)?;
        self.list(&branch.body, body_at_row)?;
        branch.else_body.iter().try_for_each(|list| self.list(list, at_row))
    }

    fn pipe(&self, pipe: &PipeNode, at_row: bool) -> Result<(), Error> {
        let args =
            |command: &CommandNode| command.args.iter().try_for_each(|arg| self.expression(arg, at_row));
        pipe.commands.iter().try_for_each(args)
    }

    fn expression(&self, expression: &Expr, at_row: bool) -> Result<(), Error> {
        match expression {
            Expr::Identifier(pos, name) => self.function(*pos, name),
            Expr::Field(pos, fields) if at_row => self.field(*pos, "", fields),
            Expr::Variable(pos, name, fields) if name == "$" => self.field(*pos, "$", fields),
            Expr::Pipe(_, pipe) => self.pipe(pipe, at_row),
            Expr::Chain(_, inner, _) => self.expression(inner, at_row),
            _ => Ok(()),
        }
    }

    fn function(&self, pos: Pos, name: &str) -> Result<(), Error> {
        if functions::exists(name) {
            return Ok(());
        }
        Err(Error::Parse(format!(":{}: function {name:?} not defined", pos.line)))
    }

    fn field(&self, pos: Pos, variable: &str, fields: &[SmolStr]) -> Result<(), Error> {
        let Some((before, problem)) = self.problem(fields) else { return Ok(()) };
        let mut excerpt = format!("{variable}.{}", fields.join("."));
        if let Some((end, _)) = excerpt.char_indices().nth(EXCERPT_MAX) {
            excerpt.truncate(end);
            excerpt.push_str("...");
        }
        Err(Error::Parse(format!(
            ":{}:{}: executing \"\" at <{excerpt}>: {problem}",
            pos.line,
            self.column(pos) + before
        )))
    }

    /// Returns the error in a chain of fields, and the number of bytes of the chain before it.
    fn problem(&self, fields: &[SmolStr]) -> Option<(usize, String)> {
        let mut here = match self.fields {
            Fields::OfRow(row, columns) => {
                let field = fields.first().filter(|field| columns.iter().all(|(name, _)| field != name))?;
                return Some((0, format!("can't evaluate field {field} in type {row}")));
            }
            Fields::OfDocument(fields) => fields.as_object()?,
        };
        let mut before = 0;
        for field in fields {
            let Some(value) = here.get(field.as_str()) else {
                return Some((before, format!("map has no entry for key {:?}", field.as_str())));
            };
            here = value.as_object().filter(|fields| !fields.is_empty())?;
            before += field.len() + 1;
        }
        None
    }

    /// Returns the column as Go counts it: in bytes from the beginning of the line, from zero.
    fn column(&self, pos: Pos) -> usize {
        let before = self.source.as_bytes().get(..pos.offset).unwrap_or_default();
        before.iter().rev().take_while(|byte| **byte != b'\n').count()
    }
}
