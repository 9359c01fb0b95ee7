//! What is known of a command beside what it does: all that clients ask `COMMAND` for, and what its caller needs.
//!
//! <https://redis.io/docs/latest/develop/reference/key-specs/>, <https://redis.io/docs/latest/commands/command/>

use super::{Call, Error};

/// A set of flags, by name, in the order in which `COMMAND` shows them.
macro_rules! flags {
    ($(#[$about:meta])* $set:ident { $($flag:ident = $bit:literal $name:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $set(u32);

        #[allow(missing_docs, reason = "the names are the documentation of Redis")]
        impl $set {
            $(pub const $flag: Self = Self(1 << $bit);)*
        }

        impl $set {
            /// None.
            pub const NONE: Self = Self(0);

            /// Each with its name.
            pub const EACH: &'static [(Self, &'static str)] = &[$((Self::$flag, $name),)*];

            /// All of these.
            #[must_use]
            pub const fn of(flags: &[Self]) -> Self {
                let (mut all, mut index) = (0, 0);
                while index < flags.len() {
                    all |= flags[index].0;
                    index += 1;
                }
                Self(all)
            }

            /// Whether all of those are among these.
            #[must_use]
            pub const fn has(self, others: Self) -> bool {
                self.0 & others.0 == others.0
            }

            /// The names of those that are set.
            pub fn names(self) -> impl Iterator<Item = &'static str> {
                let each = Self::EACH.iter();
                each.filter_map(move |(flag, name)| self.has(*flag).then_some(*name))
            }
        }
    };
}

flags! {
    /// What a command does, and where it may be called.
    Traits {
        WRITE = 0 "write",
        READONLY = 1 "readonly",
        DENYOOM = 2 "denyoom",
        ADMIN = 3 "admin",
        PUBSUB = 4 "pubsub",
        NOSCRIPT = 5 "noscript",
        BLOCKING = 6 "blocking",
        LOADING = 7 "loading",
        STALE = 8 "stale",
        SKIP_MONITOR = 9 "skip_monitor",
        SKIP_SLOWLOG = 10 "skip_slowlog",
        ASKING = 11 "asking",
        FAST = 12 "fast",
        NO_AUTH = 13 "no_auth",
        MAY_REPLICATE = 14 "may_replicate",
        NO_ASYNC_LOADING = 15 "no_async_loading",
        NO_MULTI = 16 "no_multi",
        MOVABLE_KEYS = 17 "movablekeys",
        ALLOW_BUSY = 18 "allow_busy",
        NO_MANDATORY_KEYS = 19 "no_mandatory_keys",
    }
}

flags! {
    /// For whom commands are, as ACLs name them.
    Categories {
        KEYSPACE = 0 "@keyspace",
        READ = 1 "@read",
        WRITE = 2 "@write",
        SET = 3 "@set",
        SORTEDSET = 4 "@sortedset",
        LIST = 5 "@list",
        HASH = 6 "@hash",
        STRING = 7 "@string",
        BITMAP = 8 "@bitmap",
        HYPERLOGLOG = 9 "@hyperloglog",
        GEO = 10 "@geo",
        STREAM = 11 "@stream",
        PUBSUB = 12 "@pubsub",
        ADMIN = 13 "@admin",
        FAST = 14 "@fast",
        SLOW = 15 "@slow",
        BLOCKING = 16 "@blocking",
        DANGEROUS = 17 "@dangerous",
        CONNECTION = 18 "@connection",
        TRANSACTION = 19 "@transaction",
        SCRIPTING = 20 "@scripting",
    }
}

flags! {
    /// What a command does with a key.
    KeyUses {
        RO = 0 "RO",
        RW = 1 "RW",
        OW = 2 "OW",
        RM = 3 "RM",
        ACCESS = 4 "access",
        UPDATE = 5 "update",
        INSERT = 6 "insert",
        DELETE = 7 "delete",
        NOT_KEY = 8 "not_key",
        INCOMPLETE = 9 "incomplete",
        VARIABLE_FLAGS = 10 "variable_flags",
    }
}

/// Where the search for keys begins among the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// At this argument; the command's name is argument 0.
    Index(usize),
    /// Behind this word, looked for from an argument on, which is counted from the end if negative.
    Keyword(&'static str, isize),
    /// Nobody can tell.
    Unknown,
}

/// Which arguments are keys, counted from where the search begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Find {
    /// Every `step`-th up to `last`, which is counted from the end of the arguments if negative; if it is -1, `limit` of 2 says that
    /// keys are in the first half.
    Range {
        /// The last one.
        last: isize,
        /// From one to the next.
        step: usize,
        /// See above; 0 otherwise.
        limit: usize,
    },
    /// As many as argument `count` says, from `first` on.
    KeyNumber {
        /// Which argument says how many they are.
        count: usize,
        /// The first of them.
        first: usize,
        /// From one to the next.
        step: usize,
    },
    /// Nobody can tell.
    Unknown,
}

/// Some keys of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySpec {
    /// What is done with them.
    pub uses: KeyUses,
    /// Where they begin.
    pub begin: Begin,
    /// Which they are.
    pub find: Find,
    /// What `COMMAND` says of it in words.
    pub notes: Option<&'static str>,
}

impl KeySpec {
    /// The first, the last and the step, if they are at fixed places.
    const fn range(&self) -> Option<(isize, isize, isize)> {
        let (Begin::Index(first), Find::Range { last, step, .. }) = (self.begin, self.find) else {
            return None;
        };
        let first = first.cast_signed();
        let last = if last < 0 { last } else { first + last };
        Some((first, last, step.cast_signed()))
    }
}

/// Who carries a command out.
#[derive(Clone, Copy)]
pub enum Run {
    /// This function: it is about keys.
    Keys(fn(&mut Call<'_>) -> Result<(), Error>),
    /// Whoever has the connections: it is about clients, or about the server.
    Front,
    /// One of its subcommands.
    Subcommand,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Keys(_) => "Keys",
            Self::Front => "Front",
            Self::Subcommand => "Subcommand",
        })
    }
}

/// A command.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// In small letters; of a subcommand only its own.
    pub name: &'static str,
    /// How many arguments there are, the name among them; at least so many, if negative.
    pub arity: isize,
    /// What it does.
    pub flags: Traits,
    /// For whom it is, beyond what its flags say.
    pub categories: Categories,
    /// Its keys.
    pub keys: &'static [KeySpec],
    /// Since which version of Redis it is known, and to which group it belongs there.
    pub since: &'static str,
    /// As `COMMAND DOCS` groups it.
    pub group: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// What clients of a cluster may want to know of it: `COMMAND` calls that tips.
    pub tips: &'static [&'static str],
    /// Since when it is not to be used any more, and what is instead.
    pub deprecated: Option<(&'static str, &'static str)>,
    /// Whether it is for servers and those who look into them, not for who keeps data.
    pub is_for_the_system: bool,
    /// Who does it.
    pub run: Run,
    /// Its subcommands.
    pub subcommands: &'static [Self],
    /// Which one of all it is, subcommands among them, for those who keep something of each; see [`super::count`].
    pub number: usize,
}

impl Spec {
    /// A command about keys.
    #[must_use]
    pub const fn new(
        name: &'static str,
        arity: isize,
        run: fn(&mut Call<'_>) -> Result<(), Error>,
    ) -> Self {
        Self {
            name,
            arity,
            flags: Traits::NONE,
            categories: Categories::NONE,
            keys: &[],
            since: "1.0.0",
            group: "generic",
            summary: "",
            tips: &[],
            deprecated: None,
            is_for_the_system: false,
            run: Run::Keys(run),
            subcommands: &[],
            number: 0,
        }
    }

    /// A command about clients or the server.
    #[must_use]
    pub const fn front(name: &'static str, arity: isize) -> Self {
        let mut spec = Self::new(name, arity, |_| Err(Error::Syntax));
        spec.run = Run::Front;
        spec
    }

    /// A command that is but its subcommands.
    #[must_use]
    pub const fn container(name: &'static str, subcommands: &'static [Self]) -> Self {
        let mut spec = Self::front(name, -2).subcommands(subcommands);
        spec.run = Run::Subcommand;
        spec
    }

    /// With these subcommands, and something that it does itself.
    #[must_use]
    pub const fn subcommands(mut self, subcommands: &'static [Self]) -> Self {
        self.subcommands = subcommands;
        self
    }

    /// With these flags.
    #[must_use]
    pub const fn flags(mut self, flags: &[Traits]) -> Self {
        self.flags = Traits::of(flags);
        self
    }

    /// In these categories beyond those that the flags say.
    #[must_use]
    pub const fn categories(mut self, categories: &[Categories]) -> Self {
        self.categories = Categories::of(categories);
        self
    }

    /// With these keys.
    #[must_use]
    pub const fn keys(mut self, keys: &'static [KeySpec]) -> Self {
        self.keys = keys;
        self
    }

    /// With these tips.
    #[must_use]
    pub const fn tips(mut self, tips: &'static [&'static str]) -> Self {
        self.tips = tips;
        self
    }

    /// Not to be used any more since this version of Redis; what is to be used instead, in its words.
    #[must_use]
    pub const fn deprecated(mut self, since: &'static str, instead: &'static str) -> Self {
        self.deprecated = Some((since, instead));
        self
    }

    /// For servers and those who look into them.
    #[must_use]
    pub const fn for_the_system(mut self) -> Self {
        self.is_for_the_system = true;
        self
    }

    /// Of this group, known since this version of Redis, in a sentence.
    #[must_use]
    pub const fn about(
        mut self,
        group: &'static str,
        since: &'static str,
        summary: &'static str,
    ) -> Self {
        self.group = group;
        self.since = since;
        self.summary = summary;
        self
    }

    /// For whom it is, with what its flags say.
    #[must_use]
    pub const fn all_categories(&self) -> Categories {
        let read = Traits::READONLY;
        let is_script = self.categories.has(Categories::SCRIPTING);
        let mut all = self.categories.0;
        let implied = [
            (self.flags.has(Traits::WRITE), Categories::WRITE),
            (self.flags.has(read) && !is_script, Categories::READ),
            (self.flags.has(Traits::ADMIN), Categories::ADMIN),
            (self.flags.has(Traits::ADMIN), Categories::DANGEROUS),
            (self.flags.has(Traits::PUBSUB), Categories::PUBSUB),
            (self.flags.has(Traits::BLOCKING), Categories::BLOCKING),
            (self.flags.has(Traits::FAST), Categories::FAST),
            (!self.flags.has(Traits::FAST), Categories::SLOW),
        ];
        let mut index = 0;
        while index < implied.len() {
            if implied[index].0 {
                all |= implied[index].1.0;
            }
            index += 1;
        }
        Categories(all)
    }

    /// The first and the last of its keys, and how far they are from each other, for those who know of no more than one range
    /// of them: 0, if there is none. The last one is counted from the end of the arguments if negative.
    #[must_use]
    pub fn plain_range(&self) -> (isize, isize, isize) {
        let ranges = self.keys.iter().filter_map(|keys| keys.range());
        if let ([_], [only]) = (self.keys, &ranges.clone().collect::<Vec<_>>()[..]) {
            return *only;
        }
        let mut plain: Option<(isize, isize)> = None;
        for (first, last, step) in ranges {
            let goes_on = plain.is_none_or(|(_, before)| before == first - 1);
            if step == 1 && goes_on {
                plain = Some((plain.map_or(first, |(first, _)| first), last));
            }
        }
        plain.map_or((0, 0, 0), |(first, last)| (first, last, 1))
    }

    /// The key, if a command has but one, which is always at the same place.
    #[inline]
    #[must_use]
    pub fn only_key<'a>(&self, args: &[&'a [u8]]) -> Option<&'a [u8]> {
        match self.keys {
            [
                KeySpec {
                    begin: Begin::Index(first),
                    find: Find::Range { last: 0, .. },
                    ..
                },
            ] => args.get(*first).copied(),
            _ => None,
        }
    }

    /// What these arguments call, the command's name the first of them: it, or one of its subcommands.
    ///
    /// # Errors
    /// If there is no such subcommand, or the number of arguments is another one.
    pub fn called_by(&self, args: &[&[u8]]) -> Result<&Self, Error> {
        let name = match args {
            [_, name, ..] if !self.subcommands.is_empty() => name,
            _ if self.takes(args.len()) => return Ok(self),
            _ => return Err(Error::Arity(self.name)),
        };
        let mut subcommands = self.subcommands.iter();
        let found = subcommands.find(|it| name.eq_ignore_ascii_case(it.name.as_bytes()));
        let subcommand = found.ok_or_else(|| Error::subcommand(args))?;
        if !subcommand.takes(args.len()) {
            return Err(Error::SubcommandArity(self.name, subcommand.name));
        }
        Ok(subcommand)
    }

    /// Whether it can be called with so many arguments, its name among them.
    #[must_use]
    pub const fn takes(&self, arguments: usize) -> bool {
        if self.arity < 0 {
            arguments >= self.arity.unsigned_abs()
        } else {
            arguments == self.arity.unsigned_abs()
        }
    }
}

/// Keys from argument `first` to `last`, every `step`-th.
#[must_use]
pub(super) const fn range(uses: &[KeyUses], first: usize, last: isize, step: usize) -> KeySpec {
    KeySpec {
        uses: KeyUses::of(uses),
        begin: Begin::Index(first),
        find: Find::Range {
            last,
            step,
            limit: 0,
        },
        notes: None,
    }
}

/// Keys that nobody can find before the command is carried out.
#[must_use]
pub(super) const fn unknown(uses: &[KeyUses], notes: &'static str) -> KeySpec {
    KeySpec {
        uses: KeyUses::of(uses),
        begin: Begin::Unknown,
        find: Find::Unknown,
        notes: Some(notes),
    }
}
