//! The PROXY protocol, versions 1 and 2: who the client behind a balancer is. Read where a listener demands it, written where a
//! backend wants it (haproxy.org/download/2.6/doc/proxy-protocol.txt).

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The 12 bytes of version 2.
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// A line of version 1 is at most so long, its end included.
const LINE_BYTES_MAX: usize = 107;
/// More than addresses and some TLVs is not read.
const BINARY_BYTES_MAX: usize = 2_048;

/// What was found at the beginning of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// More is needed.
    Incomplete,
    /// So many bytes were it. Without an address it is the balancer itself that asks (its health check, say).
    Header(usize, Option<SocketAddr>),
    /// It is none.
    Wrong,
}

/// Reads a header.
pub(crate) fn read(bytes: &[u8]) -> Found {
    let begin = bytes.len().min(SIGNATURE.len());
    if bytes[..begin] == SIGNATURE[..begin] {
        return binary(bytes);
    }
    let begin = bytes.len().min(6);
    if bytes[..begin] != b"PROXY "[..begin] {
        return Found::Wrong;
    }
    let line = &bytes[..bytes.len().min(LINE_BYTES_MAX)];
    match memchr::memchr(b'\n', line) {
        Some(end) if line[end - 1] == b'\r' => match text(&line[6..end - 1]) {
            Some(address) => Found::Header(end + 1, address),
            None => Found::Wrong,
        },
        None if bytes.len() < LINE_BYTES_MAX => Found::Incomplete,
        _ => Found::Wrong,
    }
}

/// `TCP4 from to port port`, or `UNKNOWN` and whatever.
fn text(line: &[u8]) -> Option<Option<SocketAddr>> {
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.split(' ');
    let family = words.next()?;
    if family == "UNKNOWN" {
        return Some(None);
    }
    let (from, to) = (
        words.next()?.parse::<IpAddr>().ok()?,
        words.next()?.parse::<IpAddr>().ok()?,
    );
    let port = |word: &str| {
        let digits = word.bytes().all(|it| it.is_ascii_digit());
        digits.then(|| word.parse::<u16>().ok()).flatten()
    };
    let (from_port, _) = (port(words.next()?)?, port(words.next()?)?);
    let is_fit = match family {
        "TCP4" => from.is_ipv4() && to.is_ipv4(),
        "TCP6" => from.is_ipv6() && to.is_ipv6(),
        _ => false,
    };
    (is_fit && words.next().is_none()).then(|| Some(SocketAddr::new(from, from_port)))
}

fn binary(bytes: &[u8]) -> Found {
    let Some(head) = bytes.get(12..16) else {
        return Found::Incomplete;
    };
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    let (version, command) = (head[0] >> 4, head[0] & 0xf);
    if version != 2 || command > 1 || length > BINARY_BYTES_MAX {
        return Found::Wrong;
    }
    let Some(rest) = bytes.get(16..16 + length) else {
        return Found::Incomplete;
    };
    let port = |at: usize| u16::from_be_bytes([rest[at], rest[at + 1]]);
    let address = match (command, head[1]) {
        (0, _) | (1, 0x00) => None,
        (1, 0x11) if length >= 12 => {
            let ip = <[u8; 4]>::try_from(&rest[..4]).map(Ipv4Addr::from);
            ip.ok().map(|ip| SocketAddr::new(ip.into(), port(8)))
        }
        (1, 0x21) if length >= 36 => {
            let ip = <[u8; 16]>::try_from(&rest[..16]).map(Ipv6Addr::from);
            ip.ok().map(|ip| SocketAddr::new(ip.into(), port(32)))
        }
        _ => return Found::Wrong,
    };
    Found::Header(16 + length, address)
}

/// A version of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Version {
    /// A line of text.
    V1,
    /// Binary.
    V2,
}

/// Writes the header for a connection from `client`, which came to `local`.
pub(crate) fn write(out: &mut Vec<u8>, version: Version, client: SocketAddr, local: SocketAddr) {
    let is_v4 = client.is_ipv4() && local.is_ipv4();
    if version == Version::V1 {
        let (family, from, to) = match is_v4 {
            true => ("TCP4", client.ip(), local.ip()),
            false => ("TCP6", IpAddr::V6(wide(client)), IpAddr::V6(wide(local))),
        };
        // Writing to a vector does not fail.
        let _ = write!(
            out,
            "PROXY {family} {from} {to} {} {}\r\n",
            client.port(),
            local.port()
        );
        return;
    }
    out.extend_from_slice(SIGNATURE);
    if let (IpAddr::V4(from), IpAddr::V4(to)) = (client.ip(), local.ip()) {
        out.extend_from_slice(&[0x21, 0x11, 0, 12]);
        out.extend_from_slice(&from.octets());
        out.extend_from_slice(&to.octets());
    } else {
        out.extend_from_slice(&[0x21, 0x21, 0, 36]);
        out.extend_from_slice(&wide(client).octets());
        out.extend_from_slice(&wide(local).octets());
    }
    out.extend_from_slice(&client.port().to_be_bytes());
    out.extend_from_slice(&local.port().to_be_bytes());
}

const fn wide(address: SocketAddr) -> Ipv6Addr {
    match address.ip() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_in_any_pieces() {
        let pairs = [
            ("10.0.0.1:7", "10.0.0.2:80"),
            ("[::1]:7", "[::2]:80"),
            ("10.0.0.1:7", "[::2]:80"),
        ];
        for (client, local) in
            pairs.map(|(one, other)| (one.parse().unwrap(), other.parse().unwrap()))
        {
            for version in [Version::V1, Version::V2] {
                let mut bytes = Vec::new();
                write(&mut bytes, version, client, local);
                for end in 0..bytes.len() {
                    assert_eq!(read(&bytes[..end]), Found::Incomplete, "{version:?} {end}");
                }
                let length = bytes.len();
                bytes.extend_from_slice(b"GET /");
                let Found::Header(used, Some(found)) = read(&bytes) else {
                    panic!("{version:?}: {:?}", read(&bytes));
                };
                assert_eq!(
                    (used, wide(found), found.port()),
                    (length, wide(client), client.port())
                );
            }
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        let wrong: [&[u8]; 8] = [
            b"GET / HTTP/1.1\r\n",
            b"PROXY TCP4 1.2.3.4 1.2.3.4 70000 80\r\n",
            b"PROXY TCP4 ::1 1.2.3.4 7 80\r\n",
            b"PROXY TCP4 1.2.3.4 1.2.3.4 7 80 9\r\n",
            b"PROXY TCP4 1.2.3.4 1.2.3.4 +7 80\r\n",
            b"PROXY TCP4 1.2.3.4 1.2.3.4 7 80\n",
            b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c",
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
        ];
        for bytes in wrong {
            assert_eq!(
                read(bytes),
                Found::Wrong,
                "{:?}",
                String::from_utf8_lossy(bytes)
            );
        }
        assert_eq!(read(&[b'P'; 200]), Found::Wrong);
        assert_eq!(
            read(format!("PROXY {}", "x".repeat(200)).as_bytes()),
            Found::Wrong
        );
        assert_eq!(read(b"PROXY UNKNOWN\r\n"), Found::Header(15, None));
    }
}
