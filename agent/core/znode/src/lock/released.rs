//! The last release of each lock, replicated, so that every member tells the same of a lock that nobody holds.

use synod_tree::{Entry, Tree};
use xxhash_rust::xxh3::xxh3_64;

use super::Release;
use crate::session::SessionId;
use crate::zxid::Zxid;

/// As many are remembered; the oldest are forgotten first.
const RELEASES_MAX: usize = 10_000;

#[derive(Clone)]
struct ByPath {
    path: Box<[u8]>,
    release: Release,
}

impl Entry for ByPath {
    fn key(&self) -> &[u8] {
        &self.path
    }
}

/// Zxid, then path.
#[derive(Clone)]
struct ByAge(Box<[u8]>);

impl Entry for ByAge {
    fn key(&self) -> &[u8] {
        &self.0
    }
}

const ZXID_BYTES: usize = 8;

fn age(zxid: Zxid, path: &[u8]) -> Box<[u8]> {
    [&zxid.0.to_be_bytes(), path].concat().into()
}

/// Releases by path and by age.
///
/// Invariants: 1. both trees hold the same; 2. at most [`RELEASES_MAX`].
#[derive(Clone, Default)]
pub(crate) struct Released {
    by_path: Tree<ByPath>,
    by_age: Tree<ByAge>,
    digest: u64,
}

impl Released {
    pub(crate) fn get(&self, path: &str) -> Option<&Release> {
        self.by_path
            .get(path.as_bytes())
            .map(|found| &found.release)
    }

    pub(crate) fn insert(&mut self, path: &str, release: Release) {
        self.remove(path);
        let oldest = self
            .by_age
            .iter()
            .next()
            .filter(|_| self.by_age.len() >= RELEASES_MAX);
        if let Some(oldest) = oldest.map(|oldest| oldest.0.clone()) {
            let path = std::str::from_utf8(&oldest[ZXID_BYTES..]).expect("paths are text");
            self.remove(path);
        }
        self.digest = self.digest.wrapping_add(digest(path, &release));
        self.by_age
            .insert(ByAge(age(release.zxid, path.as_bytes())));
        self.by_path.insert(ByPath {
            path: path.as_bytes().into(),
            release,
        });
    }

    pub(crate) fn remove(&mut self, path: &str) -> Option<Release> {
        let found = self.by_path.remove(path.as_bytes())?.release;
        self.by_age.remove(&age(found.zxid, path.as_bytes()));
        self.digest = self.digest.wrapping_sub(digest(path, &found));
        Some(found)
    }

    pub(crate) fn since<'a>(&'a self, path: &str) -> impl Iterator<Item = (&'a str, &'a Release)> {
        self.by_path.range(path.as_bytes(), None).map(|found| {
            let path = std::str::from_utf8(&found.path).expect("paths are text");
            (path, &found.release)
        })
    }

    pub(crate) const fn digest(&self) -> u64 {
        self.digest
    }

    pub(crate) fn invariants(&self) {
        assert_eq!(
            self.by_path.len(),
            self.by_age.len(),
            "releases by path and by age"
        );
        assert!(self.by_path.len() <= RELEASES_MAX, "releases are bounded");
        let sum = self.since("").fold(0u64, |sum, (path, release)| {
            sum.wrapping_add(digest(path, release))
        });
        assert_eq!(sum, self.digest, "the digest of releases");
    }
}

fn digest(path: &str, release: &Release) -> u64 {
    let Release {
        session: SessionId(session),
        at_ms,
        zxid: Zxid(zxid),
    } = release;
    let mut bytes = Vec::with_capacity(24 + path.len());
    for number in [*session as u64, *at_ms, *zxid as u64] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.extend_from_slice(path.as_bytes());
    xxh3_64(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten() {
        let mut released = Released::default();
        for number in 0..RELEASES_MAX as i64 + 5 {
            let release = Release {
                session: SessionId(1),
                at_ms: 7,
                zxid: Zxid(number),
            };
            released.insert(&format!("/{number}"), release.clone());
            // Again, later: nothing is remembered twice.
            released.insert("/0", release);
        }
        released.invariants();
        assert!(
            released.get("/5").is_none()
                && released.get("/6").is_some()
                && released.get("/0").is_some()
        );
    }
}
