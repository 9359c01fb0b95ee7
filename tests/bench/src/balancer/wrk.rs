//! wrk, and what it says.

use std::process::Command;
use std::time::Duration;

use synod_conformance::Failure;

/// What is asked for.
pub(crate) struct Load {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) connections: usize,
}

/// What came of it.
#[derive(Debug, PartialEq)]
pub(crate) struct Answered {
    pub(crate) requests: u64,
    pub(crate) rate: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

impl Load {
    /// Runs it for so long. Any answer but a good one is a failure.
    pub(crate) fn run(&self, port: u16, time: Duration) -> Result<Answered, Failure> {
        let output = Command::new("wrk")
            .args(["-t1", "--latency"])
            .arg(format!("-c{}", self.connections))
            .arg(format!("-d{}s", time.as_secs().max(1)))
            .arg(format!("http://127.0.0.1:{port}{}", self.path))
            .output()
            .map_err(|error| format!("wrk does not start: {error}; install Debian's wrk"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        if text.contains("Non-2xx") || text.contains("Socket errors") {
            return Err(format!("not all was answered well:\n{text}"));
        }
        read(&text).ok_or_else(|| format!("wrk says something else:\n{text}"))
    }
}

fn read(text: &str) -> Option<Answered> {
    let words = || {
        text.lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
    };
    let behind = |name: &str| {
        words()
            .find(|it| it.first() == Some(&name))?
            .get(1)
            .copied()
    };
    let requests = words().find(|it| it.get(1..3) == Some(&["requests", "in"]))?;
    Some(Answered {
        requests: requests[0].parse().ok()?,
        rate: behind("Requests/sec:")?.parse().ok()?,
        p50: duration(behind("50%")?)?,
        p99: duration(behind("99%")?)?,
    })
}

fn duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(digits.parse::<f64>().ok()? * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_says_is_read() {
        let text = "Running 2s test @ http://127.0.0.1:1/\n  1 threads and 64 connections\n  Thread Stats   Avg      Stdev\n    \
            Latency     1.48ms    0.90ms\n  Latency Distribution\n     50%  980.00us\n     75%    1.70ms\n     99%    5.30ms\n  \
            76358 requests in 2.00s, 9.10MB read\nRequests/sec:  38179.12\nTransfer/sec:      4.55MB\n";
        let expected = Answered {
            requests: 76_358,
            rate: 38_179.12,
            p50: Duration::from_micros(980),
            p99: Duration::from_micros(5_300),
        };
        assert_eq!(read(text), Some(expected));
        assert_eq!(read("unable to connect"), None);
    }
}
