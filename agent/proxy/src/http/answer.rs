//! The answers that are the proxy's own: the one place where a reason becomes a status.

use std::io::Write as _;
use std::time::Duration;

use synod_balance::Refusal;

use super::Bad;

/// Why the proxy itself answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The request is not one.
    Bad(Bad),
    /// The head did not come in time.
    HeadTimeOut,
    /// The body did not come in time.
    BodyTimeOut,
    /// No route is for this request.
    NoRoute,
    /// It is not sent on.
    Refused(Refusal),
    /// No backend took the connection.
    Unconnected,
    /// No backend took the connection in time.
    ConnectTimeOut,
    /// The backend closed before it answered.
    Closed,
    /// What the backend sent is no answer.
    BadAnswer,
    /// The backend did not answer in time.
    AnswerTimeOut,
}

impl Reason {
    /// The status and its phrase.
    pub(crate) const fn status(self) -> (u16, &'static str) {
        match self {
            Self::Bad(Bad::HeadTooLong | Bad::TooManyFields) => {
                (431, "Request Header Fields Too Large")
            }
            Self::Bad(Bad::TargetTooLong) => (414, "URI Too Long"),
            Self::Bad(Bad::Version) => (505, "HTTP Version Not Supported"),
            Self::Bad(Bad::UnknownCoding) => (501, "Not Implemented"),
            Self::Bad(Bad::Method) => (405, "Method Not Allowed"),
            Self::Bad(_) => (400, "Bad Request"),
            Self::HeadTimeOut | Self::BodyTimeOut => (408, "Request Timeout"),
            Self::NoRoute => (404, "Not Found"),
            Self::Refused(Refusal::RateLimited { .. }) => (429, "Too Many Requests"),
            Self::Refused(_) => (503, "Service Unavailable"),
            Self::Unconnected | Self::Closed | Self::BadAnswer => (502, "Bad Gateway"),
            Self::ConnectTimeOut | Self::AnswerTimeOut => (504, "Gateway Timeout"),
        }
    }

    /// After how long it may be asked again, if that is known.
    fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Refused(Refusal::RateLimited { retry_after }) => Some(retry_after),
            Self::Refused(_) => Some(Duration::from_secs(1)),
            _ => None,
        }
    }
}

/// Writes an answer.
pub(crate) fn write(out: &mut Vec<u8>, reason: Reason, is_of_head: bool, closes: bool) {
    let (status, phrase) = reason.status();
    let body = format!("{status} {phrase}\n");
    // Writing to a vector does not fail.
    let _ = write!(
        out,
        "HTTP/1.1 {status} {phrase}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n",
        body.len()
    );
    if let Some(time) = reason.retry_after() {
        let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
        let _ = write!(out, "retry-after: {}\r\n", seconds.max(1));
    }
    end(out, &body, is_of_head, closes);
}

/// Writes a redirection.
pub(crate) fn redirect(out: &mut Vec<u8>, status: u16, location: &[u8], closes: bool) {
    let _ = write!(out, "HTTP/1.1 {status} Redirect\r\nlocation: ");
    out.extend_from_slice(location);
    out.extend_from_slice(b"\r\ncontent-length: 0\r\n");
    end(out, "", false, closes);
}

fn end(out: &mut Vec<u8>, body: &str, is_of_head: bool, closes: bool) {
    if closes {
        out.extend_from_slice(b"connection: close\r\n");
    }
    out.extend_from_slice(b"\r\n");
    if !is_of_head {
        out.extend_from_slice(body.as_bytes());
    }
}
