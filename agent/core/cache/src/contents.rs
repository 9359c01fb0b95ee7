//! All that is in a partition, for comparison.

use crate::hash::Hash;
use crate::keyspace::{Header, Kind};
use crate::list::{End, List};
use crate::partition::{ITEMS, Note, Partition};
use crate::set::Set;
use crate::sorted_set::SortedSet;
use crate::stream::Stream;

/// A key with what is under it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Content {
    /// In which database.
    pub database: usize,
    /// The key.
    pub key: Vec<u8>,
    /// When it expires, in Unix milliseconds.
    pub expiry: Option<i64>,
    /// What its value is.
    pub kind: Kind,
    /// As which of the encodings of Redis it is shown.
    pub shown: u8,
    /// What the value is made of, in an order of its own.
    pub parts: Vec<Vec<u8>>,
}

impl Partition {
    /// All keys, in order, those that have expired among them.
    ///
    /// # Panics
    /// If what is kept is damaged.
    #[must_use]
    pub fn contents(&mut self) -> Vec<Content> {
        let mut contents = Vec::new();
        for database in 0..crate::partition::DATABASES {
            let entries = self.table(database).iter();
            let keys: Vec<_> = entries
                .map(|(_, key, value)| (key.to_vec(), Header::split(value).0))
                .collect();
            for (key, header) in keys {
                let mut parts = self.parts(database, &key, header.kind);
                let note = self.note(&key);
                if database == ITEMS && note != Note::default() {
                    parts.push(format!("{note:?}").into_bytes());
                }
                contents.push(Content {
                    database,
                    key,
                    expiry: header.expiry,
                    kind: header.kind,
                    shown: header.shown,
                    parts,
                });
            }
        }
        contents.sort();
        contents
    }

    fn parts(&mut self, database: usize, key: &[u8], kind: Kind) -> Vec<Vec<u8>> {
        let keyspace = self.keyspace(database);
        let found = keyspace.find(key).expect("it is there");
        match kind {
            Kind::String => vec![keyspace.value(&found).to_vec()],
            Kind::List => {
                let list = keyspace.view::<List>(&found).run_from(End::Head);
                list.map(|element| element.bytes().to_vec()).collect()
            }
            Kind::Hash => {
                let hash = keyspace.view::<Hash>(&found);
                let pairs = hash.iter();
                let mut parts: Vec<_> = pairs
                    .map(|(field, value)| {
                        let expiry = hash.entry(field).and_then(|(_, expiry)| expiry);
                        let until = expiry.map(|at| format!(" until {at}")).unwrap_or_default();
                        [field, b"=", value, until.as_bytes()].concat()
                    })
                    .collect();
                parts.sort();
                parts
            }
            Kind::Set => {
                let set = keyspace.view::<Set>(&found);
                let mut parts: Vec<_> = set.iter().map(<[u8]>::to_vec).collect();
                parts.sort();
                parts
            }
            Kind::Stream => keyspace.view::<Stream>(&found).parts(),
            Kind::SortedSet => {
                let elements = keyspace.view::<SortedSet>(&found).iter();
                let part =
                    |score: f64, member| [score.to_string().as_bytes(), b"=", member].concat();
                elements.map(|it| part(it.score(), it.member)).collect()
            }
        }
    }
}
