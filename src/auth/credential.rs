//! Credentials, and their form in config.json and in credential helpers.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use zeroize::Zeroizing;

use super::Secret;
use super::keychain_error::{DecodeError, KeychainError};
use crate::config::AuthEntry;

/// The user name by which a helper marks the secret as an identity token.
const TOKEN_USER: &str = "<token>";

/// Go's decoder requires the padding, but ignores the unused bits.
const GO_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// A credential for a registry or a token service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A user name, and a password or access token.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// An OAuth2 refresh token, which a token service has issued at login in place of the password.
    IdentityToken {
        /// The user name, if known.
        username: Option<String>,
        /// The token.
        token: Secret,
    },
    /// A bearer token for the registry, sent unchanged.
    RegistryToken(Secret),
}

impl Credential {
    /// Returns the user name, if known.
    pub fn username(&self) -> Option<&str> {
        match self {
            Self::Basic { username, .. } => Some(username),
            Self::IdentityToken { username, .. } => username.as_deref(),
            Self::RegistryToken(_) => None,
        }
    }

    /// Reads an entry of `auths`; returns `None` if it is empty, as with a helper.
    ///
    /// As in Docker, a registry token takes precedence over an identity token, and that over a password;
    /// `auth` takes precedence over `username` and `password`.
    ///
    /// # Errors
    /// [`DecodeError`] if `auth` is needed and invalid.
    pub fn from_entry(entry: &AuthEntry) -> Result<Option<Self>, DecodeError> {
        if let Some(token) = &entry.registry_token {
            return Ok(Some(Self::RegistryToken(token.clone())));
        }
        let basic = match &entry.auth {
            Some(auth) => decode(auth.expose()).map(Some),
            None => Ok(entry.username.clone().map(|user| (user, entry.password.clone().unwrap_or_default()))),
        };
        if let Some(token) = &entry.identity_token {
            let username = basic.ok().flatten().map(|(username, _)| username);
            return Ok(Some(Self::IdentityToken { username, token: token.clone() }));
        }
        Ok(basic?.map(|(username, password)| Self::Basic { username, password }))
    }

    /// Creates a credential from the output of a helper; returns `None` if it is empty.
    pub fn from_helper(username: String, secret: Secret) -> Option<Self> {
        match &*username {
            TOKEN_USER => Some(Self::IdentityToken { username: None, token: secret }),
            "" if secret.is_empty() => None,
            _ => Some(Self::Basic { username, password: secret }),
        }
    }

    /// Returns the user name and the secret in the form for a helper.
    ///
    /// # Errors
    /// [`KeychainError::NotForHelpers`] for a registry token.
    pub fn for_helper(&self) -> Result<(&str, &Secret), KeychainError> {
        match self {
            Self::Basic { username, password } => Ok((username, password)),
            Self::IdentityToken { token, .. } => Ok((TOKEN_USER, token)),
            Self::RegistryToken(_) => Err(KeychainError::NotForHelpers),
        }
    }

    /// Returns the fields of an entry of `auths`, in Docker's order.
    pub(super) fn to_fields(&self) -> Result<Vec<(&'static str, Secret)>, KeychainError> {
        if self.username().is_some_and(|username| username.contains(':')) {
            return Err(KeychainError::UserName);
        }
        Ok(match self {
            Self::Basic { username, password } => vec![("auth", encode(username, password.expose()))],
            Self::IdentityToken { username, token } => {
                let user = username.iter().map(|username| ("auth", encode(username, "")));
                user.chain([("identitytoken", token.clone())]).collect()
            }
            Self::RegistryToken(token) => vec![("registrytoken", token.clone())],
        })
    }
}

/// Encodes `user:password` as in `auth`.
fn encode(username: &str, password: &str) -> Secret {
    let plain = Zeroizing::new(format!("{username}:{password}"));
    STANDARD.encode(plain.as_bytes()).into()
}

/// Splits at the first colon. The rest is the password, without leading and trailing NULs, as in Docker's
/// `decodeAuth` (cli/config/configfile/file.go).
fn decode(auth: &str) -> Result<(String, Secret), DecodeError> {
    // Go's decoder skips line breaks.
    let auth: Zeroizing<String> =
        Zeroizing::new(auth.chars().filter(|c| !matches!(c, '\r' | '\n')).collect());
    let bytes =
        GO_BASE64.decode(auth.as_bytes()).map_err(|error| DecodeError::Base64(offset(&error, &auth)))?;
    let bytes = Zeroizing::new(bytes);
    let text = std::str::from_utf8(&bytes).map_err(|_| DecodeError::Format)?;
    match text.split_once(':') {
        Some((username, password)) if !username.is_empty() => {
            Ok((username.to_owned(), password.trim_matches('\0').into()))
        }
        _ => Err(DecodeError::Format),
    }
}

/// Returns the position that Go reports.
fn offset(error: &base64::DecodeError, text: &str) -> usize {
    match error {
        base64::DecodeError::InvalidByte(offset, _) | base64::DecodeError::InvalidLastSymbol(offset, _) => {
            *offset
        }
        // Go reports the first byte of the last, incomplete group of four.
        base64::DecodeError::InvalidLength(_) | base64::DecodeError::InvalidPadding => {
            text.len() - text.len() % 4
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(username: &str, password: &str) -> Credential {
        Credential::Basic { username: username.into(), password: password.into() }
    }

    fn from_auth(auth: &str) -> Result<Option<Credential>, String> {
        let entry = AuthEntry { auth: Some(auth.into()), ..AuthEntry::default() };
        Credential::from_entry(&entry).map_err(|error| error.to_string())
    }

    fn of_plain(plain: &str) -> Result<Option<Credential>, String> {
        from_auth(&STANDARD.encode(plain))
    }

    #[test]
    fn the_password_begins_at_the_first_colon_and_loses_its_nuls() {
        assert_eq!(of_plain("user1:s3cret"), Ok(Some(basic("user1", "s3cret"))));
        assert_eq!(of_plain("user:pa:ss:wd"), Ok(Some(basic("user", "pa:ss:wd"))));
        assert_eq!(of_plain("u:p\0\0\0"), Ok(Some(basic("u", "p"))));
        assert_eq!(of_plain("u:"), Ok(Some(basic("u", ""))));
        assert_eq!(of_plain("用户: ñ \n"), Ok(Some(basic("用户", " ñ \n"))));
    }

    #[test]
    fn odd_base64_is_read_as_go_reads_it() {
        assert_eq!(from_auth("dT\nph\r\nYg=="), Ok(Some(basic("u", "ab"))), "line breaks are skipped");
        assert_eq!(from_auth("dTpwYh=="), Ok(Some(basic("u", "pb"))), "unused bits are ignored");
        assert_eq!(from_auth("!!!"), Err("illegal base64 data at input byte 0".into()));
        assert_eq!(from_auth("dTp-cGI="), Err("illegal base64 data at input byte 3".into()));
        assert_eq!(from_auth("dTpwYg"), Err("illegal base64 data at input byte 4".into()), "no padding");
        assert_eq!(from_auth("bm9jb2xvbg=="), Err("invalid auth configuration file".into()), "no colon");
        assert_eq!(of_plain(":p"), Err("invalid auth configuration file".into()), "no user");
    }

    #[test]
    fn an_entry_gives_its_strongest_credential() {
        let all = AuthEntry {
            auth: Some("dTpw".into()),
            username: Some("bad".into()),
            password: Some("bad".into()),
            identity_token: Some("IDT".into()),
            registry_token: Some("RT".into()),
        };
        let read = |entry: &AuthEntry| Credential::from_entry(entry).unwrap();

        assert_eq!(read(&all), Some(Credential::RegistryToken("RT".into())));
        let entry = AuthEntry { registry_token: None, ..all };
        let token = Credential::IdentityToken { username: Some("u".into()), token: "IDT".into() };
        assert_eq!(read(&entry), Some(token));
        let entry = AuthEntry { identity_token: None, ..entry };
        assert_eq!(read(&entry), Some(basic("u", "p")));
        let entry = AuthEntry { auth: None, ..entry };
        assert_eq!(read(&entry), Some(basic("bad", "bad")));
        assert_eq!(read(&AuthEntry::default()), None);
    }

    #[test]
    fn an_identity_token_is_told_from_a_password_by_its_user() {
        let token = Credential::from_helper("<token>".into(), "rt".into()).unwrap();

        assert_eq!(token, Credential::IdentityToken { username: None, token: "rt".into() });
        assert_eq!(token.for_helper().unwrap(), ("<token>", &"rt".into()));
        assert_eq!(Credential::from_helper("u".into(), "p".into()), Some(basic("u", "p")));
        assert_eq!(Credential::from_helper(String::new(), "".into()), None);
    }

    #[test]
    fn fields_are_written_as_docker_writes_them() {
        let fields = |credential: Credential| -> Vec<String> {
            let fields = credential.to_fields().unwrap();
            fields.iter().map(|(name, value)| format!("{name}={}", value.expose())).collect()
        };

        assert_eq!(fields(basic("user1", "s3cret")), ["auth=dXNlcjE6czNjcmV0"]);
        let token = Credential::IdentityToken { username: Some("idt".into()), token: "rt-idt".into() };
        assert_eq!(fields(token), ["auth=aWR0Og==", "identitytoken=rt-idt"]);
        assert!(matches!(basic("a:b", "p").to_fields(), Err(KeychainError::UserName)));
    }

    #[test]
    fn a_credential_does_not_show_its_secret() {
        assert!(!format!("{:?}", basic("u", "hunter2")).contains("hunter2"));
    }
}
