//! What takes memory.

use super::Text;
use crate::config::Id;
use crate::front::FrontCall;

const POLICY: Id = Id::of("maxmemory-policy");

/// What takes memory, in bytes.
pub(crate) struct Usage {
    /// Keys and their values, with what finds them: what `maxmemory` bounds.
    pub(crate) keys: u64,
    /// Keys there are.
    pub(crate) count: u64,
    /// What came from clients or is to be sent to them.
    pub(crate) clients: u64,
    /// The most that was seen.
    pub(crate) peak: u64,
    /// What the process has in memory.
    pub(crate) resident: u64,
}

impl Usage {
    pub(crate) fn of(call: &mut FrontCall<'_>) -> Self {
        let keys = call.shared.memory.count(&mut call.parts) as u64;
        let all = call.shared.clients.all();
        let buffers = all.iter().map(|client| client.known().activity.buffers);
        let buffers = buffers.map(|own| own.input + own.input_room + own.output);
        let clients = buffers.sum::<usize>() as u64;
        let mut count = 0;
        call.parts.each(|part| {
            let databases = 0..synod_cache::partition::DATABASES;
            let counts = databases.map(|database| part.partition.key_counts(database).0);
            count += counts.sum::<usize>() as u64;
        });
        Self {
            keys,
            count,
            clients,
            peak: call.shared.memory.peak().max(keys) + clients,
            resident: resident_bytes(),
        }
    }

    pub(crate) const fn all(&self) -> u64 {
        self.keys + self.clients
    }

    /// Of all that is used, the hundredths that are keys and values.
    pub(crate) fn keys_percent(&self) -> f64 {
        percent(self.keys, self.all())
    }

    pub(crate) fn peak_percent(&self) -> f64 {
        percent(self.all(), self.peak)
    }

    /// What is resident for each byte that is used.
    pub(crate) fn fragmentation(&self) -> f64 {
        self.resident as f64 / self.all().max(1) as f64
    }
}

fn percent(part: u64, whole: u64) -> f64 {
    part as f64 * 100.0 / whole.max(1) as f64
}

pub(super) fn memory(call: &mut FrontCall<'_>, text: &mut Text) {
    let usage = Usage::of(call);
    let (system, bound) = (system_bytes(), call.shared.memory.bound());
    text.bytes("used_memory", usage.all());
    text.bytes("used_memory_rss", usage.resident);
    text.bytes("used_memory_peak", usage.peak);
    text.line(
        "used_memory_peak_perc",
        format_args!("{:.2}%", usage.peak_percent()),
    );
    text.line("used_memory_overhead", usage.clients);
    text.line("used_memory_startup", 0);
    text.line("used_memory_dataset", usage.keys);
    text.line(
        "used_memory_dataset_perc",
        format_args!("{:.2}%", usage.keys_percent()),
    );
    text.line("allocator_allocated", usage.all());
    text.line("allocator_active", usage.resident);
    text.line("allocator_resident", usage.resident);
    text.bytes("total_system_memory", system);
    scripts(text);
    text.bytes("maxmemory", bound);
    text.line("maxmemory_policy", call.shared.config.text(POLICY));
    let excess = i128::from(usage.resident) - i128::from(usage.all());
    let ratio = usage.fragmentation();
    text.lines(&[
        ("allocator_frag_ratio", "1.00"),
        ("allocator_frag_bytes", "0"),
        ("allocator_rss_ratio", "1.00"),
        ("allocator_rss_bytes", "0"),
        ("rss_overhead_ratio", "1.00"),
        ("rss_overhead_bytes", "0"),
    ]);
    text.line("mem_fragmentation_ratio", format_args!("{ratio:.2}"));
    text.line("mem_fragmentation_bytes", excess);
    text.line("mem_not_counted_for_evict", usage.clients);
    text.lines(&[
        ("mem_replication_backlog", "0"),
        ("mem_total_replication_buffers", "0"),
        ("mem_clients_slaves", "0"),
    ]);
    text.line("mem_clients_normal", usage.clients);
    text.lines(&[
        ("mem_cluster_links", "0"),
        ("mem_aof_buffer", "0"),
        ("mem_allocator", "mimalloc"),
        ("active_defrag_running", "0"),
        ("lazyfree_pending_objects", "0"),
        ("lazyfreed_objects", "0"),
    ]);
}

/// Who runs scripts joins here.
fn scripts(text: &mut Text) {
    text.lines(&[
        ("used_memory_lua", "0"),
        ("used_memory_vm_eval", "0"),
        ("used_memory_lua_human", "0B"),
        ("used_memory_scripts_eval", "0"),
        ("number_of_cached_scripts", "0"),
        ("number_of_functions", "0"),
        ("number_of_libraries", "0"),
        ("used_memory_vm_functions", "0"),
        ("used_memory_vm_total", "0"),
        ("used_memory_vm_total_human", "0B"),
        ("used_memory_functions", "0"),
        ("used_memory_scripts", "0"),
        ("used_memory_scripts_human", "0B"),
    ]);
}

/// What the process has in memory, if the system tells.
pub(crate) fn resident_bytes() -> u64 {
    kilobytes("/proc/self/status", "VmRSS:")
}

fn system_bytes() -> u64 {
    kilobytes("/proc/meminfo", "MemTotal:")
}

fn kilobytes(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(name));
    let number = lines.next().and_then(|rest| rest.split_whitespace().next());
    number.and_then(|it| it.parse::<u64>().ok()).unwrap_or(0) * 1024
}
