//! Commands for databases as wholes.

use super::Error;
use super::spec::{Categories, Spec, Traits};
use crate::commands::{dbsize, flushall, flushdb, swapdb};
use crate::number::integer;
use crate::partition::DATABASES;

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::new("dbsize", 1, dbsize::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::KEYSPACE])
        .about("server", "1.0.0", "How many keys are in the database."),
    Spec::new("flushall", -1, flushall::run)
        .flags(&[Traits::WRITE])
        .categories(&[Categories::KEYSPACE, Categories::DANGEROUS])
        .about("server", "1.0.0", "Removes all keys of all databases."),
    Spec::new("flushdb", -1, flushdb::run)
        .flags(&[Traits::WRITE])
        .categories(&[Categories::KEYSPACE, Categories::DANGEROUS])
        .about("server", "1.0.0", "Removes all keys of the database."),
    Spec::new("swapdb", 3, swapdb::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::KEYSPACE, Categories::DANGEROUS])
        .about("server", "4.0.0", "Lets two databases change their keys."),
];

/// A database as commands name it.
///
/// # Errors
/// If it is no number, or that of none.
pub fn database_number(text: &[u8]) -> Result<usize, Error> {
    let number = integer(text).ok_or(Error::NotInteger)?;
    let number = i32::try_from(number).map_err(|_| {
        Error::text("ERR value is out of range, value must between -2147483648 and 2147483647")
    })?;
    let number = usize::try_from(number).ok();
    let known = number.filter(|number| *number < DATABASES);
    known.ok_or(Error::text("ERR DB index is out of range"))
}
