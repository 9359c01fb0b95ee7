//! Random elements.

use std::collections::HashSet;

use crate::command::Error;
use crate::number::integer;
use crate::random::Random;
use crate::table::{Place, Table};

/// An element, and its value if it has one.
pub(crate) type Element<'a> = (&'a [u8], &'a [u8]);

/// Elements, of which random ones are taken.
pub(crate) enum Source<'a> {
    /// These.
    All(Vec<Element<'a>>),
    /// All of a table.
    Table(&'a Table),
}

impl<'a> Source<'a> {
    const NONE: Self = Self::All(Vec::new());

    /// One of them; all are about as probable.
    pub(crate) fn one(&self, random: &mut Random) -> Option<Element<'a>> {
        match self {
            Self::All(all) if all.is_empty() => None,
            Self::All(all) => Some(all[random.below(all.len())]),
            Self::Table(table) => table.random(|| random.next()).map(|at| table.entry(at)),
        }
    }

    /// So many different ones, or all, if there are fewer. It takes as long as they are many.
    pub(crate) fn different(self, count: usize, random: &mut Random) -> Vec<Element<'a>> {
        match self {
            Self::All(all) => choose(all, count, random),
            Self::Table(table) => {
                let places = places(table, count, random);
                places.into_iter().map(|at| table.entry(at)).collect()
            }
        }
    }
}

/// How many random elements somebody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    /// So many, or all, each once.
    Different(usize),
    /// So many, some of them more than once.
    Any(usize),
}

/// Nobody is answered more elements than that of a set that may have but one.
const ANY_MAX: usize = 1 << 24;

impl Count {
    /// The number that says it.
    pub(crate) fn number(text: &[u8]) -> Result<i64, Error> {
        match integer(text).ok_or(Error::NotInteger)? {
            i64::MIN => Err(Error::text(
                "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
            )),
            number => Ok(number),
        }
    }

    /// A negative number says that elements may come more than once.
    pub(crate) fn of(number: i64) -> Self {
        let count = usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX);
        if number < 0 {
            Self::Any(count)
        } else {
            Self::Different(count)
        }
    }

    /// How many there are, and they.
    ///
    /// # Errors
    /// If they are more than anybody is answered.
    pub(crate) fn take<'a>(
        self,
        source: Source<'a>,
        random: &mut Random,
    ) -> Result<(usize, impl Iterator<Item = Element<'a>>), Error> {
        let (different, any, count) = match self {
            Self::Different(count) => (source.different(count, random), Source::NONE, 0),
            Self::Any(count) if count > ANY_MAX => {
                return Err(Error::text("ERR value is out of range"));
            }
            Self::Any(count) => (Vec::new(), source, count),
        };
        let length = different.len() + count;
        let any = (0..count).filter_map(move |_| any.one(random));
        Ok((length, different.into_iter().chain(any)))
    }
}

fn choose<T>(mut all: Vec<T>, count: usize, random: &mut Random) -> Vec<T> {
    if count < all.len() {
        for place in 0..count {
            let other = place + random.below(all.len() - place);
            all.swap(place, other);
        }
        all.truncate(count);
    }
    all
}

fn places(table: &Table, count: usize, random: &mut Random) -> Vec<Place> {
    /// Of fewer than one in so many most of those that are met are not known yet.
    const FEW: usize = 3;
    if count.saturating_mul(FEW) >= table.len() {
        let all = table.iter().map(|(at, ..)| at).collect();
        return choose(all, count, random);
    }
    let mut known = HashSet::with_capacity(count);
    let mut places = Vec::with_capacity(count);
    while places.len() < count {
        let at = table.random(|| random.next()).expect("it is not empty");
        if known.insert(at) {
            places.push(at);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    fn table(elements: u32) -> Table {
        let mut table = Table::default();
        for number in 0..elements {
            let name = number.to_le_bytes();
            table.insert(xxh3_64(&name), &name, 0);
            while table.grow(xxh3_64) {}
        }
        table
    }

    /// Whoever is taken is taken about as often as any other, whatever the way.
    #[test]
    fn all_are_about_as_probable() {
        for (elements, count, times) in [
            (10, 3, 2000),
            (700, 300, 200),
            (700, 10, 5000),
            (1000, 1, 60_000),
        ] {
            let table = table(elements);
            let all: Vec<_> = table.iter().map(|(_, name, value)| (name, value)).collect();
            for of_table in [true, false] {
                let mut random = Random::new(7);
                let mut met = HashMap::new();
                for _ in 0..times {
                    let source = if of_table {
                        Source::Table(&table)
                    } else {
                        Source::All(all.clone())
                    };
                    let taken = source.different(count, &mut random);
                    let names: HashSet<_> = taken.iter().map(|(name, _)| *name).collect();
                    assert_eq!(names.len(), count);
                    for name in names {
                        *met.entry(name).or_insert(0) += 1;
                    }
                }
                let expected = times * count / elements as usize;
                let range = expected / 2..=expected * 2;
                assert_eq!(met.len(), elements as usize);
                for times in met.values() {
                    assert!(range.contains(times), "{times} of {expected}");
                }
            }
        }
    }

    #[test]
    fn no_more_are_taken_than_there_are() {
        let table = table(100);
        for count in [0, 99, 100, 101, usize::MAX] {
            let taken = Source::Table(&table).different(count, &mut Random::new(1));
            assert_eq!(taken.len(), count.min(100));
        }
        assert!(Source::All(Vec::new()).one(&mut Random::new(1)).is_none());
    }
}
