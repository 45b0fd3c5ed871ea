//! Detects whether a server speaks TLS, without the cost of a handshake.
//!
//! A registry on loopback may speak either protocol. A real handshake would show that, but seeds a random
//! generator and creates keys first: thirty times the work of the whole request that follows.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long a server may take to respond. A slower server counts as one that speaks TLS, so that its error
/// comes from there.
pub(super) const LIMIT: Duration = Duration::from_secs(5);

/// The types of TLS records in a server's response: alert and handshake, RFC 8446, section 5.1.
const RECORDS: [u8; 2] = [21, 22];

/// Returns the scheme that the server at `host:port` speaks; `None` if it is unreachable or silent.
///
/// The server gets the greeting of a TLS client. If it responds with anything but a TLS record, or closes the
/// connection, it does not speak TLS.
pub(super) async fn scheme(address: &str, patience: Duration) -> Option<&'static str> {
    let answer = tokio::time::timeout(LIMIT.min(patience), greet(address)).await.ok()?.ok()?;
    Some(if answer.is_some_and(|first| RECORDS.contains(&first)) { "https" } else { "http" })
}

/// Returns the first byte of the server's response to a greeting, if there is one.
async fn greet(address: &str) -> std::io::Result<Option<u8>> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(&client_hello()).await?;
    // A server that resets the connection did not understand the greeting.
    Ok(connection.read_u8().await.ok())
}

/// Returns a `ClientHello` of TLS 1.2 with one cipher suite, RFC 5246, section 7.4.1.2.
///
/// Line breaks are used in place of random bytes: a server that reads lines sees an end and responds
/// immediately. There is no handshake, so nothing has to be secret.
fn client_hello() -> Vec<u8> {
    let mut hello = vec![3, 3];
    hello.extend(b"\r\n".repeat(16));
    hello.push(0); // no session
    hello.extend([0, 2, 0xc0, 0x2f]); // TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    hello.extend([1, 0]); // no compression
    let handshake = with_length(&[1, 0], &hello);
    with_length(&[22, 3, 1], &handshake)
}

/// Returns `head`, the length of `body` in two bytes, and `body`.
fn with_length(head: &[u8], body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).expect("a greeting is short").to_be_bytes();
    [head, &length, body].concat()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    use super::*;

    /// Starts a server that reads a line and responds with these bytes; returns its address.
    fn server(answer: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            let (mut connection, _) = listener.accept().unwrap();
            BufReader::new(&connection).read_until(b'\n', &mut Vec::new()).unwrap();
            connection.write_all(answer).unwrap();
        });
        address
    }

    #[tokio::test]
    async fn a_tls_record_is_told_from_anything_else() {
        assert_eq!(scheme(&server(&[22, 3, 3, 0, 1, 2]), LIMIT).await, Some("https"));
        assert_eq!(scheme(&server(&[21, 3, 3, 0, 2, 2, 40]), LIMIT).await, Some("https"));
        assert_eq!(scheme(&server(b"HTTP/1.0 400 Bad Request\r\n\r\n"), LIMIT).await, Some("http"));
        assert_eq!(scheme(&server(b""), LIMIT).await, Some("http"));
    }

    #[tokio::test]
    async fn a_closed_port_has_no_scheme() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        assert_eq!(scheme(&free, LIMIT).await, None);
    }

    #[test]
    fn the_greeting_is_a_record_with_its_lengths() {
        let hello = client_hello();
        assert_eq!(hello[0], 22);
        assert_eq!(usize::from(u16::from_be_bytes([hello[3], hello[4]])), hello.len() - 5);
        assert_eq!(usize::from(u16::from_be_bytes([hello[7], hello[8]])), hello.len() - 9);
    }
}
