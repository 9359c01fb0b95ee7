//! Numbers of several rounds as Markdown tables.

use std::time::Duration;

use synod_conformance::faults::percentile;

/// The median of some values; NaN of none.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.len(), values.len() % 2) {
        (0, _) => f64::NAN,
        (_, 1) => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// A number with as many digits as one can read something into.
pub(crate) fn number(value: f64) -> String {
    match value {
        value if value.is_nan() => "–".to_owned(),
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// A row of a Markdown table.
pub(crate) fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// A row of how often there was a gap, and how long it was in seconds: median, p90, least, most. Sorts them.
pub(crate) fn gap_row(name: &str, gaps: &mut [Duration]) -> String {
    gaps.sort_unstable();
    let points = [percentile(gaps, 50), percentile(gaps, 90)];
    let ends = [gaps.first(), gaps.last()].into_iter().flatten().copied();
    let mut cells = vec![name.to_owned(), gaps.len().to_string()];
    let points = points.into_iter().chain(ends);
    cells.extend(points.map(|point| number(point.as_secs_f64())));
    row(&cells)
}

#[cfg(test)]
mod tests {
    use super::{median, number};

    #[test]
    fn medians() {
        assert!(median([].into_iter()).is_nan());
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
    }

    #[test]
    fn numbers_are_readable() {
        for (value, text) in [
            (12_345.6, "12346"),
            (12.34, "12.3"),
            (0.5, "0.50"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
