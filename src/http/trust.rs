//! Decides which certificates are trusted, for registries and for Docker Engines. No other code decides that.
//!
//! The trusted certificates are those of the system, or of `SSL_CERT_FILE` and `SSL_CERT_DIR`, and those that
//! the user names: certs.d, `--ca-file`, config.toml. Such a certificate vouches for those that it has
//! signed, if it may sign at all, and for itself: users put a server's own certificate there, and `openssl
//! req -x509` marks it as an authority. All other checks are strict: names, dates, purposes and critical
//! extensions count for every certificate of a server.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use std::{fmt, fs};

use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, DigitallySignedStruct, Error as TlsError, OtherError, RootCertStore, SignatureScheme,
};

use super::error::Error;
use super::x509::X509;
use crate::config::Tls;

/// The places of certificate authorities on Linux systems.
const SYSTEM_ROOTS: [&str; 6] = [
    "/etc/ssl/certs",
    "/etc/pki/tls/certs",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem",
    "/system/etc/security/cacerts",
];

/// The trust settings of a client. All its connections share one verifier, which is created for the first of
/// them.
#[derive(Debug)]
pub(crate) struct Trust {
    others: Others,
    verifier: OnceLock<Arc<Verifier>>,
}

impl Trust {
    pub(crate) fn new(others: Others) -> Self {
        Self { others, verifier: OnceLock::new() }
    }

    /// Returns the verifier, which trusts the certificates that `tls` names.
    ///
    /// # Errors
    /// The same as those of [`Verifier::new`].
    pub(super) fn verifier(&self, tls: &Tls) -> Result<Arc<Verifier>, Error> {
        if let Some(verifier) = self.verifier.get() {
            return Ok(Arc::clone(verifier));
        }
        let verifier = Verifier::new(tls, self.others)?;
        // Another task may have been faster; then its verifier is kept.
        Ok(Arc::clone(self.verifier.get_or_init(|| verifier)))
    }
}

/// Verifies the certificate of a server.
#[derive(Debug)]
pub(super) struct Verifier {
    /// The certificates that the user names.
    named: Vec<CertificateDer<'static>>,
    others: Others,
    provider: Arc<CryptoProvider>,
    /// The trusted set. It is created when a server presents a certificate, because reading the system's
    /// certificates takes a while.
    trusted: OnceLock<Trusted>,
}

/// The trusted certificates besides those that the user names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Others {
    /// The authorities of the system.
    System,
    /// No others.
    None,
}

/// The trusted set.
#[derive(Debug)]
struct Trusted {
    /// All certificates: each vouches for itself.
    all: HashSet<CertificateDer<'static>>,
    /// The certificates that may sign others.
    authorities: Vec<CertificateDer<'static>>,
    /// Verifies chains up to one of the authorities; `None` if there are none.
    chains: Option<Arc<WebPkiServerVerifier>>,
}

/// Why a certificate is refused, where rustls has no words for it. The words are Go's where it has some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is older than version 3, so it cannot name a server.
    Version(u32),
    /// It is not for servers.
    Purpose,
    /// It has an unknown critical extension.
    Extension(String),
    /// It has no subject alternative name.
    NoName,
    /// Its signature algorithm is outdated or not supported yet.
    Algorithm,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => write!(
                f,
                "certificate is of version {version}, which has no subject alternative name: reissue it as version 3"
            ),
            Self::Purpose => f.write_str(
                "certificate specifies an incompatible key usage: its extended key usage is not for servers (serverAuth)",
            ),
            Self::Extension(id) => write!(f, "unhandled critical extension {id} in the certificate"),
            Self::NoName => f.write_str(
                "certificate relies on legacy Common Name field, use SANs instead: it has no subject alternative name",
            ),
            Self::Algorithm => f.write_str(
                "certificate is signed with an unsupported algorithm, such as SHA-1, or a key that is too short",
            ),
        }
    }
}

impl std::error::Error for Refusal {}

impl Verifier {
    /// Creates a verifier that trusts the certificates that `tls` names, and `others`.
    ///
    /// # Errors
    /// [`Error::Certificate`] for an unusable file. In certs.d one good file is enough; the others cause
    /// warnings.
    fn new(tls: &Tls, others: Others) -> Result<Arc<Self>, Error> {
        let mut named = Vec::new();
        for path in &tls.authorities {
            named.extend(certificates(path)?);
        }
        named.extend(found(&tls.found)?);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        Ok(Arc::new(Self { named, others, provider, trusted: OnceLock::new() }))
    }

    fn trusted(&self) -> &Trusted {
        self.trusted.get_or_init(|| {
            let mut all: HashSet<_> = self.named.iter().cloned().collect();
            if self.others == Others::System {
                all.extend(system());
            }
            let may_sign = |der: &&CertificateDer<'_>| X509::parse(der).is_some_and(|known| known.may_sign());
            let authorities: Vec<_> = all.iter().filter(may_sign).cloned().collect();
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(authorities.iter().cloned());
            let provider = Arc::clone(&self.provider);
            let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().ok();
            Trusted { all, authorities, chains }
        })
    }

    /// Reports whether one of the trusted authorities has signed this certificate directly.
    ///
    /// This is only used for a certificate that is marked as an authority, because webpki rejects it as a
    /// server's certificate.
    fn have_signed(&self, certificate: &X509<'_>) -> bool {
        let algorithms = self.provider.signature_verification_algorithms.all;
        self.trusted().authorities.iter().filter_map(|der| X509::parse(der)).any(|authority| {
            // Name constraints are not evaluated here, so an authority with constraints is skipped.
            authority.fields.subject.as_raw() == certificate.fields.issuer.as_raw()
                && !authority.extensions.constrains_names
                && certificate.is_signed_by(&authority, algorithms)
        })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let shown = X509::parse(end_entity).ok_or(CertificateError::BadEncoding)?;
        let trusted = self.trusted();
        let is_authority = shown.extensions.is_authority == Some(true);
        if !is_authority && !trusted.all.contains(end_entity) {
            let chains = trusted.chains.as_ref().ok_or(CertificateError::UnknownIssuer)?;
            let verified = chains.verify_server_cert(end_entity, intermediates, server_name, ocsp, now);
            return verified.map_err(|error| explained(error, &shown));
        }
        check_dates(&shown, now)?;
        if !trusted.all.contains(end_entity) && !self.have_signed(&shown) {
            return Err(CertificateError::UnknownIssuer.into());
        }
        check_itself(&shown)?;
        let parsed = ParsedCertificate::try_from(end_entity).map_err(|error| explained(error, &shown))?;
        verify_server_name(&parsed, server_name).map_err(|error| explained(error, &shown))?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl X509<'_> {
    /// Reports whether the certificate may sign others: RFC 5280, section 4.2.1.9. Before version 3 no field
    /// states that, so these certificates may.
    fn may_sign(&self) -> bool {
        self.version() < 3 || self.extensions.is_authority == Some(true)
    }
}

fn check_dates(shown: &X509<'_>, now: UnixTime) -> Result<(), TlsError> {
    let time = |at: Timestamp| {
        UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default()))
    };
    let (not_before, not_after) = (time(shown.not_before), time(shown.not_after));
    if now < not_before {
        return Err(CertificateError::NotValidYetContext { time: now, not_before }.into());
    }
    if now > not_after {
        return Err(CertificateError::ExpiredContext { time: now, not_after }.into());
    }
    Ok(())
}

/// Checks what does not depend on who vouches for the certificate.
fn check_itself(shown: &X509<'_>) -> Result<(), TlsError> {
    let refusal = match shown.version() {
        version @ ..3 => Some(Refusal::Version(version)),
        _ if shown.extensions.unknown.is_some() => shown.extensions.unknown.clone().map(Refusal::Extension),
        _ if shown.extensions.is_for_servers == Some(false) => Some(Refusal::Purpose),
        _ if !shown.extensions.has_names => Some(Refusal::NoName),
        _ => None,
    };
    refusal.map_or(Ok(()), |refusal| Err(refused(refusal)))
}

fn refused(refusal: Refusal) -> TlsError {
    CertificateError::Other(OtherError(Arc::new(refusal))).into()
}

/// Explains a refused certificate where webpki's error does not.
fn explained(error: TlsError, shown: &X509<'_>) -> TlsError {
    use CertificateError as E;
    let TlsError::InvalidCertificate(problem) = &error else { return error };
    match problem {
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => refused(Refusal::Purpose),
        E::Other(_) | E::BadEncoding => check_itself(shown).err().unwrap_or(error),
        E::NotValidForName | E::NotValidForNameContext { .. } if !shown.extensions.has_names => {
            refused(Refusal::NoName)
        }
        E::UnsupportedSignatureAlgorithmContext { .. }
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => refused(Refusal::Algorithm),
        _ => error,
    }
}

/// Reads the certificates in a PEM file.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let unusable = |reason: String| Error::Certificate { path: path.to_owned(), reason };
    let pem = fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        if X509::parse(&certificate).is_none() {
            return Err(unusable("it contains an invalid certificate".to_owned()));
        }
        found.push(certificate);
    }
    if found.is_empty() {
        return Err(unusable("it contains no PEM certificate".to_owned()));
    }
    Ok(found)
}

/// Reads the certificates of certs.d. An unusable file does not affect the others.
fn found(paths: &[PathBuf]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let (mut all, mut broken) = (Vec::new(), Vec::new());
    for path in paths {
        match certificates(path) {
            Ok(found) => all.extend(found),
            Err(error) => broken.push(error),
        }
    }
    if all.is_empty() && !broken.is_empty() {
        return Err(broken.swap_remove(0));
    }
    for error in broken {
        tracing::warn!("{error}; the other certificates in its directory are used");
    }
    Ok(all)
}

/// Returns the system's trusted certificates, or Mozilla's where there are none, as in an image made from
/// scratch.
fn system() -> Vec<CertificateDer<'static>> {
    let mut found = rustls_native_certs::load_native_certs();
    let is_bare = cfg!(target_os = "linux") && !SYSTEM_ROOTS.iter().any(|place| Path::new(place).exists());
    if is_bare {
        found.certs.extend(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    }
    for error in &found.errors {
        if found.certs.is_empty() {
            tracing::warn!("the system's certificates cannot be read: {error}");
        } else {
            tracing::debug!(%error, "some of the system's certificates cannot be read");
        }
    }
    found.certs
}
