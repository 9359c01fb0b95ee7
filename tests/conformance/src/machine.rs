//! What machine a measurement was made on.

use std::fs::File;
use std::io::Write;
use std::time::Instant;

/// One line: cores, processor, memory, kernel, and the median time of a small write with fdatasync where the members' data
/// is.
#[must_use]
pub fn description() -> String {
    let cpus = read("/proc/cpuinfo");
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let memory = read("/proc/meminfo");
    let kib = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"));
    let gib = kib.and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / (1 << 20) as f64;
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{cores} cores ({}), {gib:.0} GiB, Linux {}, fdatasync {}",
        model.map_or("unknown", |(_, name)| name),
        read("/proc/sys/kernel/osrelease").trim(),
        sync_time().map_or_else(|| "unknown".to_owned(), |ms| format!("{ms:.2} ms")),
    )
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// Median of a hundred appends of 512 bytes, each with fdatasync, in milliseconds.
fn sync_time() -> Option<f64> {
    let folder = tempfile::tempdir().ok()?;
    let mut file = File::create(folder.path().join("probe")).ok()?;
    let mut times = Vec::new();
    for _ in 0..100 {
        let start = Instant::now();
        file.write_all(&[0; 512]).ok()?;
        file.sync_data().ok()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_unstable_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}
