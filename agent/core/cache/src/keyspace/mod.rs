//! The keys of one database in one partition.

mod due;
mod entry;
mod expiries;
mod weights;

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_64_with_seed;

pub(crate) use due::Due;
pub(crate) use entry::Header;
pub use entry::Kind;
pub(crate) use expiries::Expiries;

use crate::collection::{Collection, Kept, Object};
use crate::hash;
use crate::shelves::Shelves;
use crate::string::{RAW, SHARED_BYTES_MIN, StringView};
use crate::table::{Place, Table};
use weights::Weights;

/// A key that was found, until the table is changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) at: Place,
    pub(crate) header: Header,
}

/// Values that are kept apart, by number; few of them to a shelf, since all on it are copied when one is changed that was pinned.
type Objects = Shelves<Option<Object>, 16>;

/// Keys and their values: header and value in the [`Table`], values that are too large for that by number.
///
/// Invariants: 1. an object belongs to exactly one key, whose header says that it is large; 2. `expiring` is how many keys have an
/// expiry; 3. a key's bucket is noted in `expiries` no later than the key, or a field of its hash, expires.
#[derive(Debug)]
pub(crate) struct Keyspace {
    table: Table,
    objects: Objects,
    weights: Weights,
    free: Vec<u32>,
    /// Objects that are copied for little only when they are prepared for it: all that there are, perhaps some that were.
    huge: HashSet<u32>,
    expiries: Expiries,
    expiring: usize,
    seed: u64,
}

impl Keyspace {
    /// Empty. Keys are hashed with this seed, which nobody who chooses keys may know.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            table: Table::default(),
            objects: Objects::default(),
            weights: Weights::default(),
            free: Vec::new(),
            huge: HashSet::new(),
            expiries: Expiries::default(),
            expiring: 0,
            seed,
        }
    }

    /// A copy to be read, for little: all is shared, and copied piece by piece as it is changed here.
    pub(crate) fn pin(&mut self) -> Self {
        let objects = &mut self.objects;
        self.huge.retain(|number| {
            let object = objects.get(*number as usize);
            object.as_ref().is_some_and(Object::is_huge)
        });
        for number in &self.huge {
            let object = objects.get_mut(*number as usize).as_mut();
            object.into_iter().for_each(Object::share);
        }
        Self {
            table: self.table.pin(),
            objects: self.objects.pin(),
            // Nobody asks what is read only.
            weights: Weights::default(),
            free: Vec::new(),
            huge: HashSet::new(),
            expiries: Expiries::default(),
            expiring: self.expiring,
            seed: self.seed,
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.table.len()
    }

    /// How many keys have an expiry.
    pub(crate) const fn expiring(&self) -> usize {
        self.expiring
    }

    /// Its entries, for walks.
    pub(crate) const fn table(&self) -> &Table {
        &self.table
    }

    /// Keys that have not expired, for walks.
    pub(crate) fn alive(&self, now: i64) -> impl Iterator<Item = (&[u8], Header)> {
        let entries = self.table.iter();
        let keys = entries.map(|(_, key, value)| (key, Header::split(value).0));
        keys.filter(move |(_, header)| header.expiry.is_none_or(|at| at >= now))
    }

    /// Bytes that are asked of the allocator; of large sorted sets and streams about so many, see [`Weights`].
    pub(crate) fn allocated(&self) -> usize {
        let places = self.objects.allocated() + self.free.capacity() * size_of::<u32>();
        self.table.allocated() + self.expiries.allocated() + self.weights.all() + places
    }

    /// As [`Self::allocated`], with all objects weighed anew.
    pub(crate) fn weigh(&self) -> usize {
        let objects = self.objects.iter().flatten();
        let objects: usize = objects.map(Object::allocated).sum();
        self.allocated() - self.weights.of_objects() + objects
    }

    fn hash(&self, key: &[u8]) -> u64 {
        xxh3_64_with_seed(key, self.seed)
    }

    /// Whether it expired or not.
    #[inline]
    pub(crate) fn find(&self, key: &[u8]) -> Option<Found> {
        let at = self.table.find(self.hash(key), key)?;
        let header = Header::split(self.table.value(at)).0;
        Some(Found { at, header })
    }

    /// A key is looked for soon.
    #[inline]
    pub(crate) fn announce(&self, key: &[u8]) {
        self.table.announce(self.hash(key));
    }

    /// The value, or the number of its object.
    #[inline]
    pub(crate) fn value(&self, found: &Found) -> &[u8] {
        &self.table.value(found.at)[found.header.length()..]
    }

    /// The value, which is a string's.
    #[inline]
    pub(crate) fn string(&self, found: &Found) -> StringView<'_> {
        let bytes = self.value(found);
        if bytes.len() < SHARED_BYTES_MIN {
            return StringView::new(bytes);
        }
        let shared = self.table.shared(found.at);
        StringView {
            bytes,
            shared: shared.map(|(of, start)| (of, start + found.header.length())),
        }
    }

    /// The object of a large value.
    pub(crate) fn object(&self, found: &Found) -> &Object {
        let number = self.number(found);
        self.objects
            .get(number)
            .as_ref()
            .expect("a key has its object")
    }

    /// How a collection is read.
    pub(crate) fn view<C: Collection>(&self, found: &Found) -> C::View<'_> {
        if found.header.large {
            C::view_object(self.object(found))
        } else {
            C::view_packed(self.value(found))
        }
    }

    /// Takes the object of a large value, to be changed and given back by [`Self::give_back`].
    pub(crate) fn take(&mut self, found: &Found) -> Object {
        let number = self.number(found);
        self.objects
            .get_mut(number)
            .take()
            .expect("a key has its object")
    }

    /// Gives back what was taken, and changed.
    pub(crate) fn give_back(&mut self, found: &Found, object: Object) {
        let number = self.number(found);
        self.weights.changed(number, &object);
        if let Some(at) = object.soonest() {
            self.expiries.note(found.at.bucket(), at);
        }
        if object.is_huge() {
            self.huge.insert(number as u32);
        }
        *self.objects.get_mut(number) = Some(object);
    }

    /// A copy of a value. What an object is made of is shared with it.
    pub(crate) fn copy(&self, found: &Found) -> Kept {
        if found.header.large {
            Kept::Object(self.object(found).clone())
        } else {
            Kept::Packed(self.value(found).to_vec())
        }
    }

    /// Removes a key; its value.
    pub(crate) fn take_out(&mut self, found: &Found) -> Kept {
        let kept = if found.header.large {
            Kept::Object(self.take(found))
        } else {
            Kept::Packed(self.value(found).to_vec())
        };
        self.remove(found);
        kept
    }

    /// Puts a value under a key, whatever was there.
    pub(crate) fn put_kept(&mut self, key: &[u8], header: &Header, kept: Kept) {
        match kept {
            Kept::Object(object) => self.put_object(key, header, object),
            Kept::Packed(bytes) => {
                let header = Header {
                    large: false,
                    ..*header
                };
                self.put(key, &header, &[&bytes]);
            }
        }
    }

    fn number(&self, found: &Found) -> usize {
        debug_assert!(found.header.large, "it has an object");
        let number = self.value(found).try_into().expect("four bytes");
        u32::from_le_bytes(number) as usize
    }

    /// Notes in the header when and how often it was used.
    #[inline]
    pub(crate) fn touch(&mut self, found: &Found, access: u32) {
        if found.header.access != access {
            let header = Header {
                access,
                ..found.header
            };
            header.write(self.table.value_mut(found.at));
        }
    }

    /// Changes the header, but for its expiry.
    pub(crate) fn set_header(&mut self, found: &Found, header: &Header) {
        debug_assert_eq!(header.length(), found.header.length());
        header.write(self.table.value_mut(found.at));
    }

    /// Sets when a key expires.
    pub(crate) fn set_expiry(&mut self, key: &[u8], found: &Found, expiry: Option<i64>) {
        let header = Header {
            expiry,
            ..found.header
        };
        let (before, after) = (found.header.length(), header.length());
        let hash = self.hash(key);
        let value = if before == after {
            self.table.value_mut(found.at)
        } else {
            self.table.splice(found.at, hash, 0..before, after)
        };
        header.write(value);
        self.count_expiry(found.header.expiry, expiry);
        self.note_expiry(hash, expiry);
        self.grow();
    }

    /// Puts a value under a key, whatever was there: these parts, one after another.
    pub(crate) fn put(&mut self, key: &[u8], header: &Header, parts: &[&[u8]]) {
        let found = self.find(key);
        self.put_found(key, found, header, parts);
    }

    /// As [`Self::put`], by whom has looked what was there.
    pub(crate) fn put_found(
        &mut self,
        key: &[u8],
        found: Option<Found>,
        header: &Header,
        parts: &[&[u8]],
    ) {
        let length = header.length() + parts.iter().map(|part| part.len()).sum::<usize>();
        let hash = self.hash(key);
        let value = if let Some(found) = found {
            if found.header.large {
                self.free(&found);
            }
            self.count_expiry(found.header.expiry, header.expiry);
            let had = self.table.value(found.at).len();
            if had == length {
                self.table.value_mut(found.at)
            } else {
                self.table.splice(found.at, hash, 0..had, length)
            }
        } else {
            self.count_expiry(None, header.expiry);
            self.table.insert(hash, key, length)
        };
        header.write(value);
        let mut rest = &mut value[header.length()..];
        for part in parts {
            let (room, after) = rest.split_at_mut(part.len());
            room.copy_from_slice(part);
            rest = after;
        }
        self.note_expiry(hash, header.expiry);
        if header.kind == Kind::Hash && !header.large {
            self.note_expiry(hash, parts.first().and_then(|first| hash::soonest(first)));
        }
        self.grow();
    }

    /// Puts an object under a key, whatever was there.
    pub(crate) fn put_object(&mut self, key: &[u8], header: &Header, object: Object) {
        let header = Header {
            large: true,
            ..*header
        };
        let number = self.free.pop().unwrap_or_else(|| {
            self.objects.push(None);
            u32::try_from(self.objects.len() - 1).expect("they need more memory than there is")
        });
        let soonest = object.soonest();
        self.weights.put(number as usize, &object);
        if object.is_huge() {
            self.huge.insert(number);
        }
        *self.objects.get_mut(number as usize) = Some(object);
        self.put(key, &header, &[&number.to_le_bytes()]);
        self.note_expiry(self.hash(key), soonest);
    }

    /// Of the bytes of a string `removed` from `start` on, which are there, give way to `with`. It is longer by zeros if it ends
    /// before `start`; from then on it is shown as [`RAW`].
    pub(crate) fn splice(
        &mut self,
        key: &[u8],
        found: &Found,
        start: usize,
        removed: usize,
        with: &[u8],
    ) {
        let header = Header {
            shown: RAW,
            ..found.header
        };
        let zeros = start.saturating_sub(self.value(found).len());
        let (from, added) = (header.length() + start - zeros, zeros + with.len());
        let value = if removed == added {
            self.table.value_mut(found.at)
        } else {
            let hash = self.hash(key);
            self.table
                .splice(found.at, hash, from..from + removed, added)
        };
        header.write(value);
        let room = &mut value[from..from + added];
        room[..zeros].fill(0);
        room[zeros..].copy_from_slice(with);
        self.grow();
    }

    /// Removes a key with its value.
    pub(crate) fn remove(&mut self, found: &Found) {
        if found.header.large {
            self.free(found);
        }
        self.count_expiry(found.header.expiry, None);
        self.table.remove(found.at);
        while let Some(bucket) = self.table.to_join() {
            self.expiries.copy(self.table.buckets() - 1, bucket);
            self.table.shrink(|key| xxh3_64_with_seed(key, self.seed));
        }
    }

    fn free(&mut self, found: &Found) {
        let number = self.number(found);
        *self.objects.get_mut(number) = None;
        self.weights.put_nothing(number);
        self.free
            .push(u32::try_from(number).expect("it was given as one"));
    }

    const fn count_expiry(&mut self, before: Option<i64>, after: Option<i64>) {
        self.expiring = self.expiring + after.is_some() as usize - before.is_some() as usize;
    }

    fn note_expiry(&mut self, hash: u64, expiry: Option<i64>) {
        if let Some(at) = expiry {
            self.expiries.note(self.table.bucket_of(hash), at);
        }
    }

    fn grow(&mut self) {
        while let Some(bucket) = self.table.to_divide() {
            self.expiries.copy(bucket, self.table.buckets());
            self.table.grow(|key| xxh3_64_with_seed(key, self.seed));
        }
    }
}
