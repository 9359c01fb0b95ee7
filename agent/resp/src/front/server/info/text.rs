//! Sections of lines.

use std::fmt::{Display, Write as _};

/// What is told.
#[derive(Default)]
pub(super) struct Text(String);

impl Text {
    /// A section begins.
    pub(super) fn begin(&mut self, title: &str) {
        if !self.0.is_empty() {
            self.0 += "\r\n";
        }
        let _ = write!(self.0, "# {title}\r\n");
    }

    pub(super) fn line(&mut self, name: &str, value: impl Display) {
        let _ = write!(self.0, "{name}:{value}\r\n");
    }

    /// Lines that are always the same.
    pub(super) fn lines(&mut self, lines: &[(&str, &str)]) {
        lines
            .iter()
            .for_each(|(name, value)| self.line(name, value));
    }

    /// Bytes, and the same again for people.
    pub(super) fn bytes(&mut self, name: &str, bytes: u64) {
        self.line(name, bytes);
        self.line(&format!("{name}_human"), human(bytes));
    }

    pub(super) fn whole(self) -> String {
        self.0
    }
}

fn human(bytes: u64) -> String {
    const UNITS: [char; 5] = ['K', 'M', 'G', 'T', 'P'];
    if bytes < 1024 {
        return format!("{bytes}B");
    }
    let power = (bytes.ilog2() / 10).min(5);
    let unit = UNITS[power as usize - 1];
    format!("{:.2}{unit}", bytes as f64 / 1024_f64.powi(power as i32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_for_people() {
        for (bytes, told) in [
            (0, "0B"),
            (1023, "1023B"),
            (1024, "1.00K"),
            (1_780_392, "1.70M"),
            (25_276_510_208, "23.54G"),
        ] {
            assert_eq!(human(bytes), told);
        }
    }
}
