//! Which commands are allowed.

use synod_cache::command::{Categories, Spec, all, count};

use super::called::Called;
use super::error::RuleError;

/// A rule as it was given, in small letters: whether it allows, and a command, a subcommand, a first argument or a category.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    allows: bool,
    of: String,
}

/// The commands that a selector allows.
///
/// 1. If `is_all`, every bit of `allowed` is set.
/// 2. `rules`, followed in their order after all commands were allowed (`is_open`) or none, come to the same commands.
#[derive(Clone, Debug)]
pub(crate) struct Commands {
    /// A bit for each command and subcommand, by its number.
    allowed: Box<[u64]>,
    /// All commands were allowed before the rules.
    is_open: bool,
    /// Nothing was taken away since then.
    is_all: bool,
    /// With these first arguments commands are allowed that otherwise are not.
    first_arguments: Vec<(usize, Box<[u8]>)>,
    rules: Vec<Rule>,
}

impl Commands {
    /// None of them.
    pub(crate) fn none() -> Self {
        Self {
            allowed: vec![0; count().div_ceil(64)].into(),
            is_open: false,
            is_all: false,
            first_arguments: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// All of them, those of later versions too.
    pub(crate) fn all() -> Self {
        Self {
            allowed: vec![u64::MAX; count().div_ceil(64)].into(),
            is_open: true,
            is_all: true,
            ..Self::none()
        }
    }

    pub(crate) const fn is_all(&self) -> bool {
        self.is_all
    }

    /// Whether a call is allowed, as far as its command matters.
    pub(crate) fn allow(&self, called: Called, args: &[&[u8]]) -> bool {
        self.is_all || self.has(called.spec.number) || self.allows_first(called, args)
    }

    fn allows_first(&self, called: Called, args: &[&[u8]]) -> bool {
        let Some(first) = args.get(1) else {
            return false;
        };
        let mut those = self.first_arguments.iter();
        those
            .any(|(number, text)| *number == called.spec.number && text.eq_ignore_ascii_case(first))
    }

    fn has(&self, number: usize) -> bool {
        self.allowed[number / 64] >> (number % 64) & 1 == 1
    }

    fn set(&mut self, number: usize, allows: bool) {
        let bit = 1 << (number % 64);
        if allows {
            self.allowed[number / 64] |= bit;
        } else {
            self.allowed[number / 64] &= !bit;
            self.is_all = false;
        }
    }

    /// Of a command all its subcommands.
    fn set_whole(&mut self, spec: &Spec, allows: bool) {
        self.set(spec.number, allows);
        self.first_arguments
            .retain(|(number, _)| *number != spec.number);
        for subcommand in spec.subcommands {
            self.set(subcommand.number, allows);
        }
    }

    /// Follows `+@read`, `-@read` and the like; `name` is what is behind the sign.
    pub(crate) fn category(&mut self, name: &[u8], allows: bool) -> Result<(), RuleError> {
        let category = category_named(&name[1..]).ok_or(RuleError::Unknown)?;
        for spec in all() {
            if spec.all_categories().has(category) {
                self.set_whole(spec, allows);
            }
            for subcommand in spec.subcommands {
                if subcommand.all_categories().has(category) {
                    self.set_whole(subcommand, allows);
                }
            }
        }
        self.note(&String::from_utf8_lossy(name), allows);
        Ok(())
    }

    /// Follows `+get`, `-get`, `+config|get`, `-config|get`; `name` is what is behind the sign.
    pub(crate) fn command(&mut self, name: &[u8], allows: bool) -> Result<(), RuleError> {
        let called = Called::by_name(name).ok_or(RuleError::Unknown)?;
        self.set_whole(called.spec, allows);
        self.note(&called.full_name(), allows);
        Ok(())
    }

    /// Follows `+select|0` and the like: a command with a first argument, if it is not the name of a subcommand.
    pub(crate) fn first_argument(&mut self, name: &[u8]) -> Result<(), RuleError> {
        let mut parts = name.rsplitn(2, |byte| *byte == b'|');
        let argument = parts.next().unwrap_or_default();
        let called = Called::by_name(parts.next().unwrap_or_default());
        let called = called.ok_or(RuleError::Unknown)?;
        if called.is_subcommand() {
            return Err(RuleError::FirstArgument);
        }
        if argument.is_empty() {
            return Err(RuleError::Syntax);
        }
        if !called.spec.subcommands.is_empty() {
            return self.command(name, true);
        }
        // It is shown among rules, which spaces part.
        let text = std::str::from_utf8(name).map_err(|_| RuleError::Syntax)?;
        if text.contains(|letter: char| letter.is_whitespace() || letter == '\0') {
            return Err(RuleError::Syntax);
        }
        let number = called.spec.number;
        let is_new = !self
            .first_arguments
            .iter()
            .any(|(of, known)| *of == number && known.eq_ignore_ascii_case(argument));
        if is_new {
            self.first_arguments.push((number, argument.into()));
        }
        self.note(text, true);
        Ok(())
    }

    /// Keeps a rule instead of those that it makes void: the same one, and those of its subcommands or arguments.
    fn note(&mut self, of: &str, allows: bool) {
        let of = of.to_ascii_lowercase();
        self.rules.retain(|rule| {
            let behind = rule.of.strip_prefix(&of);
            !behind.is_some_and(|behind| behind.is_empty() || behind.starts_with('|'))
        });
        self.rules.push(Rule { allows, of });
    }
}

impl std::fmt::Display for Commands {
    /// As rules that come to the same.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_open { "+@all" } else { "-@all" })?;
        for Rule { allows, of } in &self.rules {
            write!(f, " {}{of}", if *allows { '+' } else { '-' })?;
        }
        Ok(())
    }
}

/// By its name without the `@`, in whatever letters.
pub(crate) fn category_named(name: &[u8]) -> Option<Categories> {
    let mut all = categories();
    let found = all.find(|(_, known)| name.eq_ignore_ascii_case(known.as_bytes()));
    found.map(|(category, _)| category)
}

/// All categories with their names, without the `@`.
pub(crate) fn categories() -> impl Iterator<Item = (Categories, &'static str)> {
    let all = Categories::EACH.iter();
    all.map(|(category, name)| (*category, name.trim_start_matches('@')))
}
