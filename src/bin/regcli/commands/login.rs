//! `regcli login`

use async_trait::async_trait;
use clap::Args;
use regcli::auth::{Credential, Given, Place, Recipient, Secret};
use regcli::diagnose::{Diagnose, ErrorKind, Failure, Hint};
use regcli::reference::{self, Registry};
use regcli::remote;

use super::run::Run;
use crate::cli::usage::Usage;
use crate::context::Context;
use crate::ui::format::{docker_words as words, safe};
use crate::ui::prompt;
use crate::ui::streams::{self, OutputError};

/// Authenticate to a registry
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    regcli login\n  \
    regcli login --username=me@example.com registry.cn-shenzhen.aliyuncs.com\n  \
    echo \"$TOKEN\" | regcli login -u ci --password-stdin 127.0.0.1:5000")]
pub(crate) struct Login {
    /// Password or access token; - reads it from standard input
    #[arg(short, long, value_name = "PASSWORD", value_parser = secret)]
    password: Option<Secret>,

    /// Read the password or access token from standard input
    #[arg(long)]
    password_stdin: bool,

    /// User name; for Aliyun ACR, the full account name
    #[arg(short, long, value_name = "NAME")]
    username: Option<String>,

    /// The registry [default: Docker Hub]
    #[arg(value_name = "HOST[:PORT]", default_value = reference::HUB, hide_default_value = true,
          value_parser = Registry::from_server)]
    server: Registry,
}

/// The maximum size of a password from standard input, in bytes.
const PASSWORD_MAX: u64 = 1 << 20;

fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::from(text))
}

/// The error if no person can be asked, or nothing was typed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NoCredentials(&'static str);

impl Diagnose for NoCredentials {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Denied
    }

    fn hint(&self) -> Option<Hint> {
        (self.0 == words::NOT_INTERACTIVE).then_some(Hint::GivePassword)
    }
}

/// The error for a password without a user name where no terminal can be asked.
#[derive(Debug, thiserror::Error)]
#[error("{}", words::NOT_INTERACTIVE)]
struct NoUsername;

impl Diagnose for NoUsername {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    fn hint(&self) -> Option<Hint> {
        Some(Hint::GivePassword)
    }
}

#[async_trait(?Send)]
impl Run for Login {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        self.check_flags()?;
        if context.keychain.is_overridden() {
            context.ui.verbatim(words::AUTH_CONFIG_IS_SET);
        }
        let password = self.given_password(context).await?;
        let stored = match (&self.username, &password) {
            (None, None) => self.stored(context).await,
            _ => None,
        };
        if let Some(credential) = &stored
            && self.try_stored(context, credential).await?
        {
            return Ok(());
        }
        let stored_name = stored.as_ref().and_then(Credential::username);
        let attempt = self.ask(context, stored_name, password).await?;
        self.log_in(context, attempt).await
    }
}

/// Credentials to send to the registry.
struct Attempt {
    credential: Credential,
    given: Given,
    /// The other server that gets the password, if the user was told before typing it.
    announced: Option<String>,
}

impl Login {
    fn check_flags(&self) -> Result<(), Failure> {
        let from_stdin = self.reads_stdin();
        let wrong = match (&self.username, self.password.as_ref().map(Secret::expose)) {
            (_, Some(password)) if self.password_stdin && password != "-" => words::CONFLICTING_PASSWORDS,
            (None, _) if from_stdin => words::STDIN_NEEDS_USERNAME,
            (Some(name), _) if name.is_empty() => words::USERNAME_IS_EMPTY,
            (_, Some("")) => words::PASSWORD_IS_EMPTY,
            _ => return Ok(()),
        };
        Err(Usage::failure(wrong))
    }

    fn reads_stdin(&self) -> bool {
        self.password_stdin || self.password.as_ref().is_some_and(|password| password.expose() == "-")
    }

    /// Returns the password from the command line or from standard input.
    async fn given_password(&self, context: &Context) -> Result<Option<Secret>, Failure> {
        if self.reads_stdin() {
            let password = prompt::to_the_end(PASSWORD_MAX).await?;
            if password.expose().trim().is_empty() {
                return Err(Usage::failure(words::PASSWORD_IS_EMPTY));
            }
            return Ok(Some(password));
        }
        if self.password.is_some() {
            context.ui.verbatim(words::PASSWORD_IS_INSECURE);
        }
        Ok(self.password.clone())
    }

    /// Returns the stored user name and password. A lone identity token is not tried, as in docker.
    async fn stored(&self, context: &Context) -> Option<Credential> {
        let lookup = context.keychain.find(&self.server, None).await;
        for warning in &lookup.warnings {
            context.ui.warn(&warning.to_string());
        }
        let credential = lookup.found?.credential;
        matches!(credential, Credential::Basic { .. }).then_some(credential)
    }

    /// Tries the stored credentials, and reports whether they were accepted.
    async fn try_stored(&self, context: &Context, credential: &Credential) -> Result<bool, Failure> {
        let name = credential.username().unwrap_or_default();
        context.ui.verbatim(words::existing_credentials(name).trim_end_matches('\n'));
        context.ui.note("\n");
        let attempt = Attempt { credential: credential.clone(), given: Given::Before, announced: None };
        match self.log_in(context, attempt).await {
            Ok(()) => Ok(true),
            Err(failure) if failure.downcast_ref::<OutputError>().is_some() => Err(failure),
            Err(failure) => {
                let refused = failure.downcast_ref().is_some_and(remote::Error::is_refused_by_token_service);
                context.ui.verbatim(&match refused {
                    true => words::STORED_CREDENTIALS_INVALID.to_owned(),
                    false => words::login_did_not_succeed(&failure),
                });
                Ok(false)
            }
        }
    }

    /// Uses the values of the command line, and asks for the others.
    async fn ask(
        &self,
        context: &Context,
        stored_name: Option<&str>,
        password: Option<Secret>,
    ) -> Result<Attempt, Failure> {
        if let (Some(username), Some(password)) = (&self.username, &password) {
            let credential = Credential::Basic { username: username.clone(), password: password.clone() };
            return Ok(Attempt { credential, given: Given::Now, announced: None });
        }
        if !streams::can_ask() && password.is_some() {
            return Err(NoUsername.into());
        }
        if !streams::can_ask() {
            return Err(NoCredentials(words::NOT_INTERACTIVE).into());
        }
        // Before the user types anything in vain.
        let recipient = context.remote.recipient(&self.server).await?;
        if recipient.is_none() {
            context.ui.warn(&format!("{} does not ask for credentials; no login is needed", self.server));
        }
        let username = match &self.username {
            Some(username) => username.clone(),
            None => self.ask_username(context, stored_name).await?,
        };
        let recipient = recipient.unwrap_or_default();
        self.tell_recipient(context, &recipient);
        let password = match password {
            Some(password) => password,
            None => self.ask_password(context).await?,
        };
        if password.expose().is_empty() {
            return Err(NoCredentials(words::PASSWORD_IS_REQUIRED).into());
        }
        let credential = Credential::Basic { username, password };
        Ok(Attempt { credential, given: Given::Now, announced: recipient.token_service })
    }

    /// Names the other server that gets the password, and warns if the last login had another one.
    fn tell_recipient(&self, context: &Context, recipient: &Recipient) {
        if let Some([before, now]) = &recipient.changed {
            let (before, now) = (safe::safe(before), safe::safe(now));
            context.ui.warn(&format!(
                "{} names another token service than at the last login: {now}, not {before}",
                self.server
            ));
        }
        let is_usual = self.server.is_hub() && recipient.changed.is_none();
        if let Some(server) = recipient.token_service.as_ref().filter(|_| !is_usual) {
            context.ui.note(&format!(
                "The password goes to {}, which checks it for {}.",
                safe::safe(server),
                self.server
            ));
        }
    }

    async fn ask_username(&self, context: &Context, stored: Option<&str>) -> Result<String, Failure> {
        if self.server.is_hub() {
            context.ui.line(words::HUB_PROLOGUE)?;
            if context.config.environment().docker_cli_hints.as_deref() != Some("false") {
                context.ui.line(words::HUB_TOKEN_HINT)?;
            }
        }
        let typed = prompt::line(&context.ui, &words::username_prompt(stored)).await?;
        match (typed.trim(), stored) {
            ("", Some(stored)) => Ok(stored.to_owned()),
            ("", None) => Err(NoCredentials(words::USERNAME_IS_REQUIRED).into()),
            (typed, _) => Ok(typed.to_owned()),
        }
    }

    async fn ask_password(&self, context: &Context) -> Result<Secret, Failure> {
        if self.server.is_hub() {
            context.ui.verbatim(words::HUB_TOKEN_NOTE);
        }
        prompt::secret(&context.ui, words::PASSWORD_PROMPT).await
    }

    async fn log_in(&self, context: &Context, attempt: Attempt) -> Result<(), Failure> {
        let Attempt { credential, given, announced } = attempt;
        let logged_in = context.remote.log_in(&self.server, credential.clone(), given).await;
        let logged_in = match logged_in {
            Err(error) if given == Given::Now && error.kind() == ErrorKind::Denied => {
                return Err(Refused::new(&self.server, &credential, &error).into());
            }
            logged_in => logged_in?,
        };
        let is_news = !self.server.is_hub() && given == Given::Now && logged_in.token_service != announced;
        if let Some(server) = logged_in.token_service.filter(|_| is_news) {
            context.ui.note(&format!("{} lets {} check credentials", self.server, safe::safe(&server)));
        }
        if let Some(reason) = &logged_in.unpinned {
            context.ui.warn(&format!(
                "cannot record which token service checked the password for {}: {reason}; \
                 another service that {} names later would receive it too",
                self.server, self.server
            ));
        }
        let credential = match logged_in.identity {
            Some(token) => {
                Credential::IdentityToken { username: credential.username().map(str::to_owned), token }
            }
            None => credential,
        };
        let stored = context.keychain.store(&self.server, &credential).await.map_err(NotSaved)?;
        for warning in &stored.warnings {
            context.ui.warn(&warning.to_string());
        }
        if !logged_in.checked {
            context
                .ui
                .warn(&format!("{} does not ask for credentials; they are stored unchecked", self.server));
        }
        if let (true, Place::DockerFile(path)) = (stored.unencrypted, &stored.place) {
            context.ui.verbatim(words::stored_unencrypted(path).trim_end_matches('\n'));
            context.ui.note("");
        }
        context.ui.line(words::LOGIN_SUCCEEDED)
    }
}

/// The registry refuses the user name or the password.
#[derive(Debug, thiserror::Error)]
#[error("{} refused user {user}: wrong name or password", if server.is_hub() { "Docker Hub" } else { server.as_str() })]
struct Refused {
    server: Registry,
    user: String,
    #[source]
    said: Said,
}

/// The reason: Docker's words, then the server's own if they add something.
#[derive(Debug, thiserror::Error)]
#[error("{words}")]
struct Said {
    words: String,
    source: Option<Box<Said>>,
}

/// Messages of servers that contain no information.
const SAYS_NOTHING: [&str; 2] = ["unauthorized: authentication required", "401 Unauthorized"];

impl Refused {
    fn new(server: &Registry, credential: &Credential, error: &remote::Error) -> Self {
        let words = error.to_string();
        let servers = std::error::Error::source(error).map(ToString::to_string);
        let servers = servers.filter(|said| !words.contains(said) && !SAYS_NOTHING.contains(&said.as_str()));
        let source = servers.map(|words| Box::new(Said { words, source: None }));
        let user = credential.username().unwrap_or_default().to_owned();
        Self { server: server.clone(), user, said: Said { words, source } }
    }
}

impl Diagnose for Refused {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Denied
    }

    fn hint(&self) -> Option<Hint> {
        Some(Hint::CheckPassword { registry: self.server.to_string() })
    }
}

/// The credentials are accepted, but cannot be stored.
#[derive(Debug, thiserror::Error)]
#[error("error saving credentials: {0}")]
struct NotSaved(#[source] regcli::auth::KeychainError);

impl Diagnose for NotSaved {
    fn kind(&self) -> ErrorKind {
        self.0.kind()
    }

    fn hint(&self) -> Option<Hint> {
        self.0.hint()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser, Debug)]
    struct Line {
        #[command(flatten)]
        login: Login,
    }

    #[test]
    fn d11_a_password_of_the_command_line_is_not_shown() {
        let line = Line::try_parse_from(["login", "-u", "demo", "-p", "hunter2", "r.lab"]).unwrap();

        let shown = format!("{line:?}");
        assert!(shown.contains("demo") && !shown.contains("hunter2"), "{shown}");
        assert_eq!(line.login.password.unwrap().expose(), "hunter2");
    }
}
