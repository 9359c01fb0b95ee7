//! The pause of an operator that sees its status overwritten: by another one that sees other things, and that would not rest
//! either.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::certificates::digest;
use crate::mutation::mutated;

/// The pause after the first time; doubles with each.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
/// The longest pause.
const PAUSE_LONGEST: Duration = Duration::from_secs(60);

/// The status that was written last, of one object. May be lost at any time.
#[derive(Clone, Debug)]
pub(super) struct Written {
    digest: String,
    at: Instant,
    /// How often it was overwritten.
    times: u32,
}

impl Written {
    /// `status` is written `now`, after `last`.
    pub(super) fn new(status: &Value, last: Option<&Self>, now: Instant) -> Self {
        let digest = digest(&status.to_string());
        let again = last.filter(|last| last.digest == digest);
        Self {
            times: again.map_or(0, |last| last.times + 1),
            digest,
            at: now,
        }
    }

    /// How long `status`, which is not what the object shows, is still not to be written: whoever wrote it once and does not
    /// see it was overwritten, or sees it soon.
    pub(super) fn pause(&self, status: &Value, now: Instant) -> Option<Duration> {
        if self.digest != digest(&status.to_string()) || mutated("fight-over-the-status") {
            return None;
        }
        let pause = PAUSE_FIRST.saturating_mul(1 << self.times.min(16));
        let until = self.at + pause.min(PAUSE_LONGEST);
        Some(until.saturating_duration_since(now)).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pauses_grow_while_the_same_is_written_again_and_end_with_other_news() {
        let mut now = Instant::now();
        let (ours, other) = (json!({ "state": "Ready" }), json!({ "state": "Degraded" }));
        let mut last = Written::new(&ours, None, now);
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            let pause = last.pause(&ours, now).expect("a pause");
            assert_eq!(pause, Duration::from_secs(seconds));
            now += pause;
            assert_eq!(last.pause(&ours, now), None);
            last = Written::new(&ours, Some(&last), now);
        }
        assert_eq!(last.pause(&other, now), None);
        last = Written::new(&other, Some(&last), now);
        assert_eq!(last.pause(&other, now), Some(PAUSE_FIRST));
    }
}
