//! What was set is told to who needs it.

use synod_cache::notice::Events;
use synod_cache::{Limits, Policy, Settings};

use super::{Changes, Config, Id};
use crate::Shared;
use crate::limits::OutputLimits;
use crate::part::Parts;
use crate::persistence;
use crate::scripting::Later;

/// More keys are not looked at for one that goes, whatever is set.
const SAMPLES_MAX: usize = 64;

/// Tells what was set.
pub(crate) fn apply(shared: &Shared, parts: &mut Parts<'_>, changes: Changes) {
    let config = &shared.config;
    let are_all = match changes {
        Changes::Nothing => true,
        Changes::Limits => {
            let limits = limits(config);
            parts.each(|part| part.partition.set_limits(&limits))
        }
        Changes::Eviction => {
            let settings = eviction(config);
            parts.each(|part| part.partition.set_settings(settings.clone()))
        }
        Changes::Memory => {
            const MAXMEMORY: Id = Id::of("maxmemory");
            shared.memory.bind(config.number(MAXMEMORY).cast_unsigned());
            shared.memory.count(parts);
            true
        }
        Changes::Notices => {
            const EVENTS: Id = Id::of("notify-keyspace-events");
            let events = Events::parse(&config.text(EVENTS));
            shared.set_events(events.unwrap_or(Events::NONE));
            true
        }
        Changes::Listeners => {
            const LIMITS: Id = Id::of("client-output-buffer-limit");
            const KEYS_MAX: Id = Id::of("tracking-table-max-keys");
            let limits = OutputLimits::default().with(&config.text(LIMITS));
            shared.set_output_limits(limits.unwrap_or_default());
            shared.following.set_keys_max(config.size(KEYS_MAX));
            true
        }
        Changes::Slow => {
            shared.slow.settle(config);
            shared.latency.settle(config);
            shared.scripting.set(config);
            true
        }
        Changes::Disk => {
            const FSYNC: Id = Id::of("appendfsync");
            if let Some(persistence) = &shared.persistence {
                let fsync = persistence::fsync_named(&config.text(FSYNC));
                persistence.journal.set_fsync(fsync.unwrap_or_default());
            }
            true
        }
    };
    if !are_all {
        shared.scripting.later(Later::Apply(changes));
    }
}

/// Tells all that is set, when a server begins.
pub(crate) fn apply_all(shared: &Shared) {
    for changes in [
        Changes::Limits,
        Changes::Eviction,
        Changes::Memory,
        Changes::Notices,
        Changes::Listeners,
        Changes::Slow,
        Changes::Disk,
    ] {
        apply(shared, &mut Parts::Free(shared), changes);
    }
}

fn limits(config: &Config) -> Limits {
    const fn id(name: &str) -> Id {
        Id::of(name)
    }
    Limits {
        hash_entries: config.size(const { id("hash-max-listpack-entries") }),
        hash_value: config.size(const { id("hash-max-listpack-value") }),
        set_integers: config.size(const { id("set-max-intset-entries") }),
        set_entries: config.size(const { id("set-max-listpack-entries") }),
        set_value: config.size(const { id("set-max-listpack-value") }),
        sorted_set_entries: config.size(const { id("zset-max-listpack-entries") }),
        sorted_set_value: config.size(const { id("zset-max-listpack-value") }),
        list_size: config.number(const { id("list-max-listpack-size") }),
        stream_node_entries: config.size(const { id("stream-node-max-entries") }),
        stream_node_bytes: config.size(const { id("stream-node-max-bytes") }),
        hyperloglog_sparse_bytes: config.size(const { id("hll-sparse-max-bytes") }),
        ..Limits::default()
    }
}

fn eviction(config: &Config) -> Settings {
    const POLICY: Id = Id::of("maxmemory-policy");
    let small = |id| u32::try_from(config.number(id)).unwrap_or(u32::MAX);
    let policy = Policy::named(config.text(POLICY).as_bytes());
    Settings {
        policy: policy.unwrap_or(Policy::NoEviction),
        samples: config
            .size(const { Id::of("maxmemory-samples") })
            .min(SAMPLES_MAX),
        lfu_log_factor: small(const { Id::of("lfu-log-factor") }),
        lfu_decay_minutes: small(const { Id::of("lfu-decay-time") }),
    }
}
