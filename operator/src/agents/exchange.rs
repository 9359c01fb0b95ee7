//! One request and its answer on a connection that waits for most of its life: HTTP/1.1, one exchange after the other.
//!
//! A general client keeps buffers of a dozen KiB for each connection as long as it stands. There are as many connections as
//! there are agents, and each waits in a long poll; here nothing is kept while one waits. Only what agents send is
//! understood: a status line, headers, a body of a stated length.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The most bytes before an answer's body.
const HEAD_BYTES_MAX: usize = 8 << 10;
/// The most headers.
const HEADERS_MAX: usize = 32;
/// The most bytes of an answer's body.
const BODY_BYTES_MAX: usize = 1 << 20;
/// Read at a time.
const READ_BYTES: usize = 2 << 10;

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// HTTP status.
    pub(super) code: u16,
    /// Its body.
    pub(super) body: Vec<u8>,
    /// The connection may be used again.
    pub(super) keep: bool,
}

impl Answer {
    /// Whether the request was granted.
    pub(super) const fn is_success(&self) -> bool {
        self.code / 100 == 2
    }
}

/// What is known of an answer from its head.
struct Head {
    code: u16,
    length: usize,
    body: usize,
    keep: bool,
}

fn bad(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

/// Sends a request and reads its answer.
///
/// # Errors
/// When the connection ends early, or the answer is not what an agent would send.
pub(super) async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    method: &str,
    host: &str,
    path: &str,
    body: &[u8],
) -> io::Result<Answer> {
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    stream.write_all(&request).await?;
    stream.flush().await?;
    drop(request);
    answer(stream).await
}

async fn answer<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Answer> {
    // Nothing is allocated before the first byte is there.
    let first = stream.read_u8().await?;
    let mut read = Vec::with_capacity(READ_BYTES);
    read.push(first);
    let head = loop {
        if let Some(head) = head(&read)? {
            break head;
        }
        if read.len() > HEAD_BYTES_MAX {
            return Err(bad("the head of the answer is too long"));
        }
        if stream.read_buf(&mut read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let mut body = read.split_off(head.body);
    let missing = head.length.saturating_sub(body.len());
    if body.len() > head.length {
        return Err(bad("more came than was announced"));
    }
    body.reserve_exact(missing);
    let came = stream.take(missing as u64).read_to_end(&mut body).await?;
    if came < missing {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Answer {
        code: head.code,
        body,
        keep: head.keep,
    })
}

/// `None` while it is not whole.
fn head(read: &[u8]) -> io::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(read).map_err(|e| bad(e.to_string()))?;
    let httparse::Status::Complete(body) = parsed else {
        return Ok(None);
    };
    let value = |name: &str| {
        let mut headers = response.headers.iter();
        let header = headers.find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok()
    };
    let length = value("content-length").and_then(|text| text.trim().parse().ok());
    let length = length.ok_or_else(|| bad("the answer does not state its length"))?;
    if length > BODY_BYTES_MAX {
        return Err(bad(format!("{length} bytes are too long an answer")));
    }
    Ok(Some(Head {
        code: response.code.unwrap_or_default(),
        length,
        body,
        keep: !value("connection").is_some_and(|text| text.eq_ignore_ascii_case("close")),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::duplex;

    /// What is made of an answer that comes in pieces.
    async fn answered(pieces: &[&str]) -> io::Result<Answer> {
        let (mut near, mut far) = duplex(64);
        let asking = tokio::spawn(async move {
            exchange(&mut near, "POST", "config", "/v1/transfer", b"{}").await
        });
        let mut request = vec![0; 97];
        far.read_exact(&mut request).await.expect("the request");
        let request = String::from_utf8_lossy(&request).into_owned();
        assert!(request.starts_with("POST /v1/transfer HTTP/1.1\r\nhost: config\r\n"));
        assert!(
            request.ends_with("content-length: 2\r\n\r\n{}"),
            "{request}"
        );
        for piece in pieces {
            far.write_all(piece.as_bytes()).await.expect("taken");
            tokio::task::yield_now().await;
        }
        drop(far);
        asking.await.expect("no panic")
    }

    #[tokio::test]
    async fn an_answer_may_come_in_any_pieces() {
        let whole = "HTTP/1.1 409 Conflict\r\nContent-Length: 5\r\nx: y\r\n\r\nhello";
        let expected = Answer {
            code: 409,
            body: b"hello".to_vec(),
            keep: true,
        };
        for cut in 1..whole.len() {
            let (left, right) = whole.split_at(cut);
            let answer = answered(&[left, right]).await.expect("an answer");
            assert_eq!(answer, expected, "cut at {cut}");
        }
        let close = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let answer = answered(&[close]).await.expect("an answer");
        assert!(answer.is_success() && !answer.keep);
    }

    #[tokio::test]
    async fn what_is_no_answer_is_refused() {
        let long = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(9000));
        for pieces in [
            vec![],
            vec!["HTTP/1.1 200 OK\r\n"],
            vec!["SSH-2.0-x\r\n\r\n"],
            vec!["HTTP/1.1 200 OK\r\n\r\n"],
            vec!["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello"],
            vec!["HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nhello"],
            vec!["HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n"],
            vec![long.as_str()],
        ] {
            // The other side may be refused before it has sent all.
            let (mut near, mut far) = duplex(1 << 14);
            for piece in &pieces {
                far.write_all(piece.as_bytes()).await.expect("taken");
            }
            drop(far);
            assert!(answer(&mut near).await.is_err(), "{pieces:?}");
        }
    }
}
