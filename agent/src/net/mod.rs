//! The real network under a driver: connections among the members of one group.
//!
//! Promises: a frame comes only from the member it is said to come from (by its certificate, or by its word where
//! TLS is explicitly off); a lost connection is told at once; random bytes and strangers close their own connection and
//! nothing else; queues are bounded by bytes and drop at the bound.
//! Knows nothing of what frames say.
//!
//! Every member dials every other. A connection carries frames both ways, so a pair has up to two: a member sends on
//! the one it dialled while that stands, else on the one it accepted. So a member whose new address the others do not
//! know yet announces itself, and they reuse that connection.

mod accept;
mod connection;
mod dial;
mod frame;
mod hello;
mod outbox;
mod resolve;
mod table;

use std::sync::Arc;

use bytes::Bytes;
use synod_agent_api::{Identity, Principal};
use synod_paxos::Node;
use synod_replica::{MemberContext, Net, NetEvent};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::metrics::NetMetrics;
use crate::tls::TlsAccept;

pub use frame::FRAME_BYTES_MAX;
pub use hello::Refused;
pub use resolve::Resolver;

use table::Table;

/// What the network is started with.
pub struct NetSettings {
    /// Who this member is.
    pub identity: Identity,
    /// TLS, or none where the configuration says `insecure`.
    pub tls: TlsAccept,
    /// How names become addresses.
    pub resolver: Resolver,
    /// Whom to dial until the group's configuration is known: number and `host:port`.
    pub hints: Vec<(Node, String)>,
    /// A random number of this process: tells a restarted peer from one that dialled again.
    pub incarnation: u64,
    /// Counters.
    pub metrics: NetMetrics,
    /// Where the listener's task is counted: the port is free once it ended.
    pub tasks: TaskTracker,
}

/// What all connections share.
struct Shared {
    identity: Identity,
    tls: TlsAccept,
    resolver: Resolver,
    incarnation: u64,
    metrics: NetMetrics,
    table: Table,
    events: mpsc::Sender<NetEvent>,
    stop: CancellationToken,
}

impl Shared {
    fn node(&self) -> Node {
        Node(self.identity.number)
    }

    /// Whether the other side's certificate, if there is TLS, makes it the member it says it is.
    fn check(&self, shown: Option<&Principal>, said: Node) -> Result<(), Refused> {
        if !self.tls.is_tls() {
            return Ok(());
        }
        let Some(Principal::Member(member)) = shown else {
            return Err(Refused::NoMember);
        };
        if (member.cluster, member.kind) != (self.identity.cluster, self.identity.kind) {
            return Err(Refused::OtherCluster(member.to_string()));
        }
        if Node(member.number) != said {
            return Err(Refused::NotItself {
                said,
                certified: Node(member.number),
            });
        }
        Ok(())
    }
}

/// The real [`Net`]. Dropping it closes all connections and stops dialling and accepting.
pub struct RealNet {
    shared: Arc<Shared>,
    runtime: Handle,
    /// True once the driver told its peers: hints count no more.
    told: bool,
}

impl RealNet {
    /// Begins to accept on `listener` and to dial the hinted peers. Events go to `events`; a connection whose events are
    /// not taken is not read from.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn start(
        settings: NetSettings,
        listener: TcpListener,
        events: mpsc::Sender<NetEvent>,
    ) -> Self {
        let shared = Arc::new(Shared {
            identity: settings.identity,
            tls: settings.tls,
            resolver: settings.resolver,
            incarnation: settings.incarnation,
            metrics: settings.metrics,
            table: Table::default(),
            events,
            stop: CancellationToken::new(),
        });
        let net = Self {
            shared,
            runtime: Handle::current(),
            told: false,
        };
        settings
            .tasks
            .spawn(accept::accept(Arc::clone(&net.shared), listener));
        net.dial(settings.hints);
        net
    }

    fn dial(&self, peers: Vec<(Node, String)>) {
        let own = self.shared.node();
        let wanted = peers
            .into_iter()
            .filter(|(node, address)| *node != own && !address.is_empty());
        self.shared
            .table
            .set_dialled(wanted, |node, address, wake| {
                let dialler = dial::Dialler::new(Arc::clone(&self.shared), node, address, wake);
                self.runtime.spawn(dialler.run()).abort_handle()
            });
    }
}

impl Net for RealNet {
    fn send(&mut self, to: Node, parts: Vec<Bytes>) {
        if !self.shared.table.send(to, &parts) {
            self.shared.metrics.dropped_frames.inc();
        }
    }

    fn peers(&mut self, peers: &[(Node, Bytes)]) {
        if peers.is_empty() && !self.told {
            return;
        }
        self.told = true;
        let known = peers.iter().map(|(node, context)| {
            let address = MemberContext::decode(context).map_or_else(
                |error| {
                    tracing::warn!(%node, ?error, "a member's context does not read; it is not dialled");
                    String::new()
                },
                |context| context.peer_address,
            );
            (*node, address)
        });
        self.dial(known.collect());
    }
}

impl Drop for RealNet {
    fn drop(&mut self) {
        self.shared.stop.cancel();
        self.shared.table.close();
    }
}
