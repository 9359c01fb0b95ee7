//! What the server is, and who its clients are.

use std::time::{SystemTime, UNIX_EPOCH};

use super::Text;
use crate::REDIS_VERSION;
use crate::config::Id;
use crate::counts::Sum;
use crate::front::FrontCall;

const HZ: Id = Id::of("hz");
const CLIENTS_MAX: Id = Id::of("maxclients");
const APPENDONLY: Id = Id::of("appendonly");
/// So many bits has the clock by which keys are noted as used.
const CLOCK_BITS: i64 = (1 << 24) - 1;

pub(super) fn server(call: &mut FrontCall<'_>, text: &mut Text) {
    let (about, config) = (&call.shared.about, &call.shared.config);
    let uptime = about.began.elapsed().as_secs();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default();
    text.line("redis_version", REDIS_VERSION);
    text.lines(&[
        ("redis_git_sha1", "00000000"),
        ("redis_git_dirty", "0"),
        ("redis_build_id", "0"),
        ("redis_mode", "standalone"),
    ]);
    text.line("os", system());
    text.line("arch_bits", usize::BITS);
    text.lines(&[
        ("monotonic_clock", "processor"),
        ("multiplexing_api", "epoll"),
    ]);
    text.line("server_name", "synod");
    text.line("server_version", env!("CARGO_PKG_VERSION"));
    text.line("process_id", std::process::id());
    text.line("process_supervised", "no");
    text.line("run_id", &about.run_id);
    text.line("tcp_port", about.address.port());
    text.line("server_time_usec", now.as_micros());
    text.line("uptime_in_seconds", uptime);
    text.line("uptime_in_days", uptime / 86400);
    text.line("hz", config.number(HZ));
    text.line("configured_hz", config.number(HZ));
    text.line("lru_clock", (call.now / 1000) & CLOCK_BITS);
    let own = std::env::current_exe().unwrap_or_default();
    text.line("executable", own.display());
    text.line("config_file", "");
    text.line("io_threads_active", u8::from(about.threads > 1));
}

fn system() -> String {
    let read = |name: &str| {
        let text = std::fs::read_to_string(format!("/proc/sys/kernel/{name}"));
        text.unwrap_or_default().trim().to_owned()
    };
    let (name, release) = (read("ostype"), read("osrelease"));
    format!("{name} {release} {}", std::env::consts::ARCH)
}

pub(super) fn clients(call: &mut FrontCall<'_>, text: &mut Text) {
    let sum = Sum::of(&call.shared.counts, &call.shared.resets);
    let all = call.shared.clients.all();
    let buffers = all.iter().map(|client| client.known().activity.buffers);
    let (mut input, mut output) = (0, 0);
    for own in buffers {
        input = input.max(own.input + own.input_room);
        output = output.max(own.output);
    }
    text.line("connected_clients", sum.left(|it| &it.came, |it| &it.went));
    text.line("cluster_connections", 0);
    text.line("maxclients", call.shared.config.number(CLIENTS_MAX));
    text.line("client_recent_max_input_buffer", input);
    text.line("client_recent_max_output_buffer", output);
    text.line("blocked_clients", sum.left(|it| &it.waits, |it| &it.waited));
    text.line("tracking_clients", call.shared.following.clients.all());
    text.lines(&[
        ("clients_in_timeout_table", "0"),
        ("total_blocking_keys", "0"),
        ("total_blocking_keys_on_nokey", "0"),
    ]);
}

/// Who saves something joins here.
pub(super) fn persistence(call: &mut FrontCall<'_>, text: &mut Text) {
    let mut changes = 0;
    call.parts.each(|part| changes += part.partition.changes());
    text.lines(&[
        ("loading", "0"),
        ("async_loading", "0"),
        ("current_cow_peak", "0"),
        ("current_cow_size", "0"),
        ("current_cow_size_age", "0"),
        ("current_fork_perc", "0.00"),
        ("current_save_keys_processed", "0"),
        ("current_save_keys_total", "0"),
    ]);
    text.line("rdb_changes_since_last_save", changes);
    text.line("rdb_bgsave_in_progress", 0);
    text.line("rdb_last_save_time", call.shared.about.began_at);
    text.lines(&[
        ("rdb_last_bgsave_status", "ok"),
        ("rdb_last_bgsave_time_sec", "-1"),
        ("rdb_current_bgsave_time_sec", "-1"),
        ("rdb_saves", "0"),
        ("rdb_last_cow_size", "0"),
        ("rdb_last_load_keys_expired", "0"),
        ("rdb_last_load_keys_loaded", "0"),
    ]);
    text.line("aof_enabled", call.shared.config.number(APPENDONLY));
    text.lines(&[
        ("aof_rewrite_in_progress", "0"),
        ("aof_rewrite_scheduled", "0"),
        ("aof_last_rewrite_time_sec", "-1"),
        ("aof_current_rewrite_time_sec", "-1"),
        ("aof_last_bgrewrite_status", "ok"),
        ("aof_rewrites", "0"),
        ("aof_rewrites_consecutive_failures", "0"),
        ("aof_last_write_status", "ok"),
        ("aof_last_cow_size", "0"),
        ("module_fork_in_progress", "0"),
        ("module_fork_last_cow_size", "0"),
    ]);
}

pub(super) fn replication(call: &mut FrontCall<'_>, text: &mut Text) {
    text.lines(&[
        ("role", "master"),
        ("connected_slaves", "0"),
        ("master_failover_state", "no-failover"),
    ]);
    text.line("master_replid", &call.shared.about.replication_id);
    text.line("master_replid2", "0".repeat(40));
    text.lines(&[
        ("master_repl_offset", "0"),
        ("second_repl_offset", "-1"),
        ("repl_backlog_active", "0"),
        ("repl_backlog_size", "1048576"),
        ("repl_backlog_first_byte_offset", "0"),
        ("repl_backlog_histlen", "0"),
    ]);
}

pub(super) fn cpu(_: &mut FrontCall<'_>, text: &mut Text) {
    let (user, system) = cpu_seconds();
    let line = |text: &mut Text, name: &str, seconds: f64| {
        text.line(name, format_args!("{seconds:.6}"));
    };
    line(text, "used_cpu_sys", system);
    line(text, "used_cpu_user", user);
    line(text, "used_cpu_sys_children", 0.0);
    line(text, "used_cpu_user_children", 0.0);
    line(text, "used_cpu_sys_main_thread", system);
    line(text, "used_cpu_user_main_thread", user);
}

/// How many seconds the process has used processors for itself, and the system for it.
fn cpu_seconds() -> (f64, f64) {
    // The kernel tells hundredths of seconds to programs, whatever it counts in.
    const TICKS: f64 = 100.0;
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in parentheses, may have spaces.
    let behind_name = text.rsplit(')').next().unwrap_or_default();
    let mut fields = behind_name.split_whitespace().skip(11);
    let mut next = || fields.next().and_then(|it| it.parse::<f64>().ok());
    let user = next().unwrap_or_default() / TICKS;
    (user, next().unwrap_or_default() / TICKS)
}

/// Who makes clusters of servers joins here.
pub(super) fn cluster(_: &mut FrontCall<'_>, text: &mut Text) {
    text.line("cluster_enabled", 0);
}
