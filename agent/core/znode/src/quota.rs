//! Quotas as ZooKeeper keeps them: limits in `/zookeeper/quota<path>/zookeeper_limits`, what is used in `…/zookeeper_stats`. A
//! node counts for the nearest path above it, or its own, that has limits. Soft limits are only told; hard ones are enforced if
//! the service says so.

use crate::derived::Derived;
use crate::error::Error;
use crate::mutation::mutated;
use crate::path::{Key, Path};
use crate::state::{self, State};

const QUOTAS: &str = "/zookeeper/quota";
const LIMITS: &str = "/zookeeper_limits";
const STATS: &str = "/zookeeper_stats";

/// The path that a node of limits is about.
pub(crate) fn limited_by(path: &str) -> Option<&str> {
    path.strip_prefix(QUOTAS)?.strip_suffix(LIMITS)
}

/// The path that a node of use is about.
pub(crate) fn used_by(path: &str) -> Option<&str> {
    path.strip_prefix(QUOTAS)?.strip_suffix(STATS)
}

fn limits_key(path: &str) -> Key {
    Key::of(&format!("{QUOTAS}{path}{LIMITS}"))
}

pub(crate) fn stats_key(path: &str) -> Key {
    Key::of(&format!("{QUOTAS}{path}{STATS}"))
}

/// What `StatsTrack` holds. -1 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Track {
    pub(crate) count: i64,
    pub(crate) bytes: i64,
    count_hard: i64,
    bytes_hard: i64,
}

impl Track {
    pub(crate) const fn used(count: i64, bytes: i64) -> Self {
        Self {
            count,
            bytes,
            count_hard: -1,
            bytes_hard: -1,
        }
    }

    /// Reads `count=1,bytes=2=;byteHardLimit=3;countHardLimit=4`; what does not read is no limit.
    pub(crate) fn parse(data: &[u8]) -> Self {
        let mut track = Self::used(-1, -1);
        let text = std::str::from_utf8(data).unwrap_or("");
        for pair in text.split([',', ';']) {
            let mut parts = pair.split('=');
            let (Some(name), Some(value)) = (parts.next(), parts.next()) else {
                continue;
            };
            let field = match name {
                "count" => &mut track.count,
                "bytes" => &mut track.bytes,
                "countHardLimit" => &mut track.count_hard,
                "byteHardLimit" => &mut track.bytes_hard,
                _ => continue,
            };
            *field = value.parse().unwrap_or(-1);
        }
        track
    }

    /// As a node of use says it.
    pub(crate) fn text(&self) -> String {
        format!("count={},bytes={}", self.count, self.bytes)
    }
}

/// The path whose limits concern a node: the nearest that has any. Limits on the root concern nothing, as in ZooKeeper.
pub(crate) fn concerning<'a>(derived: &Derived, path: &'a str) -> Option<&'a str> {
    if derived.limited.is_empty() {
        return None;
    }
    Path::of_node(path)
        .and_above()
        .map(Path::as_str)
        .find(|path| derived.limited.contains(*path))
        .filter(|path| *path != "/")
}

/// Whether a node's growth by so much stays within the hard limits.
///
/// # Errors
/// `QuotaExceeded`.
pub(crate) fn check(
    state: &State,
    derived: &Derived,
    path: &str,
    count: i64,
    bytes: i64,
) -> Result<(), Error> {
    if !state.limits.enforce_quotas || mutated("znode.quota.ignored") {
        return Ok(());
    }
    let Some(limited) = concerning(derived, path) else {
        return Ok(());
    };
    let track = |key| {
        let node = state.read(&key);
        node.map(|(_, data)| Track::parse(data.unwrap_or_default()))
    };
    let (Some(limits), Some(used)) = (track(limits_key(limited)), track(stats_key(limited))) else {
        return Ok(());
    };
    let over = |limit: i64, used: i64, more: i64| {
        more != 0 && limit > -1 && used.saturating_add(more) > limit
    };
    if over(limits.count_hard, used.count, count) || over(limits.bytes_hard, used.bytes, bytes) {
        return Err(Error::QuotaExceeded);
    }
    Ok(())
}

/// What a path and everything below it uses.
pub(crate) fn measure(state: &State, path: &str) -> Track {
    let mut used = Track::used(0, 0);
    state::walk(&state.nodes, &Key::of(path), |packed| {
        used.count += 1;
        used.bytes += packed.unpack().1.len() as i64;
    });
    used
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracks_read_as_zookeeper_writes_them() {
        let both = Track {
            count: 1,
            bytes: 2,
            count_hard: 4,
            bytes_hard: 3,
        };
        for (text, track) in [
            ("", Track::used(-1, -1)),
            ("count=1,bytes=2", Track::used(1, 2)),
            ("count=1,bytes=2=;byteHardLimit=3;countHardLimit=4", both),
            ("count=,bytes=x", Track::used(-1, -1)),
            ("count", Track::used(-1, -1)),
        ] {
            assert_eq!(Track::parse(text.as_bytes()), track, "{text}");
        }
        assert_eq!(Track::parse(&[0xff]), Track::used(-1, -1));
        assert_eq!(Track::used(3, 4).text(), "count=3,bytes=4");
    }
}
