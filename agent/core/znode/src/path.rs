//! Paths of nodes, and the keys under which the tree holds them.

use std::fmt;

use crate::error::Error;

/// A path that ZooKeeper's `PathUtils.validatePath` accepts: `/`, or names of which each follows a slash, none of them empty,
/// `.` or `..`, without control characters, private-use characters, specials and what is beyond the basic plane.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path<'a>(&'a str);

/// The deepest node; the depth orders keys, in two bytes.
const DEPTH_MAX: usize = u16::MAX as usize;

impl fmt::Debug for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl<'a> Path<'a> {
    /// The root.
    pub const ROOT: Self = Self("/");

    /// Checks a path.
    ///
    /// # Errors
    /// `BadArguments` if it is none.
    pub fn parse(path: &'a str) -> Result<Self, Error> {
        let whole = path == "/" || path.strip_prefix('/').is_some_and(are_names);
        if whole {
            Ok(Self(path))
        } else {
            Err(Error::BadArguments)
        }
    }

    /// The path of a node that exists, which was checked when it was created.
    pub(crate) const fn of_node(path: &'a str) -> Self {
        Self(path)
    }

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// The node above; `None` for the root.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        let (parent, name) = self.0.rsplit_once('/')?;
        (!name.is_empty()).then_some(Self(if parent.is_empty() { "/" } else { parent }))
    }

    /// The part after the last slash; empty for the root.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.0.rsplit_once('/').map_or("", |(_, name)| name)
    }

    /// This node and those above it, up to the root.
    pub fn and_above(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |path| path.parent())
    }

    /// Whether `other` is this node or below it.
    #[must_use]
    pub fn holds(self, other: &str) -> bool {
        self == Self::ROOT
            || other
                .strip_prefix(self.0)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// What `name` is called under this node.
    #[must_use]
    pub fn join(self, name: &str) -> String {
        let parent = if self == Self::ROOT { "" } else { self.0 };
        format!("{parent}/{name}")
    }

    /// The key of this node.
    pub(crate) fn key(self) -> Key {
        Key::new(depth(self.0), self.0)
    }
}

fn are_names(names: &str) -> bool {
    names.bytes().filter(|byte| *byte == b'/').count() < DEPTH_MAX && names.split('/').all(is_name)
}

fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && name.chars().all(is_allowed)
}

/// The ranges that `PathUtils` refuses, in UTF-16: what is beyond the basic plane is written there with surrogates.
const fn is_allowed(c: char) -> bool {
    !matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{d7ff}'..='\u{f8ff}' | '\u{fff0}'..='\u{10ffff}')
        || c == '\u{d7ff}'
}

fn depth(path: &str) -> usize {
    if path == "/" {
        0
    } else {
        path.bytes().filter(|byte| *byte == b'/').count()
    }
}

/// A path with its depth before it. So the children of a node lie side by side, in the order of their names, and are listed
/// without a look at what is below them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(Box<[u8]>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(path_of(&self.0))
    }
}

const DEPTH_BYTES: usize = 2;

impl Key {
    fn new(depth: usize, path: &str) -> Self {
        let mut key = Vec::with_capacity(DEPTH_BYTES + path.len());
        // A deeper path is refused when it is parsed; one that only is looked for finds nothing.
        key.extend_from_slice(&(depth as u16).to_be_bytes());
        key.extend_from_slice(path.as_bytes());
        Self(key.into())
    }

    /// The key of whatever was asked for, a path or not: what is none finds nothing.
    pub(crate) fn of(path: &str) -> Self {
        Self::new(depth(path), path)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    pub(crate) const fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn path(&self) -> &str {
        path_of(&self.0)
    }

    /// From here on, before the other, lie the keys of the children.
    pub(crate) fn children(&self) -> (Self, Self) {
        let path = self.path();
        let parent = if path == "/" { "" } else { path };
        let depth = depth(path) + 1;
        // '0' follows '/'.
        let bound = |end| Self::new(depth, &format!("{parent}{end}"));
        (bound('/'), bound('0'))
    }
}

/// The path in a key.
pub(crate) fn path_of(key: &[u8]) -> &str {
    key.get(DEPTH_BYTES..)
        .and_then(|path| std::str::from_utf8(path).ok())
        .expect("keys are made of paths")
}

/// Whether these bytes are the key of a path.
pub(crate) fn is_key(key: &[u8]) -> bool {
    let path = key
        .get(DEPTH_BYTES..)
        .and_then(|path| std::str::from_utf8(path).ok());
    path.is_some_and(|path| Path::parse(path).is_ok_and(|path| path.key().bytes() == key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_zookeeper() {
        for good in [
            "/",
            "/a",
            "/a/b",
            "/a.b/..c/...",
            "/ ",
            "/\u{a0}",
            "/é/日本",
            "/\u{d7ff}",
            "/\u{f900}\u{ffef}",
        ] {
            assert!(Path::parse(good).is_ok(), "{good:?}");
        }
        let bad = [
            "",
            "a",
            "a/b",
            "/a/",
            "//",
            "//a",
            "/a//b",
            "/.",
            "/..",
            "/a/./b",
            "/a/..",
            "/a\0",
            "/\u{1}",
            "/\u{1f}",
            "/\u{7f}",
            "/\u{9f}",
            "/\u{e000}",
            "/\u{f8ff}",
            "/\u{fff0}",
            "/\u{ffff}",
            "/\u{1f600}",
        ];
        for bad in bad {
            assert_eq!(Path::parse(bad), Err(Error::BadArguments), "{bad:?}");
        }
    }

    #[test]
    fn parents_and_names() {
        let path = Path::parse("/a/b").expect("a path");
        assert_eq!(path.name(), "b");
        let above: Vec<_> = path.and_above().map(Path::as_str).collect();
        assert_eq!(above, ["/a/b", "/a", "/"]);
        assert!(Path::parse("/a").expect("a path").holds("/a/b"));
        assert!(Path::parse("/a").expect("a path").holds("/a"));
        assert!(!Path::parse("/a").expect("a path").holds("/ab"));
        assert!(Path::ROOT.holds("/ab"));
    }

    #[test]
    fn children_lie_side_by_side() {
        let mut keys: Vec<_> = [
            "/", "/a", "/a/b", "/a/b/c", "/a/z", "/a.", "/a0", "/b", "/b/a",
        ]
        .map(Key::of)
        .into();
        keys.sort();
        for (parent, expected) in [
            ("/", "/a /a. /a0 /b"),
            ("/a", "/a/b /a/z"),
            ("/a/b", "/a/b/c"),
            ("/a.", ""),
        ] {
            let (start, end) = Key::of(parent).children();
            let found: Vec<_> = keys
                .iter()
                .filter(|key| **key >= start && **key < end)
                .map(Key::path)
                .collect();
            assert_eq!(found.join(" "), expected);
        }
        assert!(keys.iter().all(|key| is_key(key.bytes())));
        assert!(
            !is_key(b"")
                && !is_key(b"\0\x01/a/b")
                && !is_key(b"\0\x01a")
                && !is_key(b"\0\x01/\xff")
        );
    }
}
