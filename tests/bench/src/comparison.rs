//! A peer and Synod under the same loads, round by round, as a table.

use crate::table::{median, number, row};

/// What a load measured.
pub(crate) struct Measured {
    /// Operations or cycles per second.
    pub(crate) rate: f64,
    /// Median time of one, milliseconds.
    pub(crate) p50_ms: f64,
    /// 99th percentile, milliseconds.
    pub(crate) p99_ms: f64,
    /// CPU time of all members per operation or cycle, microseconds.
    pub(crate) cpu_us: f64,
}

/// What one round measured of one side.
pub(crate) struct Round {
    /// In the order of the loads.
    pub(crate) loads: Vec<Measured>,
    /// Resident memory of a member after the loads, on average, MiB.
    pub(crate) memory_mib: f64,
}

/// The medians of all rounds, of the peer first, and their ratios.
pub(crate) fn comparison<'a>(
    peer: &str,
    loads: impl IntoIterator<Item = &'a str>,
    rounds: &[Vec<Round>; 2],
) -> String {
    let mut text = "| load | | rate, 1/s | p50, ms | p99, ms | server CPU, us/op |\n".to_owned();
    text.push_str("|---|---|---:|---:|---:|---:|\n");
    for (index, load) in loads.into_iter().enumerate() {
        text.push_str(&rows(peer, load, index, rounds));
    }
    let memory = rounds
        .each_ref()
        .map(|rounds| median(rounds.iter().map(|round| round.memory_mib)));
    text.push_str(&format!(
        "\nResident memory of a member after these loads: {peer} {} MiB, Synod {} MiB, ratio {}.\n",
        number(memory[0]),
        number(memory[1]),
        number(memory[1] / memory[0]),
    ));
    text
}

/// Three rows of a load: both sides and the ratio.
fn rows(peer: &str, load: &str, index: usize, rounds: &[Vec<Round>; 2]) -> String {
    let figures: [fn(&Measured) -> f64; 4] = [|m| m.rate, |m| m.p50_ms, |m| m.p99_ms, |m| m.cpu_us];
    let medians = rounds.each_ref().map(|rounds| {
        figures.map(|figure| median(rounds.iter().map(|round| figure(&round.loads[index]))))
    });
    let cells = |name: &str, side: &str, values: [f64; 4]| {
        let mut cells = vec![name.to_owned(), side.to_owned()];
        cells.extend(values.map(number));
        row(&cells)
    };
    let ratio = std::array::from_fn(|figure| medians[1][figure] / medians[0][figure]);
    [
        cells(load, peer, medians[0]),
        cells("", "Synod", medians[1]),
        cells("", "ratio", ratio),
    ]
    .concat()
}
