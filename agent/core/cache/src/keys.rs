//! The keys that a command can reach.

use crate::collection::{Collection, Limits};
use crate::keyspace::{Found, Kind};
use crate::notice::Class;
use crate::partition::{Edit, Expiry, Partition, WrongKind};
use crate::random::Random;
use crate::slot::slot;
use crate::string::StringView;
use crate::whole::Unfit;

/// The keys of one database, in one partition, or in all of them.
///
/// Every key that a command names is here: who calls it has the partitions of its keys.
pub struct Keys<'a> {
    /// All partitions in their order, or one alone.
    partitions: &'a mut [&'a mut Partition],
    database: usize,
    /// The partition that was asked for last.
    last: usize,
}

impl<'a> Keys<'a> {
    /// Of one partition, or of all of them in their order.
    pub const fn new(partitions: &'a mut [&'a mut Partition], database: usize) -> Self {
        Self {
            partitions,
            database,
            last: 0,
        }
    }

    /// The database of the command.
    pub(crate) const fn database(&self) -> usize {
        self.database
    }

    /// The partition of a key.
    #[inline]
    pub(crate) fn partition(&mut self, key: &[u8]) -> &mut Partition {
        let index = self.index(key);
        if index != self.last {
            self.go_over(index);
        }
        self.partitions[index]
    }

    /// What is told of this partition from now on is told after what was told of the last one.
    fn go_over(&mut self, index: usize) {
        let order = self.partitions[self.last].order();
        self.partitions[index].go_on_from(order);
        self.last = index;
    }

    /// Whether keys that are not there are told, as of commands that read. Where a command that writes looks for keys as one that
    /// reads does in Redis, it says so.
    pub(crate) fn set_reads(&mut self, reads: bool) {
        for partition in self.partitions.iter_mut() {
            partition.set_reads(reads);
        }
    }

    /// Removes a key to put something in its place, which is told as a new one only if it was not there; whether it was.
    pub(crate) fn make_room(&mut self, key: &[u8]) -> bool {
        self.set_reads(false);
        let was_there = self.remove(key);
        self.partition(key).set_replaces(was_there);
        was_there
    }

    #[inline]
    fn index(&self, key: &[u8]) -> usize {
        match self.partitions.len() {
            1 => 0,
            count => partition_of(key, count),
        }
    }

    /// By what collections are shown and hashed that are made meanwhile.
    pub(crate) fn limits(&self) -> &Limits {
        &self.partitions[0].limits
    }

    /// Random numbers for what is done with a key.
    pub(crate) fn random(&mut self, key: &[u8]) -> Random {
        Random::new(self.partition(key).random.next())
    }

    /// How many partitions there are.
    pub(crate) const fn partition_count(&self) -> usize {
        self.partitions.len()
    }

    /// A partition by its number.
    pub(crate) fn partition_at(&mut self, index: usize) -> &mut Partition {
        self.partitions[index]
    }

    /// All partitions.
    pub(crate) fn partitions(&mut self) -> impl Iterator<Item = &mut Partition> {
        self.partitions.iter_mut().map(|partition| &mut **partition)
    }

    /// Whether what is looked for from now on is counted as found or missed.
    #[inline]
    pub(crate) fn count_looks(&mut self, counts: bool) {
        self.partitions().for_each(|it| it.count_looks(counts));
    }

    /// What time it is, in Unix milliseconds: the same for all of a command.
    pub(crate) fn now(&self) -> i64 {
        self.partitions[0].now()
    }

    /// A key that has not expired.
    pub(crate) fn find(&mut self, key: &[u8]) -> Option<Found> {
        let database = self.database;
        self.partition(key).find(database, key)
    }

    /// A key that has not expired, for those who do not use it, but look at it.
    pub(crate) fn look(&mut self, key: &[u8]) -> Option<Found> {
        let database = self.database;
        self.partition(key).look(database, key)
    }

    /// Does something with the keys of another database.
    pub(crate) fn within<R>(&mut self, database: usize, work: impl FnOnce(&mut Self) -> R) -> R {
        let own = std::mem::replace(&mut self.database, database);
        let result = work(self);
        self.database = own;
        result
    }

    /// Puts the value of a key, which is there, with its expiry under another one of a database, whatever was there. The first
    /// one goes, or keeps it.
    pub(crate) fn carry(&mut self, key: &[u8], to: (usize, &[u8]), keeps: bool) {
        let database = self.database;
        if self.index(key) == self.index(to.1) {
            self.partition(key).carry(database, key, to, keeps);
            return;
        }
        let from = self.partition(key);
        let (expiry, value) = from.whole(database, key);
        if !keeps {
            from.remove(database, key);
        }
        self.partition(to.1).put_own_whole(to, expiry, &value);
    }

    /// Puts a value under a key, whatever was there: a type and its body, as `DUMP` writes them.
    pub(crate) fn restore(
        &mut self,
        key: &[u8],
        expiry: Option<i64>,
        body: &[u8],
    ) -> Result<(), Unfit> {
        let database = self.database;
        self.partition(key).restore(database, key, expiry, body)
    }

    /// What is under a key.
    pub(crate) fn kind(&mut self, key: &[u8]) -> Option<Kind> {
        self.find(key).map(|found| found.header.kind)
    }

    /// The string under a key.
    pub(crate) fn string(&mut self, key: &[u8]) -> Result<Option<&[u8]>, WrongKind> {
        let database = self.database;
        self.partition(key).string(database, key)
    }

    /// The string under a key, so that a reply can share it.
    #[inline]
    pub(crate) fn string_view(&mut self, key: &[u8]) -> Result<Option<StringView<'_>>, WrongKind> {
        let database = self.database;
        self.partition(key).string_view(database, key)
    }

    /// Puts a string under a key, whatever was there: these parts, one after another.
    pub(crate) fn put_string(&mut self, key: &[u8], parts: &[&[u8]], expiry: Expiry) {
        let database = self.database;
        self.partition(key).put_string(database, key, parts, expiry);
    }

    /// As [`Self::put_string`], and from then on it is shown as one of the encodings of [`crate::string`].
    pub(crate) fn put_string_shown(
        &mut self,
        key: &[u8],
        parts: &[&[u8]],
        expiry: Expiry,
        shown: u8,
    ) {
        let database = self.database;
        self.partition(key)
            .put_string_shown(database, key, parts, expiry, shown);
    }

    /// Of the bytes of the string under a key `removed` from `start` on, which are there, give way to `with`. It is a new string
    /// if there is none, and longer by zeros if it ends before `start`.
    pub(crate) fn splice_string(&mut self, key: &[u8], start: usize, removed: usize, with: &[u8]) {
        let database = self.database;
        self.partition(key)
            .splice_string(database, key, start, removed, with);
    }

    /// The string under a key, which is there, is shown from then on as if it had been changed in place.
    pub(crate) fn show_raw(&mut self, key: &[u8]) {
        let database = self.database;
        self.partition(key).show_raw(database, key);
    }

    /// Removes a key; whether it was there, and had not expired.
    pub(crate) fn remove(&mut self, key: &[u8]) -> bool {
        let database = self.database;
        let partition = self.partition(key);
        partition.find(database, key).is_some() && partition.remove(database, key)
    }

    /// Sets when a key expires; whether it is there.
    pub(crate) fn expire_at(&mut self, key: &[u8], expiry: Option<i64>) -> bool {
        let database = self.database;
        let partition = self.partition(key);
        partition.find(database, key).is_some() && partition.expire_at(database, key, expiry)
    }

    /// How the collection under a key is read.
    pub(crate) fn view<C: Collection>(
        &mut self,
        key: &[u8],
    ) -> Result<Option<C::View<'_>>, WrongKind> {
        let database = self.database;
        self.partition(key).view::<C>(database, key)
    }

    /// As [`Self::view`], but several at once: what expired is hidden, and stays until [`Self::find`] comes to it.
    pub(crate) fn peek<C: Collection>(&self, key: &[u8]) -> Result<Option<C::View<'_>>, WrongKind> {
        self.partitions[self.index(key)].peek::<C>(self.database, key)
    }

    /// Changes the collection under a key, or a new one. One that is left empty goes, and its key.
    pub(crate) fn edit<C: Collection, R>(
        &mut self,
        key: &[u8],
        change: impl FnOnce(&mut Edit<'_, C>) -> R,
    ) -> Result<R, WrongKind> {
        let database = self.database;
        self.partition(key).edit(database, key, change)
    }

    /// Those who subscribed to it are told what was done to a key.
    pub(crate) fn notify(&mut self, class: Class, event: &'static str, key: &[u8]) {
        let database = self.database;
        self.partition(key).notify(database, class, event, key);
    }
}

/// Of so many partitions, that of a key.
#[must_use]
pub fn partition_of(key: &[u8], partitions: usize) -> usize {
    usize::from(slot(key)) % partitions
}
