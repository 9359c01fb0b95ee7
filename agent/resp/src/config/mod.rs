//! What can be set, by `CONFIG SET` and when the server begins.
//!
//! A setting is a row of `table.rs`. Numbers are read without a lock wherever they are needed; texts are behind one. Those that
//! nothing here depends on are kept because clients and tools ask for them.

mod apply;
mod kind;
#[cfg(test)]
mod page;
mod setting;
mod special;
mod table;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{PoisonError, RwLock};

pub(crate) use apply::{apply, apply_all};
pub(crate) use kind::Value;
pub(crate) use setting::{Access, Changes, Setting};
use table::{ALIASES, SETTINGS};

/// Which setting it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Id(usize);

impl Id {
    /// That of this name. Names that are not there are found when this is compiled.
    pub(crate) const fn of(name: &str) -> Self {
        let mut index = 0;
        while !is_same(SETTINGS[index].name, name) {
            index += 1;
        }
        Self(index)
    }

    pub(crate) const fn setting(self) -> &'static Setting {
        &SETTINGS[self.0]
    }
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len()
}

/// What all settings are set to.
pub(crate) struct Config {
    numbers: Box<[AtomicI64]>,
    texts: RwLock<Vec<String>>,
}

impl Config {
    /// As nobody has set anything.
    pub(crate) fn new() -> Self {
        let value = |setting: &Setting| {
            let value = setting.kind.read(setting.initial, setting.initial);
            value.unwrap_or_else(|error| panic!("{}: {error}", setting.name))
        };
        let number = |setting: &Setting| match value(setting) {
            Value::Number(number) => AtomicI64::new(number),
            Value::Text(_) => AtomicI64::new(0),
        };
        let text = |setting: &Setting| match value(setting) {
            Value::Number(_) => String::new(),
            Value::Text(text) => text,
        };
        Self {
            numbers: SETTINGS.iter().map(number).collect(),
            texts: RwLock::new(SETTINGS.iter().map(text).collect()),
        }
    }

    /// What a setting that is a number is set to; a flag is 0 or 1, a choice which of the words.
    #[inline]
    pub(crate) fn number(&self, id: Id) -> i64 {
        debug_assert!(id.setting().kind.is_number());
        self.numbers[id.0].load(Ordering::Relaxed)
    }

    /// Whether a flag is set.
    pub(crate) fn is_set(&self, id: Id) -> bool {
        self.number(id) != 0
    }

    /// As [`Self::number`], for what is not negative.
    pub(crate) fn size(&self, id: Id) -> usize {
        usize::try_from(self.number(id)).unwrap_or_default()
    }

    /// What a setting is set to, as it is told.
    pub(crate) fn text(&self, id: Id) -> String {
        let kind = id.setting().kind;
        if kind.is_number() {
            return kind.shown(self.number(id));
        }
        let texts = self.texts.read().unwrap_or_else(PoisonError::into_inner);
        texts[id.0].clone()
    }

    /// Sets something, to what [`Kind::read`] gave for it.
    pub(crate) fn set(&self, id: Id, value: Value) {
        match value {
            Value::Number(number) => self.numbers[id.0].store(number, Ordering::Relaxed),
            Value::Text(text) => {
                let mut texts = self.texts.write().unwrap_or_else(PoisonError::into_inner);
                texts[id.0] = text;
            }
        }
    }

    /// Sets what has this name, whoever may, before the server begins.
    ///
    /// # Errors
    /// If there is none, or it cannot be this.
    pub(crate) fn set_first(&self, name: &str, text: &str) -> Result<(), String> {
        let (id, _) = named(name.as_bytes()).ok_or_else(|| format!("there is no {name}"))?;
        let value = id.setting().kind.read(text, &self.text(id));
        self.set(id, value.map_err(|error| format!("{name}: {error}"))?);
        Ok(())
    }
}

/// The setting of this name, in whatever letters, and the name as it is told.
pub(crate) fn named(name: &[u8]) -> Option<(Id, &'static str)> {
    all().find(|(_, known)| name.eq_ignore_ascii_case(known.as_bytes()))
}

/// All settings by their names, those that they had before among them.
pub(crate) fn all() -> impl Iterator<Item = (Id, &'static str)> {
    let now = SETTINGS.iter().enumerate();
    let now = now.map(|(index, setting)| (Id(index), setting.name));
    let before = ALIASES.iter().map(|(alias, name)| (Id::of(name), *alias));
    now.chain(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_names_in_order() {
        assert!(SETTINGS.is_sorted_by_key(|setting| setting.name));
        let mut names: Vec<_> = all().map(|(_, name)| name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "each once");
    }

    #[test]
    fn all_are_told_as_they_are_read() {
        let config = Config::new();
        for (id, name) in all() {
            let text = config.text(id);
            let value = id.setting().kind.read(&text, &text);
            config.set(id, value.expect(name));
            assert_eq!(config.text(id), text, "{name}");
        }
    }
}
