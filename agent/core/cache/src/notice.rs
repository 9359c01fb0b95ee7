//! What is told of changes to those who subscribed to them.
//!
//! <https://redis.io/docs/latest/develop/pubsub/keyspace-notifications/>

use std::fmt::{self, Write as _};
use std::ops::BitOr;

/// Kinds of events, as the letters of `notify-keyspace-events` name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class(u16);

impl Class {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// Of commands for all kinds of keys: `g`.
    pub const GENERIC: Self = Self(1);
    /// Of strings: `$`.
    pub const STRING: Self = Self(1 << 1);
    /// Of lists: `l`.
    pub const LIST: Self = Self(1 << 2);
    /// Of sets: `s`.
    pub const SET: Self = Self(1 << 3);
    /// Of hashes: `h`.
    pub const HASH: Self = Self(1 << 4);
    /// Of sorted sets: `z`.
    pub const SORTED_SET: Self = Self(1 << 5);
    /// A key expired: `x`.
    pub const EXPIRED: Self = Self(1 << 6);
    /// A key was evicted: `e`.
    pub const EVICTED: Self = Self(1 << 7);
    /// Of streams: `t`.
    pub const STREAM: Self = Self(1 << 8);
    /// A key was asked for that is not there: `m`.
    pub const MISS: Self = Self(1 << 9);
    /// A new key: `n`.
    pub const NEW: Self = Self(1 << 10);
    /// Of types of modules: `d`. There are none.
    pub const MODULE: Self = Self(1 << 11);

    /// What `A` stands for: all but [`Self::MISS`] and [`Self::NEW`].
    pub const ALL: Self = Self(0xfff & !Self::MISS.0 & !Self::NEW.0);

    /// Whether it has one of the others.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether it has all of the others.
    const fn has(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }
}

impl BitOr for Class {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Something was done to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// In which database.
    pub database: u8,
    /// What, in the words of Redis.
    pub event: &'static str,
    /// To which key.
    pub key: Box<[u8]>,
    /// Of all notices of a command, whatever partitions they are of, one with a smaller number comes first.
    pub order: u64,
}

/// Classes with the letters that stand for them, in the order in which they are shown.
const LETTERS: [(char, Class); 12] = [
    ('g', Class::GENERIC),
    ('$', Class::STRING),
    ('l', Class::LIST),
    ('s', Class::SET),
    ('h', Class::HASH),
    ('z', Class::SORTED_SET),
    ('x', Class::EXPIRED),
    ('e', Class::EVICTED),
    ('t', Class::STREAM),
    ('d', Class::MODULE),
    ('n', Class::NEW),
    ('m', Class::MISS),
];

/// What `notify-keyspace-events` says: which changes are told, and in which channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Events {
    /// Which.
    pub classes: Class,
    /// In the channels of keys, `__keyspace@0__:key`.
    pub of_keys: bool,
    /// In the channels of events, `__keyevent@0__:event`.
    pub of_events: bool,
}

impl Events {
    /// None.
    pub const NONE: Self = Self {
        classes: Class::NONE,
        of_keys: false,
        of_events: false,
    };

    /// What these letters say, unless one of them says nothing.
    #[must_use]
    pub fn parse(letters: &str) -> Option<Self> {
        let mut events = Self::NONE;
        for letter in letters.chars() {
            match letter {
                'A' => events.classes = events.classes | Class::ALL,
                'K' => events.of_keys = true,
                'E' => events.of_events = true,
                _ => {
                    let (_, class) = LETTERS.iter().find(|(known, _)| *known == letter)?;
                    events.classes = events.classes | *class;
                }
            }
        }
        Some(events)
    }

    /// As a number, for [`Self::of_bits`].
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.classes.0 | (self.of_keys as u16) << 14 | (self.of_events as u16) << 15
    }

    /// What [`Self::bits`] gave.
    #[must_use]
    pub const fn of_bits(bits: u16) -> Self {
        Self {
            classes: Class(bits & 0xfff),
            of_keys: bits & 1 << 14 != 0,
            of_events: bits & 1 << 15 != 0,
        }
    }

    /// What is told at all: nothing, if there is no channel for it.
    #[must_use]
    pub const fn told(self) -> Class {
        if self.of_keys || self.of_events {
            self.classes
        } else {
            Class::NONE
        }
    }
}

/// As `CONFIG GET` shows it: next to `A`, which does not stand for it, `n` is not shown in Redis either.
impl fmt::Display for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_all = self.classes.has(Class::ALL);
        if is_all {
            f.write_char('A')?;
        }
        for (letter, class) in LETTERS {
            if class != Class::MISS && !is_all && self.classes.has(class) {
                f.write_char(letter)?;
            }
        }
        let others = [
            ('K', self.of_keys),
            ('E', self.of_events),
            ('m', self.classes.has(Class::MISS)),
        ];
        let mut shown = others.iter().filter(|(_, is_shown)| *is_shown);
        shown.try_for_each(|(letter, _)| f.write_char(*letter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `CONFIG SET` and `CONFIG GET` of redis-server 7.0 do.
    #[test]
    fn letters_are_read_and_shown_as_in_redis() {
        for (letters, shown) in [
            ("", ""),
            ("KEA", "AKE"),
            ("EK", "KE"),
            ("g$lshzxetd", "A"),
            ("tdexzhsl$g", "A"),
            ("lg", "gl"),
            ("gg", "g"),
            ("nm", "nm"),
            ("An", "A"),
            ("AmKEn", "AKEm"),
            ("mEKxn", "xnKEm"),
        ] {
            let events = Events::parse(letters).map(|events| events.to_string());
            assert_eq!(events.as_deref(), Some(shown), "{letters}");
        }
        assert_eq!(Events::parse("a"), None);
        assert_eq!(Events::parse("KE A"), None);
    }

    #[test]
    fn without_a_channel_nothing_is_told() {
        let told = |letters: &str| Events::parse(letters).expect("known letters").told();
        assert_eq!(told("A"), Class::NONE);
        assert!(told("Kg").contains(Class::GENERIC));
        assert!(!told("KA").contains(Class::MISS | Class::NEW));
    }
}
