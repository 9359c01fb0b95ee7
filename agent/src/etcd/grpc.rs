//! One request, one answer over gRPC: framing of unary calls and the bodies of all answers.
//!
//! A lean path of its own beside tonic's, since these calls are the hot ones: a message that arrived in one DATA frame
//! is decoded in place, and the answer is one DATA frame and its trailers. No compression is offered or taken.
//! It knows nothing of what a call means. Format: gRPC over HTTP/2, "PROTOCOL-HTTP2.md" of the gRPC project.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use prost::Message;
use tokio::sync::{Semaphore, SemaphorePermit};
use tonic::{Code, Status};

use super::errors::EtcdError;
use crate::engine::Guest;

/// Flag and length before each message.
const PREFIX_BYTES: usize = 5;

/// The body of an answer.
#[derive(Default)]
pub(crate) enum Body {
    /// Nothing (left).
    #[default]
    Empty,
    /// A framed message; success follows in the trailers.
    Message(Bytes),
    /// The trailers that say success.
    Success,
    /// Bytes of an ordinary HTTP answer.
    Plain(Bytes),
    /// A stream of messages: a call that is under way as long as it lasts.
    Stream(tonic::body::Body, Option<Guest>),
}

impl Body {
    /// A stream keeps `guest`; of other answers nothing is left to be done.
    pub(crate) fn kept(self, guest: Guest) -> Self {
        match self {
            Self::Stream(stream, _) => Self::Stream(stream, Some(guest)),
            other => other,
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let (frame, next) = match std::mem::take(&mut *self) {
            Self::Empty => return Poll::Ready(None),
            Self::Message(bytes) => (Frame::data(bytes), Self::Success),
            Self::Success => (Frame::trailers(success()), Self::Empty),
            Self::Plain(bytes) => (Frame::data(bytes), Self::Empty),
            Self::Stream(mut stream, guest) => {
                let polled = Pin::new(&mut stream).poll_frame(cx);
                *self = Self::Stream(stream, guest);
                return polled;
            }
        };
        *self = next;
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Message(_) | Self::Success | Self::Plain(_) => false,
            Self::Stream(stream, _) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Plain(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Message(_) | Self::Success | Self::Stream(..) => SizeHint::default(),
        }
    }
}

fn success() -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(1);
    trailers.insert(Status::GRPC_STATUS, HeaderValue::from_static("0"));
    trailers
}

/// Bounds on what is received.
pub(crate) struct Intake {
    /// Bytes of one message.
    message_bytes_max: usize,
    /// Kilobytes of messages that did not arrive in one piece, from their assembly to their answer.
    assembled_kilobytes: Semaphore,
}

/// Kilobytes of large messages under way in the process; at the bound the answer is "too many requests".
const ASSEMBLED_KILOBYTES_MAX: usize = 256 << 10;

impl Intake {
    /// Messages of at most `message_bytes_max` bytes.
    pub(crate) const fn new(message_bytes_max: usize) -> Self {
        Self {
            message_bytes_max,
            assembled_kilobytes: Semaphore::const_new(ASSEMBLED_KILOBYTES_MAX),
        }
    }

    fn reserve(&self, bytes: usize) -> Result<SemaphorePermit<'_>, Status> {
        let kilobytes = u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX);
        let reserved = self.assembled_kilobytes.try_acquire_many(kilobytes);
        reserved.map_err(|_| EtcdError::TooManyRequests.into())
    }
}

/// Carries out one call: decodes the message, awaits `call`, encodes the answer.
pub(crate) async fn unary<Req, Res, Fut>(
    request: Request<Incoming>,
    intake: &Intake,
    call: impl FnOnce(Req) -> Fut,
) -> Result<Response<Body>, Status>
where
    Req: Message + Default,
    Res: Message,
    Fut: Future<Output = Result<Res, Status>>,
{
    let (bytes, _reserved) = one_message(request.into_body(), intake).await?;
    let message = Req::decode(bytes)
        .map_err(|error| Status::internal(format!("grpc: failed to unmarshal: {error}")))?;
    let answer = call(message).await?;
    Ok(answered(frame(&answer)))
}

fn answered(framed: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::Message(framed));
    let grpc = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(CONTENT_TYPE, grpc);
    response
}

/// A message with its prefix.
fn frame(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut framed = BytesMut::with_capacity(PREFIX_BYTES + length);
    framed.put_u8(0);
    framed.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    message.encode_raw(&mut framed);
    framed.freeze()
}

/// The one message of a request, which must end after it: an unread end would reset the stream.
async fn one_message(
    mut body: Incoming,
    intake: &Intake,
) -> Result<(Bytes, Option<SemaphorePermit<'_>>), Status> {
    let mut held = next_data(&mut body).await?.unwrap_or_default();
    while held.len() < PREFIX_BYTES {
        held = append(held, next_data(&mut body).await?, PREFIX_BYTES)?;
    }
    let compressed = held.get_u8();
    let length = held.get_u32() as usize;
    if compressed != 0 {
        return Err(Status::unimplemented(
            "grpc: Decompressor is not installed for grpc-encoding",
        ));
    }
    if length > intake.message_bytes_max {
        return Err(too_large(length, intake.message_bytes_max));
    }
    let reserved = (held.len() < length)
        .then(|| intake.reserve(length))
        .transpose()?;
    while held.len() < length {
        held = append(held, next_data(&mut body).await?, length)?;
    }
    if held.len() > length {
        return Err(more_than_one());
    }
    while let Some(data) = next_data(&mut body).await? {
        if !data.is_empty() {
            return Err(more_than_one());
        }
    }
    Ok((held, reserved))
}

async fn next_data(body: &mut Incoming) -> Result<Option<Bytes>, Status> {
    while !body.is_end_stream() {
        match body.frame().await {
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Some(Err(error)) => return Err(Status::new(Code::Cancelled, error.to_string())),
            None => break,
        }
    }
    Ok(None)
}

/// `held` and `more` as one; an early end is an error. `whole` bytes are expected in all.
fn append(held: Bytes, more: Option<Bytes>, whole: usize) -> Result<Bytes, Status> {
    let Some(more) = more else {
        return Err(Status::internal("grpc: the request ends within a message"));
    };
    if held.is_empty() {
        return Ok(more);
    }
    let mut joined = match held.try_into_mut() {
        Ok(joined) => joined,
        Err(held) => {
            let least = held.len() + more.len();
            let mut joined = BytesMut::with_capacity((2 * least).min(whole).max(least));
            joined.extend_from_slice(&held);
            joined
        }
    };
    joined.extend_from_slice(&more);
    Ok(joined.freeze())
}

fn too_large(length: usize, bytes_max: usize) -> Status {
    Status::resource_exhausted(format!(
        "grpc: received message larger than max ({length} vs. {bytes_max})"
    ))
}

fn more_than_one() -> Status {
    Status::internal("grpc: more than one message in a unary request")
}
