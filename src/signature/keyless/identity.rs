//! The identity in a certificate.

/// The identity that a certificate must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The email address or URI of the signer. It must be equal to that in the certificate.
    pub name: String,
    /// The URL of the OpenID Connect issuer that has confirmed it.
    pub issuer: String,
}
