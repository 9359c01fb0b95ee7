//! A connection, with or without TLS, as one type.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::ServerName;
use synod_agent_api::Principal;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf, copy, sink};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use super::{Certificates, principal, subject};

/// So long somebody who was refused may take to read why, and to go.
const PARTING: Duration = Duration::from_millis(500);
/// So much of what was sent meanwhile is read.
const PARTING_BYTES_MAX: u64 = 256 << 10;

/// A connection.
#[derive(Debug)]
pub enum Stream {
    /// In plain text.
    Plain(TcpStream),
    /// By TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

/// Gives the newest configuration of a server.
pub type ServerConfigs = Box<dyn Fn() -> Arc<ServerConfig> + Send + Sync>;

/// How a listener makes a [`Stream`] of what it accepted: by TLS if there are certificates.
#[derive(Clone, Debug)]
pub struct TlsAccept(Option<Arc<Certificates>>);

impl TlsAccept {
    /// With certificates, or without any for plain text.
    #[must_use]
    pub const fn new(certificates: Option<Arc<Certificates>>) -> Self {
        Self(certificates)
    }

    /// Whether connections are encrypted.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.0.is_some()
    }

    /// How each connection is met that comes, for those who do the handshake themselves; nothing for plain text.
    #[must_use]
    pub fn servers(&self) -> Option<ServerConfigs> {
        let certificates = self.0.clone()?;
        Some(Box::new(move || certificates.server()))
    }

    /// Does the handshake. Unbounded in time: the caller bounds it.
    ///
    /// # Errors
    /// If the other side does not speak TLS or shows no certificate that holds.
    pub async fn accept(&self, tcp: TcpStream) -> io::Result<Stream> {
        let Some(certificates) = &self.0 else {
            return Ok(Stream::Plain(tcp));
        };
        let acceptor = TlsAcceptor::from(certificates.server());
        match acceptor.accept(tcp).into_fallible().await {
            Ok(tls) => Ok(Stream::Tls(Box::new(TlsStream::Server(tls)))),
            Err((error, tcp)) => {
                part(tcp).await;
                Err(error)
            }
        }
    }

    /// Does the handshake as the dialling side. Unbounded in time: the caller bounds it.
    ///
    /// # Errors
    /// If the other side does not speak TLS or its certificate does not come from the CA.
    pub async fn connect(&self, tcp: TcpStream) -> io::Result<Stream> {
        let Some(certificates) = &self.0 else {
            return Ok(Stream::Plain(tcp));
        };
        let connector = TlsConnector::from(certificates.client());
        // Never sent nor compared: identities are in the URI names.
        let name = ServerName::try_from("member.synod").expect("a valid name");
        let tls = connector.connect(name, tcp).await?;
        Ok(Stream::Tls(Box::new(TlsStream::Client(tls))))
    }
}

/// Leaves a connection so that the other side reads why. It may have sent more already, as TLS 1.3 lets it, and a socket that is
/// closed with bytes unread takes back what it has sent: a client would be told of a broken pipe, and not of its certificate.
async fn part(mut tcp: TcpStream) {
    let (mut rest, mut nowhere) = ((&mut tcp).take(PARTING_BYTES_MAX), sink());
    // Whatever comes of it, the socket is closed then.
    let _ = timeout(PARTING, copy(&mut rest, &mut nowhere)).await;
}

impl Stream {
    /// Whom the other side's verified certificate names; `None` in plain text, without certificate, or if it names nobody.
    #[must_use]
    pub fn principal(&self) -> Option<Principal> {
        let Self::Tls(tls) = self else { return None };
        let (_, session) = tls.get_ref();
        session.peer_certificates()?.first().and_then(principal)
    }

    /// The subject of the other side's verified certificate, as Java writes it; `None` in plain text and without certificate.
    #[must_use]
    pub fn subject(&self) -> Option<String> {
        let Self::Tls(tls) = self else { return None };
        let (_, session) = tls.get_ref();
        session.peer_certificates()?.first().and_then(subject)
    }

    /// Whether it is by TLS.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// The socket below.
    #[must_use]
    pub fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Self::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
