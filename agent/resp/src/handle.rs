//! What is asked of a running server, and told to it, by who runs it.

use std::convert::Infallible;
use std::fmt::{Display, Write as _};
use std::sync::Arc;

use synod_cache::partition::{Counts, DATABASES};

use crate::Shared;
use crate::acl::{DEFAULT, Password};
use crate::counts::Sum;
use crate::part::Parts;

/// The way to a server. It stays when the server stops; nothing comes of it then.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

impl Handle {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Has clients show another password from now on. Those who showed one before stay.
    pub fn set_password(&self, password: Password) {
        let Ok(_) = self.shared.accounts.change(DEFAULT, |user| {
            user.set_password(Some(password));
            Ok::<_, Infallible>(())
        });
    }

    /// Whether nothing can be kept on disk any more.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        let persistence = self.shared.persistence.as_ref();
        persistence.is_some_and(|it| it.journal.is_failed())
    }

    /// What was counted, as Prometheus reads it. What counts from 0 again when a client says so (`CONFIG RESETSTAT`) does here, too.
    #[must_use]
    pub fn metrics(&self) -> String {
        let shared = &*self.shared;
        let mut text = Text::default();
        self.keys(&mut text);
        let sum = Sum::of(&shared.counts, &shared.resets);
        text.gauge(
            "clients",
            "Clients that are connected",
            sum.left(|it| &it.came, |it| &it.went),
        );
        text.gauge(
            "clients_waiting",
            "Clients that wait in a blocking command",
            sum.left(|it| &it.waits, |it| &it.waited),
        );
        for (name, help, value) in [
            (
                "connections",
                "Connections that came",
                sum.sum(|it| &it.connections),
            ),
            (
                "connections_refused",
                "Connections that were one too many",
                sum.sum(|it| &it.refused),
            ),
            ("commands", "Commands carried out", sum.calls()),
            (
                "errors",
                "Errors that were answered",
                sum.sum(|it| &it.error_replies),
            ),
            (
                "received_bytes",
                "Bytes that came from clients",
                sum.sum(|it| &it.input_bytes),
            ),
            (
                "sent_bytes",
                "Bytes that went to clients",
                sum.sum(|it| &it.output_bytes),
            ),
        ] {
            text.counter(name, help, value);
        }
        self.disk(&mut text);
        text.0
    }

    fn keys(&self, text: &mut Text) {
        let shared = &*self.shared;
        let (mut keys, mut counts) = (0, Counts::default());
        let mut parts = Parts::Free(shared);
        let bytes = shared.memory.count(&mut parts);
        parts.each(|part| {
            counts += part.partition.counts();
            let of = |database| part.partition.key_counts(database).0;
            keys += (0..DATABASES).map(of).sum::<usize>();
        });
        text.gauge("keys", "Keys there are", keys);
        text.gauge("memory_bytes", "Bytes that keys and values take", bytes);
        text.gauge(
            "memory_max_bytes",
            "Bytes that they may take; 0: as many as there are",
            shared.memory.bound(),
        );
        for (name, help, value) in [
            ("hits", "Reads of keys that were there", counts.hits),
            ("misses", "Reads of keys that were not there", counts.misses),
            ("expired", "Keys that expired", counts.expired),
            ("evicted", "Keys that were evicted", counts.evicted),
        ] {
            text.counter(name, help, value);
        }
    }

    fn disk(&self, text: &mut Text) {
        if self.shared.persistence.is_some() {
            let failed = u8::from(self.is_failed());
            text.gauge(
                "log_failed",
                "1 if nothing can be kept on disk any more",
                failed,
            );
        }
    }
}

/// Lines of Prometheus's.
#[derive(Default)]
struct Text(String);

impl Text {
    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.line(name, help, "gauge", value);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.line(&format!("{name}_total"), help, "counter", value);
    }

    fn line(&mut self, name: &str, help: &str, kind: &str, value: impl Display) {
        let name = format!("synod_cache_{name}");
        let _ = writeln!(
            self.0,
            "# HELP {name} {help}.\n# TYPE {name} {kind}\n{name} {value}"
        );
    }
}
