//! What took long, for people to read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::latency::{Event, Sample};

/// So many seconds are drawn at most, the last ones.
const COLUMNS_MAX: usize = 80;
const ROWS: usize = 4;

/// A drawing of what of one kind took long: a column for each second in which something did, and below it how long ago that is.
pub(super) fn graph(name: &str, event: &Event, now: i64) -> String {
    let samples: Vec<Sample> = event.samples.iter().copied().collect();
    let samples = &samples[samples.len().saturating_sub(COLUMNS_MAX)..];
    let lengths = || samples.iter().map(|sample| sample.milliseconds);
    let (low, high) = (
        lengths().min().unwrap_or_default(),
        lengths().max().unwrap_or_default(),
    );
    let mut text = format!(
        "{name} - high {high} ms, low {low} ms (all time high {} ms)\n{}\n",
        event.most,
        "-".repeat(COLUMNS_MAX)
    );
    for row in (0..ROWS).rev() {
        text.extend(lengths().map(|length| mark(length, low, high, row)));
        text.push('\n');
    }
    text.push('\n');
    let ages: Vec<_> = samples.iter().map(|sample| age(now - sample.at)).collect();
    let rows = ages.iter().map(String::len).max().unwrap_or_default();
    for row in 0..rows {
        let letters = ages
            .iter()
            .map(|age| age.as_bytes().get(row).map_or(' ', |it| char::from(*it)));
        text.extend(letters);
        text.push('\n');
    }
    text
}

/// What stands in a row, counted from below, of a column that is so high.
fn mark(length: i64, low: i64, high: i64, row: usize) -> char {
    let range = (high - low).max(1);
    let steps = ((length - low) * (2 * ROWS as i64 - 1) / range) as usize;
    let (full, half) = (steps / 2, steps % 2);
    match row {
        _ if row < full => '|',
        _ if row == full && half == 1 => 'o',
        _ if row == full => '_',
        _ => ' ',
    }
}

fn age(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86400),
    }
}

/// What took long, in words.
pub(super) fn report(events: &BTreeMap<&'static str, Event>) -> String {
    if events.is_empty() {
        return "Nothing took longer than latency-monitor-threshold says.".to_owned();
    }
    let mut text = String::new();
    for (name, event) in events {
        let count = event.samples.len() as i64;
        let sum: i64 = event.samples.iter().map(|it| it.milliseconds).sum();
        let _ = writeln!(
            text,
            "{name}: in {count} seconds, {} ms on average, {} ms at most.",
            sum / count.max(1),
            event.most
        );
    }
    text += "SLOWLOG GET tells which commands took long.\n";
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_took_long_is_drawn() {
        let mut event = Event::default();
        for (at, milliseconds) in [(40, 10), (41, 50), (42, 90)] {
            event.samples.push_back(Sample { at, milliseconds });
        }
        event.most = 90;
        let drawn = graph("command", &event, 100);
        let lines: Vec<_> = drawn.lines().collect();
        assert_eq!(
            lines[0],
            "command - high 90 ms, low 10 ms (all time high 90 ms)"
        );
        assert_eq!(lines[2..6], ["  o", "  |", " o|", "_||"]);
        assert_eq!(lines[7..], ["155", "m98", " ss"]);
        let report = report(&BTreeMap::from([("command", event)]));
        assert!(report.contains("50 ms on average"), "{report}");
    }
}
