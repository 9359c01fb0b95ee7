//! What goes together: commands, and the keys and channels that they may touch.

use std::cell::OnceCell;

use synod_cache::command::{KeyOf, KeyUses, Traits};
use synod_cache::glob::matches;

use super::called::Called;
use super::commands::Commands;
use super::error::RuleError;

/// A pattern of keys, and what may be done with them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct KeyPattern {
    reads: bool,
    writes: bool,
    pattern: Box<[u8]>,
}

/// Some commands with some keys and channels.
///
/// 1. If all keys are allowed, there are no patterns of keys; if all channels are, none of channels.
#[derive(Clone, Debug)]
pub(crate) struct Selector {
    pub(crate) commands: Commands,
    all_keys: bool,
    keys: Vec<KeyPattern>,
    all_channels: bool,
    channels: Vec<Box<[u8]>>,
}

/// Why a call is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Denied {
    /// Its command is not.
    Command,
    /// The key is not that is this argument.
    Key(usize),
    /// The channel is not that is this argument.
    Channel(usize),
}

/// The keys of a call, once somebody asked for them.
pub(crate) type KnownKeys = OnceCell<Vec<KeyOf>>;

impl Selector {
    /// Nothing is allowed.
    pub(crate) fn none() -> Self {
        Self {
            commands: Commands::none(),
            all_keys: false,
            keys: Vec::new(),
            all_channels: false,
            channels: Vec::new(),
        }
    }

    /// All is allowed.
    pub(crate) fn all() -> Self {
        Self {
            commands: Commands::all(),
            all_keys: true,
            all_channels: true,
            ..Self::none()
        }
    }

    pub(crate) const fn is_all(&self) -> bool {
        self.commands.is_all() && self.all_keys && self.all_channels
    }

    /// Follows a rule.
    pub(crate) fn follow(&mut self, rule: &[u8]) -> Result<(), RuleError> {
        let is = |name: &str| rule.eq_ignore_ascii_case(name.as_bytes());
        match rule {
            _ if is("allkeys") || is("~*") => self.set_keys(true),
            _ if is("resetkeys") => self.set_keys(false),
            _ if is("allchannels") || is("&*") => self.set_channels(true),
            _ if is("resetchannels") => self.set_channels(false),
            _ if is("allcommands") || is("+@all") => self.commands = Commands::all(),
            _ if is("nocommands") || is("-@all") => self.commands = Commands::none(),
            [b'~' | b'%', ..] => return self.add_keys(rule),
            [b'&', pattern @ ..] => return self.add_channels(pattern),
            [sign @ (b'+' | b'-'), name @ ..] => return self.command(*sign == b'+', name),
            _ => return Err(RuleError::Syntax),
        }
        Ok(())
    }

    fn set_keys(&mut self, all: bool) {
        self.all_keys = all;
        self.keys.clear();
    }

    fn set_channels(&mut self, all: bool) {
        self.all_channels = all;
        self.channels.clear();
    }

    fn command(&mut self, allows: bool, name: &[u8]) -> Result<(), RuleError> {
        match name {
            [b'@', ..] => self.commands.category(name, allows),
            _ if allows && name.contains(&b'|') => self.commands.first_argument(name),
            _ => self.commands.command(name, allows),
        }
    }

    fn add_keys(&mut self, rule: &[u8]) -> Result<(), RuleError> {
        if self.all_keys {
            return Err(RuleError::AllKeys);
        }
        let (reads, writes, pattern) = key_rule(rule).ok_or(RuleError::Syntax)?;
        if has_spaces(pattern) {
            return Err(RuleError::Syntax);
        }
        let known = self.keys.iter_mut().find(|it| *it.pattern == *pattern);
        if let Some(known) = known {
            known.reads |= reads;
            known.writes |= writes;
        } else {
            let pattern = pattern.into();
            self.keys.push(KeyPattern {
                reads,
                writes,
                pattern,
            });
        }
        Ok(())
    }

    fn add_channels(&mut self, pattern: &[u8]) -> Result<(), RuleError> {
        if self.all_channels {
            return Err(RuleError::AllChannels);
        }
        if has_spaces(pattern) {
            return Err(RuleError::Syntax);
        }
        if !self.channels.iter().any(|known| **known == *pattern) {
            self.channels.push(pattern.into());
        }
        Ok(())
    }

    /// Whether it allows a call.
    pub(crate) fn check(
        &self,
        called: Called,
        args: &[&[u8]],
        keys: &KnownKeys,
    ) -> Result<(), Denied> {
        // Who says who he is needs no permission for that.
        let is_free = called.spec.flags.has(Traits::NO_AUTH);
        if !is_free && !self.commands.allow(called, args) {
            return Err(Denied::Command);
        }
        if !self.all_keys {
            let keys = keys.get_or_init(|| called.spec.keys_of(args));
            let denied = keys
                .iter()
                .find(|key| !self.allows_key(args[key.index], key.uses));
            if let Some(key) = denied {
                return Err(Denied::Key(key.index));
            }
        }
        let denied = channels(called, args).find(|(index, is_pattern)| {
            let channel = args.get(*index);
            channel.is_some_and(|channel| !self.allows_channel(channel, *is_pattern))
        });
        denied.map_or(Ok(()), |(index, _)| Err(Denied::Channel(index)))
    }

    /// Whether this may be done with a key.
    pub(crate) fn allows_key(&self, key: &[u8], uses: KeyUses) -> bool {
        self.all_keys || self.allows_key_by(uses, |pattern| matches(pattern, key))
    }

    /// Whether this may be done with any key.
    pub(crate) fn allows_any_key(&self, uses: KeyUses) -> bool {
        self.all_keys || self.allows_key_by(uses, |pattern| pattern == b"*")
    }

    fn allows_key_by(&self, uses: KeyUses, is_of: impl Fn(&[u8]) -> bool) -> bool {
        let reads = uses.has(KeyUses::ACCESS);
        let writing = [KeyUses::INSERT, KeyUses::DELETE, KeyUses::UPDATE];
        let writes = writing.into_iter().any(|it| uses.has(it));
        let mut fit = self.keys.iter().filter(|pattern| {
            let (may_read, may_write) = (pattern.reads, pattern.writes);
            (may_read || !reads) && (may_write || !writes)
        });
        fit.any(|pattern| is_of(&pattern.pattern))
    }

    /// Whether a channel may be used, or a pattern of channels, which must be the same as one that is allowed.
    pub(crate) fn allows_channel(&self, channel: &[u8], is_pattern: bool) -> bool {
        self.all_channels
            || self.channels.iter().any(|pattern| {
                if is_pattern {
                    **pattern == *channel
                } else {
                    matches(pattern, channel)
                }
            })
    }

    /// Patterns of keys, as rules.
    pub(crate) fn keys_text(&self) -> String {
        if self.all_keys {
            return "~*".to_owned();
        }
        let patterns = self.keys.iter().map(|it| {
            let sign = match (it.reads, it.writes) {
                (true, false) => "%R~",
                (false, true) => "%W~",
                _ => "~",
            };
            sign.to_owned() + &String::from_utf8_lossy(&it.pattern)
        });
        patterns.collect::<Vec<_>>().join(" ")
    }

    /// Patterns of channels, as rules.
    pub(crate) fn channels_text(&self) -> String {
        if self.all_channels {
            return "&*".to_owned();
        }
        let patterns = self.channels.iter();
        let rules = patterns.map(|it| format!("&{}", String::from_utf8_lossy(it)));
        rules.collect::<Vec<_>>().join(" ")
    }
}

impl std::fmt::Display for Selector {
    /// As rules that come to the same.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (keys, channels) = (self.keys_text(), self.channels_text());
        if !keys.is_empty() {
            write!(f, "{keys} ")?;
        }
        if !self.all_channels {
            f.write_str("resetchannels ")?;
        }
        if !channels.is_empty() {
            write!(f, "{channels} ")?;
        }
        write!(f, "{}", self.commands)
    }
}

/// What `~pattern`, `%R~pattern`, `%W~pattern` or `%RW~pattern` says: reading, writing, and of which keys.
fn key_rule(rule: &[u8]) -> Option<(bool, bool, &[u8])> {
    let letters = match rule {
        [b'~', pattern @ ..] => return Some((true, true, pattern)),
        [_, letters @ ..] => letters,
        [] => return None,
    };
    let (mut reads, mut writes) = (false, false);
    for (index, letter) in letters.iter().enumerate() {
        match letter {
            b'r' | b'R' if !reads => reads = true,
            b'w' | b'W' if !writes => writes = true,
            b'~' if reads || writes => return Some((reads, writes, &letters[index + 1..])),
            _ => return None,
        }
    }
    // As in Redis the pattern may be missing with its sign.
    (reads || writes).then_some((reads, writes, &[]))
}

/// What parts rules is not allowed in them.
pub(crate) fn has_spaces(text: &[u8]) -> bool {
    let is_space = |byte: &u8| matches!(byte, 0 | b' ' | b'\t'..=b'\r');
    text.iter().any(is_space)
}

/// Which arguments of a call are channels, and whether they are patterns.
fn channels(called: Called, args: &[&[u8]]) -> impl Iterator<Item = (usize, bool)> {
    let (count, is_pattern) = match called.command.name {
        "publish" | "spublish" => (2, false),
        "subscribe" | "ssubscribe" => (args.len(), false),
        "psubscribe" => (args.len(), true),
        _ => (0, false),
    };
    (1..count).map(move |index| (index, is_pattern))
}
