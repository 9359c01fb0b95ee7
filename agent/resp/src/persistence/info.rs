//! What `INFO persistence` shows.

use super::opening::now;
use super::snapshots::{Course, Kind};
use crate::Shared;

/// Names and values, in the order of Redis.
pub type Fields = Vec<(&'static str, String)>;

/// What is known of it. Nothing is forked here, so nothing is copied for a child.
#[allow(dead_code, reason = "for INFO")]
pub(crate) fn fields(shared: &Shared) -> Fields {
    let mut fields: Fields = Vec::new();
    let mut add = |name, value: i64| fields.push((name, value.to_string()));
    for name in [
        "loading",
        "async_loading",
        "current_cow_peak",
        "current_cow_size",
    ] {
        add(name, 0);
    }
    add("current_cow_size_age", 0);
    fields.push(("current_fork_perc", "0.00".to_owned()));
    let Some(persistence) = &shared.persistence else {
        return without(fields);
    };
    let changes = persistence.changes(shared);
    let glance = persistence.journal.glance();
    let state = persistence.snapshots.state();
    let under_way = |kind| {
        let current = state.current.filter(|(_, of, _)| *of == kind);
        current.map(|(.., since)| (now() - since) / 1000)
    };
    let (save, rewrite) = (under_way(Kind::Save), under_way(Kind::Rewrite));
    let mut add = |name, value: i64| fields.push((name, value.to_string()));
    let flag = i64::from;
    add("current_save_keys_processed", 0);
    add("current_save_keys_total", 0);
    add("rdb_changes_since_last_save", changes);
    add("rdb_bgsave_in_progress", flag(save.is_some()));
    add("rdb_last_save_time", state.saved_at / 1000);
    fields.push(("rdb_last_bgsave_status", status(!state.saves.has_failed)));
    let mut add = |name, value: i64| fields.push((name, value.to_string()));
    add(
        "rdb_last_bgsave_time_sec",
        state.saves.seconds.unwrap_or(-1),
    );
    add("rdb_current_bgsave_time_sec", save.unwrap_or(-1));
    add("rdb_saves", count(&state.saves));
    add("rdb_last_cow_size", 0);
    add("rdb_last_load_keys_expired", 0);
    add("rdb_last_load_keys_loaded", 0);
    add("aof_enabled", 1);
    add("aof_rewrite_in_progress", flag(rewrite.is_some()));
    add(
        "aof_rewrite_scheduled",
        flag(state.scheduled == Some(Kind::Rewrite)),
    );
    add(
        "aof_last_rewrite_time_sec",
        state.rewrites.seconds.unwrap_or(-1),
    );
    add("aof_current_rewrite_time_sec", rewrite.unwrap_or(-1));
    fields.push((
        "aof_last_bgrewrite_status",
        status(!state.rewrites.has_failed),
    ));
    let mut add = |name, value: i64| fields.push((name, value.to_string()));
    add("aof_rewrites", count(&state.rewrites));
    add(
        "aof_rewrites_consecutive_failures",
        flag(state.rewrites.has_failed),
    );
    let writes = glance.failed.is_none() && !glance.is_full;
    fields.push(("aof_last_write_status", status(writes)));
    let mut add = |name, value: i64| fields.push((name, value.to_string()));
    for name in [
        "aof_last_cow_size",
        "module_fork_in_progress",
        "module_fork_last_cow_size",
    ] {
        add(name, 0);
    }
    let bytes = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    add(
        "aof_current_size",
        bytes(state.base_bytes + state.log_bytes(glance.appended)),
    );
    add("aof_base_size", bytes(state.base_bytes));
    add("aof_pending_rewrite", 0);
    add("aof_buffer_length", bytes(glance.gathered));
    add("aof_pending_bio_fsync", flag(glance.is_unsynced));
    add("aof_delayed_fsync", bytes(glance.delayed));
    fields
}

/// As Redis shows it that keeps nothing.
fn without(mut fields: Fields) -> Fields {
    let mut add = |name, value: &str| fields.push((name, value.to_owned()));
    add("rdb_changes_since_last_save", "0");
    add("rdb_bgsave_in_progress", "0");
    add("rdb_last_bgsave_status", "ok");
    add("aof_enabled", "0");
    add("aof_rewrite_in_progress", "0");
    add("aof_last_write_status", "ok");
    fields
}

fn status(is_fine: bool) -> String {
    if is_fine { "ok" } else { "err" }.to_owned()
}

fn count(course: &Course) -> i64 {
    i64::try_from(course.count).unwrap_or(i64::MAX)
}
