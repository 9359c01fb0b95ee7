//! One plain HTTP request.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::Failure;

/// The body of `GET http://address/path`, whatever its status.
///
/// # Errors
/// When nobody answers within two seconds.
pub fn get(address: &str, path: &str) -> Result<String, Failure> {
    let wrong = |error: std::io::Error| format!("http://{address}{path}: {error}");
    let socket: SocketAddr = address
        .parse()
        .map_err(|_| format!("`{address}` is no address"))?;
    let patience = Duration::from_secs(2);
    let mut stream = TcpStream::connect_timeout(&socket, patience).map_err(wrong)?;
    stream.set_read_timeout(Some(patience)).map_err(wrong)?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .map_err(wrong)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(wrong)?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer
        .split_once("\r\n\r\n")
        .map_or("", |(_, body)| body)
        .to_owned())
}
