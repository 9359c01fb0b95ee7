//! What was counted.

use std::sync::atomic::Ordering;

use synod_cache::command::all;
use synod_cache::partition::{Counts, DATABASES};

use super::Text;
use crate::acl::Called;
use crate::config::Id;
use crate::counts::Sum;
use crate::front::FrontCall;
use crate::publication::Kind;

const PERCENTILES: Id = Id::of("latency-tracking-info-percentiles");

pub(super) fn stats(call: &mut FrontCall<'_>, text: &mut Text) {
    let mut keys = Counts::default();
    call.parts.each(|part| keys += part.partition.counts());
    let sum = Sum::of(&call.shared.counts, &call.shared.resets);
    let [rate, input, output] = call.shared.about.rate.now();
    text.line("total_connections_received", sum.sum(|it| &it.connections));
    text.line("total_commands_processed", sum.calls());
    text.line("instantaneous_ops_per_sec", rate as u64);
    text.line("total_net_input_bytes", sum.sum(|it| &it.input_bytes));
    text.line("total_net_output_bytes", sum.sum(|it| &it.output_bytes));
    text.line("total_net_repl_input_bytes", 0);
    text.line("total_net_repl_output_bytes", 0);
    text.line(
        "instantaneous_input_kbps",
        format_args!("{:.2}", input / 1024.0),
    );
    text.line(
        "instantaneous_output_kbps",
        format_args!("{:.2}", output / 1024.0),
    );
    text.line("instantaneous_input_repl_kbps", "0.00");
    text.line("instantaneous_output_repl_kbps", "0.00");
    text.line("rejected_connections", sum.sum(|it| &it.refused));
    text.lines(&[
        ("sync_full", "0"),
        ("sync_partial_ok", "0"),
        ("sync_partial_err", "0"),
    ]);
    text.line("expired_keys", keys.expired);
    text.line("expired_stale_perc", "0.00");
    text.line("expired_time_cap_reached_count", 0);
    text.line("expire_cycle_cpu_milliseconds", 0);
    text.line("evicted_keys", keys.evicted);
    text.lines(&[
        ("evicted_clients", "0"),
        ("total_eviction_exceeded_time", "0"),
        ("current_eviction_exceeded_time", "0"),
    ]);
    text.line("keyspace_hits", keys.hits);
    text.line("keyspace_misses", keys.misses);
    let subscriptions = &call.shared.subscriptions;
    let channels = subscriptions.channel_count(Kind::Channel);
    text.line("pubsub_channels", channels);
    text.line("pubsub_patterns", subscriptions.pattern_count());
    let channels = subscriptions.channel_count(Kind::Shard);
    text.line("pubsubshard_channels", channels);
    text.lines(&[
        ("latest_fork_usec", "0"),
        ("total_forks", "0"),
        ("migrate_cached_sockets", "0"),
        ("slave_expires_tracked_keys", "0"),
        ("active_defrag_hits", "0"),
        ("active_defrag_misses", "0"),
        ("active_defrag_key_hits", "0"),
        ("active_defrag_key_misses", "0"),
        ("total_active_defrag_time", "0"),
        ("current_active_defrag_time", "0"),
    ]);
    let following = &call.shared.following;
    let [keys, readers, prefixes] = following.counts();
    text.line("tracking_total_keys", keys);
    text.line("tracking_total_items", readers);
    text.line("tracking_total_prefixes", prefixes);
    text.line("unexpected_error_replies", 0);
    text.line("total_error_replies", sum.sum(|it| &it.error_replies));
    text.lines(&[
        ("dump_payload_sanitizations", "0"),
        ("io_threaded_reads_processed", "0"),
        ("io_threaded_writes_processed", "0"),
        ("client_query_buffer_limit_disconnections", "0"),
    ]);
    let closed = call.shared.closed_for_output.load(Ordering::Relaxed);
    text.line("client_output_buffer_limit_disconnections", closed);
}

pub(super) fn commands(call: &mut FrontCall<'_>, text: &mut Text) {
    let sum = Sum::of(&call.shared.counts, &call.shared.resets);
    for called in all().flat_map(Called::all_of) {
        let Some(counted) = sum.command(called.spec.number) else {
            continue;
        };
        let microseconds = counted.nanoseconds / 1000;
        let each = counted.nanoseconds as f64 / 1000.0 / (counted.calls.max(1)) as f64;
        text.line(
            &format!("cmdstat_{}", called.full_name()),
            format_args!(
                "calls={},usec={microseconds},usec_per_call={each:.2},rejected_calls={},failed_calls={}",
                counted.calls, counted.rejected, counted.failed
            ),
        );
    }
}

pub(super) fn errors(call: &mut FrontCall<'_>, text: &mut Text) {
    let sum = Sum::of(&call.shared.counts, &call.shared.resets);
    for (word, count) in sum.errors() {
        text.line(&format!("errorstat_{word}"), format_args!("count={count}"));
    }
}

pub(super) fn latencies(call: &mut FrontCall<'_>, text: &mut Text) {
    let sum = Sum::of(&call.shared.counts, &call.shared.resets);
    let percentiles = call.shared.config.text(PERCENTILES);
    for called in all().flat_map(Called::all_of) {
        let counted = sum.command(called.spec.number);
        let Some(counted) = counted.filter(|it| it.durations.count > 0) else {
            continue;
        };
        let told = percentiles.split_whitespace().map(|percent| {
            let nanoseconds = counted
                .durations
                .percentile(percent.parse().unwrap_or_default());
            format!("p{percent}={:.3}", nanoseconds as f64 / 1000.0)
        });
        text.line(
            &format!("latency_percentiles_usec_{}", called.full_name()),
            told.collect::<Vec<_>>().join(","),
        );
    }
}

pub(super) fn keyspace(call: &mut FrontCall<'_>, text: &mut Text) {
    let mut databases = [(0, 0); DATABASES];
    call.parts.each(|part| {
        for (database, sum) in databases.iter_mut().enumerate() {
            let (keys, expiring) = part.partition.key_counts(database);
            *sum = (sum.0 + keys, sum.1 + expiring);
        }
    });
    for (database, (keys, expiring)) in databases.into_iter().enumerate() {
        if keys > 0 {
            text.line(
                &format!("db{database}"),
                format_args!("keys={keys},expires={expiring},avg_ttl=0"),
            );
        }
    }
}
