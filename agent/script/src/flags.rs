//! What a script says of itself.

/// A set of what it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u8);

/// In the order in which `FUNCTION LIST` shows them.
const NAMES: [(&str, Flags); 5] = [
    ("no-writes", Flags::NO_WRITES),
    ("allow-oom", Flags::ALLOW_OOM),
    ("allow-stale", Flags::ALLOW_STALE),
    ("no-cluster", Flags::NO_CLUSTER),
    ("allow-cross-slot-keys", Flags::ALLOW_CROSS_SLOT_KEYS),
];

impl Flags {
    /// It does not write.
    pub const NO_WRITES: Self = Self(1);
    /// It may be run when memory is full.
    pub const ALLOW_OOM: Self = Self(2);
    /// It may be run on a replica that is not up to date.
    pub const ALLOW_STALE: Self = Self(4);
    /// It cannot be run in a cluster.
    pub const NO_CLUSTER: Self = Self(8);
    /// Its keys may be in different slots.
    pub const ALLOW_CROSS_SLOT_KEYS: Self = Self(16);
    /// It says nothing at all: it is of before scripts could.
    pub const COMPATIBLE: Self = Self(32);

    /// Whether all of those are said.
    #[must_use]
    pub const fn has(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// With those, too.
    #[must_use]
    pub const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// What is called so, in small letters.
    #[must_use]
    pub fn named(name: &[u8]) -> Option<Self> {
        let found = NAMES.iter().find(|(known, _)| known.as_bytes() == name);
        found.map(|(_, flag)| *flag)
    }

    /// What is said, by name.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES
            .into_iter()
            .filter_map(move |(name, flag)| self.has(flag).then_some(name))
    }

    /// What a script says in its first line, and how long that is.
    ///
    /// # Errors
    /// If that line cannot be.
    pub(crate) fn of_script(body: &[u8]) -> Result<(Self, usize), String> {
        if !body.starts_with(b"#!") {
            return Ok((Self::COMPATIBLE, 0));
        }
        let Some(length) = body.iter().position(|byte| *byte == b'\n') else {
            return Err("Invalid script shebang".to_owned());
        };
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut parts = body[..length].split(|byte| *byte == b' ');
        let engine = parts.next().unwrap_or_default();
        if engine != b"#!lua" {
            return Err(format!(
                "Unexpected engine in script shebang: {}",
                shown(engine)
            ));
        }
        let mut flags = Self::default();
        for part in parts {
            let Some(names) = part.strip_prefix(b"flags=") else {
                return Err(format!("Unknown lua shebang option: {}", shown(part)));
            };
            // Nothing behind the sign is no flag at all.
            for name in names
                .split(|byte| *byte == b',')
                .filter(|_| !names.is_empty())
            {
                let flag = Self::named(name)
                    .ok_or_else(|| format!("Unexpected flag in script shebang: {}", shown(name)))?;
                flags = flags.with(flag);
            }
        }
        Ok((flags, length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_read() {
        let flags = |body: &str| Flags::of_script(body.as_bytes());
        assert_eq!(flags("return 1"), Ok((Flags::COMPATIBLE, 0)));
        assert_eq!(flags("#!lua\nreturn 1"), Ok((Flags::default(), 5)));
        let both = Flags::NO_WRITES.with(Flags::ALLOW_OOM);
        assert_eq!(flags("#!lua flags=no-writes,allow-oom\n"), Ok((both, 31)));
        assert_eq!(
            flags("#!lua flags=x\n"),
            Err("Unexpected flag in script shebang: x".to_owned())
        );
    }
}
