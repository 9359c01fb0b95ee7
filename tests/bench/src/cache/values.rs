//! Values of all types, incompressible, as commands that make them.

/// What is under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    String,
    Expiring,
    Integer,
    Hash,
    List,
    Set,
    Integers,
    SortedSet,
    Stream,
}

/// Keys that are alike: what is under each, how many elements it has, and bytes of each of those.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) kind: Kind,
    pub(crate) count: usize,
    pub(crate) size: usize,
}

/// So many elements come with a command.
const AT_ONCE: usize = 10;
/// Of a key.
const KEY_BYTES: usize = 10;
/// Of a hash's field.
const FIELD_BYTES: usize = 8;
/// Of a score, a time in milliseconds, as a number.
const SCORE_BYTES: usize = 8;
/// When strings expire: long after all is measured.
const EXPIRY_MS: &str = "86400000";

impl Case {
    /// All that are measured.
    pub(crate) fn all() -> Vec<Self> {
        let string = |kind| [16, 64, 256].map(|size| (kind, 1, size));
        let mut all: Vec<_> = [string(Kind::String), string(Kind::Expiring)].concat();
        all.push((Kind::Integer, 1, 8));
        for kind in [
            Kind::Hash,
            Kind::List,
            Kind::Set,
            Kind::SortedSet,
            Kind::Stream,
        ] {
            for count in [5, 50, 500, 5000] {
                all.extend([8, 32, 100].map(|size| (kind, count, size)));
            }
        }
        all.extend([5, 50, 500, 5000].map(|count| (Kind::Integers, count, 8)));
        let case = |(kind, count, size)| Self { kind, count, size };
        all.into_iter().map(case).collect()
    }

    /// What it is called.
    pub(crate) fn name(&self) -> String {
        let Self { count, size, .. } = self;
        match self.kind {
            Kind::String => format!("string of {size}"),
            Kind::Expiring => format!("string of {size}, expires"),
            Kind::Integer => "string, a whole number of 8 digits".to_owned(),
            Kind::Hash => format!("hash, {count} of {FIELD_BYTES} and {size}"),
            Kind::List => format!("list, {count} of {size}"),
            Kind::Set => format!("set, {count} of {size}"),
            Kind::Integers => format!("set, {count} whole numbers of 8 digits"),
            Kind::SortedSet => format!("sorted set, {count} of {size}"),
            Kind::Stream => format!("stream, {count} of {size}"),
        }
    }

    /// Bytes of a key and of what is under it.
    pub(crate) const fn own_bytes(&self) -> usize {
        let element = match self.kind {
            Kind::Hash => FIELD_BYTES + self.size,
            Kind::SortedSet => SCORE_BYTES + self.size,
            _ => self.size,
        };
        KEY_BYTES + self.count * element
    }

    /// The commands that make a key.
    pub(crate) fn commands(&self, key: usize, random: &mut Random) -> Vec<Vec<Vec<u8>>> {
        let key = format!("key:{key:06}").into_bytes();
        let whole = |name: &str| vec![name.as_bytes().to_vec(), key.clone()];
        let words = |name: &str, rest: &[&[u8]]| {
            let mut words = whole(name);
            words.extend(rest.iter().map(|word| word.to_vec()));
            vec![words]
        };
        let name = match self.kind {
            Kind::String => return words("set", &[&random.bytes(self.size)]),
            Kind::Expiring => {
                let value = random.bytes(self.size);
                return words("set", &[&value, b"px", EXPIRY_MS.as_bytes()]);
            }
            Kind::Integer => return words("set", &[&random.digits()]),
            Kind::Stream => {
                let one = |_| words("xadd", &[b"*", b"f", &random.bytes(self.size)]);
                return (0..self.count).flat_map(one).collect();
            }
            Kind::Hash => "hset",
            Kind::List => "rpush",
            Kind::Set | Kind::Integers => "sadd",
            Kind::SortedSet => "zadd",
        };
        let mut commands = Vec::new();
        for from in (0..self.count).step_by(AT_ONCE) {
            let mut words = whole(name);
            for _ in from..self.count.min(from + AT_ONCE) {
                words.extend(self.element(random));
            }
            commands.push(words);
        }
        commands
    }

    fn element(&self, random: &mut Random) -> Vec<Vec<u8>> {
        match self.kind {
            Kind::Hash => vec![random.bytes(FIELD_BYTES), random.bytes(self.size)],
            Kind::SortedSet => vec![random.time(), random.bytes(self.size)],
            Kind::Integers => vec![random.digits()],
            _ => vec![random.bytes(self.size)],
        }
    }
}

/// Bytes in which there is no order (xorshift64*, Vigna 2016).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let eights = (0..count.div_ceil(8)).flat_map(|_| self.next().to_le_bytes());
        eights.take(count).collect()
    }

    fn digits(&mut self) -> Vec<u8> {
        (10_000_000 + self.next() % 90_000_000).to_string().into()
    }

    fn time(&mut self) -> Vec<u8> {
        (1_700_000_000_000 + self.next() % 100_000_000_000)
            .to_string()
            .into()
    }
}
