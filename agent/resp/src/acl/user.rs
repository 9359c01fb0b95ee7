//! A user: how one proves to be it, and what it may do.

use synod_cache::command::KeyUses;
use synod_cache::request::words;

use super::called::Called;
use super::error::RuleError;
use super::password::Password;
use super::selector::{Denied, KnownKeys, Selector};

/// A user's rules.
///
/// 1. If no password is needed, there is none.
#[derive(Clone, Debug)]
pub(crate) struct User {
    /// Whether one can become it.
    pub(crate) is_on: bool,
    /// Whether any password does.
    pub(crate) needs_no_password: bool,
    /// Whether what it restores is believed to be sound. It is looked at all the same here; this is what it is told.
    skips_sanitizing: bool,
    passwords: Vec<Password>,
    /// What it may do if no other selector says so.
    root: Selector,
    selectors: Vec<Selector>,
}

impl User {
    /// One that nobody can become, and that may nothing.
    pub(crate) fn new() -> Self {
        Self {
            is_on: false,
            needs_no_password: false,
            skips_sanitizing: false,
            passwords: Vec::new(),
            root: Selector::none(),
            selectors: Vec::new(),
        }
    }

    /// One that everybody is who does not say otherwise, and that may all.
    pub(crate) fn default_one() -> Self {
        Self {
            is_on: true,
            needs_no_password: true,
            root: Selector::all(),
            ..Self::new()
        }
    }

    /// From now on this is its one password; without one, it needs none.
    pub(crate) fn set_password(&mut self, password: Option<Password>) {
        self.needs_no_password = password.is_none();
        self.passwords = password.into_iter().collect();
    }

    /// Whether one who has not said who he is is taken for it.
    pub(crate) const fn is_free(&self) -> bool {
        self.is_on && self.needs_no_password
    }

    /// Whether one who says this is it. It takes as long whichever password it is.
    pub(crate) fn is_proved_by(&self, password: &Password) -> bool {
        let fit = self.passwords.iter().filter(|known| known.is(password));
        let is_known = fit.count() > 0;
        self.is_on && (self.needs_no_password || is_known)
    }

    /// Whether there is nothing that it may not do.
    pub(crate) fn may_all(&self) -> bool {
        self.selectors().any(Selector::is_all)
    }

    /// The root selector, and all others.
    fn selectors(&self) -> impl Iterator<Item = &Selector> {
        std::iter::once(&self.root).chain(&self.selectors)
    }

    /// Whether it may call this. If no selector says so, it is told why the one does not that comes furthest.
    pub(crate) fn check(&self, called: Called, args: &[&[u8]]) -> Result<(), Denied> {
        let keys = KnownKeys::new();
        let mut denied = Denied::Command;
        for selector in self.selectors() {
            match selector.check(called, args, &keys) {
                Ok(()) => return Ok(()),
                Err(why) => denied = denied.max(why),
            }
        }
        Err(denied)
    }

    /// Whether it may call this, and do so with keys that nobody can tell before.
    pub(crate) fn may_with_any_key(&self, called: Called, args: &[&[u8]], uses: KeyUses) -> bool {
        let keys = KnownKeys::new();
        let mut selectors = self.selectors();
        selectors.any(|it| it.check(called, args, &keys).is_ok() && it.allows_any_key(uses))
    }

    /// Whether it may do this with a key.
    #[allow(dead_code, reason = "for scripts")]
    pub(crate) fn may_touch(&self, key: &[u8], uses: KeyUses) -> bool {
        self.selectors().any(|it| it.allows_key(key, uses))
    }

    /// Whether it may use a channel, or a pattern of channels.
    pub(crate) fn may_hear(&self, channel: &[u8], is_pattern: bool) -> bool {
        self.selectors()
            .any(|it| it.allows_channel(channel, is_pattern))
    }

    /// Follows a rule.
    pub(crate) fn follow(&mut self, rule: &[u8]) -> Result<(), RuleError> {
        let is = |name: &str| rule.eq_ignore_ascii_case(name.as_bytes());
        match rule {
            [] => {}
            _ if is("on") => self.is_on = true,
            _ if is("off") => self.is_on = false,
            _ if is("skip-sanitize-payload") => self.skips_sanitizing = true,
            _ if is("sanitize-payload") => self.skips_sanitizing = false,
            _ if is("nopass") => self.set_password(None),
            _ if is("resetpass") => self.reset_passwords(),
            _ if is("clearselectors") => self.selectors.clear(),
            _ if is("reset") => *self = Self::new(),
            [b'>', words @ ..] => self.add_password(Password::of(words)),
            [b'#', hash @ ..] => self.add_password(hashed(hash)?),
            [b'<', words @ ..] => return self.remove_password(&Password::of(words)),
            [b'!', hash @ ..] => return self.remove_password(&hashed(hash)?),
            [b'(', rules @ .., b')'] => self.selectors.push(selector(rules)?),
            _ => return self.root.follow(rule),
        }
        Ok(())
    }

    fn reset_passwords(&mut self) {
        self.needs_no_password = false;
        self.passwords.clear();
    }

    fn add_password(&mut self, password: Password) {
        if !self.passwords.iter().any(|known| known.is(&password)) {
            self.passwords.push(password);
        }
        self.needs_no_password = false;
    }

    fn remove_password(&mut self, password: &Password) -> Result<(), RuleError> {
        let mut passwords = self.passwords.iter();
        let known = passwords.position(|known| known.is(password));
        self.passwords
            .remove(known.ok_or(RuleError::NoSuchPassword)?);
        Ok(())
    }

    /// What it is beside what it may do.
    pub(crate) fn flags(&self) -> Vec<&'static str> {
        let mut flags = vec![if self.is_on { "on" } else { "off" }];
        if self.needs_no_password {
            flags.push("nopass");
        }
        flags.push(if self.skips_sanitizing {
            "skip-sanitize-payload"
        } else {
            "sanitize-payload"
        });
        flags
    }

    /// Its passwords' hashes.
    pub(crate) fn passwords(&self) -> impl ExactSizeIterator<Item = String> {
        self.passwords.iter().map(Password::hex)
    }

    pub(crate) const fn root(&self) -> &Selector {
        &self.root
    }

    pub(crate) fn others(&self) -> &[Selector] {
        &self.selectors
    }
}

impl std::fmt::Display for User {
    /// As rules that come to the same.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for flag in self.flags() {
            write!(f, "{flag} ")?;
        }
        for hash in self.passwords() {
            write!(f, "#{hash} ")?;
        }
        write!(f, "{}", self.root)?;
        let mut selectors = self.selectors.iter();
        selectors.try_for_each(|selector| write!(f, " ({selector})"))
    }
}

fn hashed(text: &[u8]) -> Result<Password, RuleError> {
    Password::from_hex(text).ok_or(RuleError::Hash)
}

/// By its rules, which spaces part.
fn selector(rules: &[u8]) -> Result<Selector, RuleError> {
    let mut selector = Selector::none();
    for rule in words(rules).map_err(|_| RuleError::Syntax)? {
        selector.follow(&rule)?;
    }
    Ok(selector)
}

/// Rules with those of a selector put together that came as several; if one is not closed, where it begins.
pub(crate) fn whole_rules(rules: &[&[u8]]) -> Result<Vec<Vec<u8>>, usize> {
    let mut whole: Vec<Vec<u8>> = Vec::new();
    let mut open = None;
    for (index, rule) in rules.iter().enumerate() {
        if open.is_some() {
            let last = whole.last_mut().expect("it is open");
            last.push(b' ');
            last.extend_from_slice(rule);
        } else {
            whole.push(rule.to_vec());
            open = rule.starts_with(b"(").then_some(index);
        }
        // Alone, the sign that opens it does not close it.
        if rule.ends_with(b")") {
            open = None;
        }
    }
    open.map_or(Ok(whole), Err)
}
