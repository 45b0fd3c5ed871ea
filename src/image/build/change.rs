//! Dockerfile instructions that change how containers run, as `docker import --change` takes them.

use std::str::FromStr;

use serde_json::Value;

use super::health;
use super::words::{self, Env};
use crate::image::Error;

/// The shell for a command that is not given as a JSON array.
const SHELL: [&str; 2] = ["/bin/sh", "-c"];

/// A change to how containers of an image run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The command, or the entry point's arguments.
    Cmd(Vec<String>),
    /// The entry point.
    Entrypoint(Vec<String>),
    /// Environment variables.
    Env(Vec<(String, String)>),
    /// Ports, `8080/tcp` each.
    Expose(Vec<String>),
    /// Labels.
    Label(Vec<(String, String)>),
    /// The user, and the group.
    User(String),
    /// Mount points of volumes.
    Volume(Vec<String>),
    /// The working directory, absolute or relative to the previous one.
    Workdir(String),
    /// The signal that stops the container.
    StopSignal(String),
    /// An instruction for builds on top of the image. Docker's own.
    OnBuild(String),
    /// The health check, in the form that configs use. Docker's own.
    Healthcheck(Value),
}

impl FromStr for Change {
    type Err = Error;

    /// Parses one instruction, without any variables.
    fn from_str(instruction: &str) -> Result<Self, Error> {
        parse(instruction, &Env::new())
    }
}

impl Change {
    /// Parses instructions in their order. Variables set by `ENV` are available to later ones.
    ///
    /// # Errors
    /// [`Error::Change`] with the first invalid instruction.
    pub fn parse_all<S: AsRef<str>>(instructions: &[S]) -> Result<Vec<Self>, Error> {
        let mut env = Env::new();
        let parse = |instruction: &S| {
            let change = parse(instruction.as_ref(), &env)?;
            if let Self::Env(pairs) = &change {
                env.extend(pairs.iter().cloned());
            }
            Ok(change)
        };
        instructions.iter().map(parse).collect()
    }
}

fn parse(instruction: &str, env: &Env) -> Result<Change, Error> {
    let text = instruction.trim();
    let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let name = name.to_ascii_uppercase();
    let change = match (name.as_str(), rest.trim()) {
        ("", _) => Err("the instruction is empty".to_owned()),
        (name, "") => Err(format!("{name} needs an argument")),
        (name, rest) => arguments(name, rest, env),
    };
    change.map_err(|reason| Error::Change { instruction: instruction.to_owned(), reason })
}

fn arguments(name: &str, rest: &str, env: &Env) -> Result<Change, String> {
    match name {
        "CMD" => Ok(Change::Cmd(command(rest))),
        "ENTRYPOINT" => Ok(Change::Entrypoint(command(rest))),
        "ENV" => pairs(name, rest, env).map(Change::Env),
        "LABEL" => pairs(name, rest, env).map(Change::Label),
        "EXPOSE" => ports(&list(rest, env)?).map(Change::Expose),
        "USER" => one(name, rest, env).map(Change::User),
        "VOLUME" => match serde_json::from_str(rest) {
            Ok(paths) => paths_of(paths),
            Err(_) => paths_of(list(rest, env)?),
        },
        // A path may contain spaces.
        "WORKDIR" => words::expand(rest, env).map(Change::Workdir),
        "STOPSIGNAL" => one(name, rest, env).map(Change::StopSignal),
        "ONBUILD" => on_build(rest),
        "HEALTHCHECK" => health::parse(rest).map(Change::Healthcheck),
        _ => Err(format!("{name} is not a valid change command")),
    }
}

/// Parses a JSON array of words, or a line for the shell.
fn command(rest: &str) -> Vec<String> {
    serde_json::from_str(rest)
        .unwrap_or_else(|_| SHELL.into_iter().chain([rest]).map(str::to_owned).collect())
}

fn list(rest: &str, env: &Env) -> Result<Vec<String>, String> {
    words::split(rest).into_iter().map(|word| words::expand(word, env)).collect()
}

fn one(name: &str, rest: &str, env: &Env) -> Result<String, String> {
    match list(rest, env)?.as_slice() {
        [only] if !only.is_empty() => Ok(only.clone()),
        _ => Err(format!("{name} takes exactly one argument")),
    }
}

fn paths_of(paths: Vec<String>) -> Result<Change, String> {
    if paths.is_empty() || paths.iter().any(|path| path.trim().is_empty()) {
        return Err("a volume's path cannot be empty".to_owned());
    }
    Ok(Change::Volume(paths))
}

/// Parses `name=value …`, or the old form `name value`, whose value extends to the end.
fn pairs(instruction: &str, rest: &str, env: &Env) -> Result<Vec<(String, String)>, String> {
    let raw = words::split(rest);
    let old_form = raw.first().is_some_and(|word| !word.contains('='));
    let raw: Vec<(&str, &str)> = if old_form {
        let (name, value) = rest
            .split_once(char::is_whitespace)
            .ok_or_else(|| format!("{instruction} needs a name and a value"))?;
        vec![(name, value.trim())]
    } else {
        let split = raw.into_iter().map(|word| word.split_once('=').ok_or(word));
        split.collect::<Result<_, _>>().map_err(|word| format!("no = in {word:?}"))?
    };
    let expanded = |(name, value): (&str, &str)| match words::expand(name, env)? {
        name if name.is_empty() => Err(format!("{instruction} cannot have an empty name")),
        name => Ok((name, words::expand(value, env)?)),
    };
    raw.into_iter().map(expanded).collect()
}

/// Parses ports, each as `port[-port][/protocol]`.
fn ports(specs: &[String]) -> Result<Vec<String>, String> {
    let mut ports = Vec::new();
    for spec in specs {
        let (range, protocol) = spec.split_once('/').unwrap_or((spec, "tcp"));
        let protocol = protocol.to_ascii_lowercase();
        if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
            return Err(format!("invalid protocol: {protocol}"));
        }
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        match (first.parse::<u16>(), last.parse::<u16>()) {
            (Ok(first), Ok(last)) if first <= last => {
                ports.extend((first..=last).map(|port| format!("{port}/{protocol}")));
            }
            _ => return Err(format!("invalid port: {spec}")),
        }
    }
    Ok(ports)
}

fn on_build(rest: &str) -> Result<Change, String> {
    let trigger = rest.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    match trigger.as_str() {
        "ONBUILD" => Err("chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed".to_owned()),
        "FROM" | "MAINTAINER" => Err(format!("{trigger} isn't allowed as an ONBUILD trigger")),
        _ => Ok(Change::OnBuild(rest.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn several_pairs_stand_on_one_line() {
        let parse = |text: &str| text.parse::<Change>().unwrap();
        let pairs = owned(&[("A", "1"), ("B", "two words"), ("C", "x=y")]);
        assert_eq!(parse("ENV A=1 B=\"two words\" C=x=y"), Change::Env(pairs.clone()));
        assert_eq!(parse("label A=1 B=two\\ words C='x=y'"), Change::Label(pairs));
        assert_eq!(parse("ENV NAME the  value"), Change::Env(owned(&[("NAME", "the  value")])));
        assert_eq!(parse("ENV EMPTY="), Change::Env(owned(&[("EMPTY", "")])));
    }

    #[test]
    fn commands_have_two_forms() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let parse = |text: &str| text.parse::<Change>().unwrap();
        assert_eq!(parse("CMD [\"a\", \"b c\"]"), Change::Cmd(words(&["a", "b c"])));
        assert_eq!(parse("CMD echo \"$HOME\""), Change::Cmd(words(&["/bin/sh", "-c", "echo \"$HOME\""])));
        assert_eq!(parse("entrypoint [broken"), Change::Entrypoint(words(&["/bin/sh", "-c", "[broken"])));
        assert_eq!(parse("CMD []"), Change::Cmd(Vec::new()));
    }

    #[test]
    fn variables_of_earlier_changes_are_known() {
        let changes =
            Change::parse_all(&["ENV DIR=/srv PORT=80", "WORKDIR $DIR/web", "EXPOSE ${PORT}80/TCP"]).unwrap();
        assert_eq!(
            changes[1..],
            [Change::Workdir("/srv/web".into()), Change::Expose(vec!["8080/tcp".into()])]
        );
    }

    #[test]
    fn port_ranges_are_written_out() {
        let ports = ["8000/udp", "8001/udp"].map(str::to_owned).to_vec();
        assert_eq!("EXPOSE 8000-8001/udp".parse::<Change>().unwrap(), Change::Expose(ports));
    }

    #[test]
    fn what_cannot_be_applied_is_shown_with_its_reason() {
        for (instruction, reason) in [
            ("", "the instruction is empty"),
            ("CMD", "CMD needs an argument"),
            ("FROM scratch", "FROM is not a valid change command"),
            ("RUN true", "RUN is not a valid change command"),
            ("ENV A", "ENV needs a name and a value"),
            ("ENV A=1 B", "no = in \"B\""),
            ("ENV =1", "ENV cannot have an empty name"),
            ("ENV A='1", "a single quote has no end"),
            ("EXPOSE 80x", "invalid port: 80x"),
            ("EXPOSE 65536", "invalid port: 65536"),
            ("EXPOSE 80/icmp", "invalid protocol: icmp"),
            ("EXPOSE 9-1", "invalid port: 9-1"),
            ("USER a b", "USER takes exactly one argument"),
            ("VOLUME []", "a volume's path cannot be empty"),
            ("ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"),
        ] {
            let error = instruction.parse::<Change>().unwrap_err();
            assert_eq!(error.to_string(), format!("invalid change {instruction:?}: {reason}"));
        }
    }
}
