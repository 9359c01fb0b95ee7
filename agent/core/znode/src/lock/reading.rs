//! Locks as people ask for them: one, or page by page, since there may be more of them, and of those who wait, than anybody should
//! be shown at once.

use super::index::{Place, Places};
use super::{Contender, Lock, Mode, Token};
use crate::path::{Key, Path};
use crate::store::Store;

/// Paths that a page looks at for each lock that it may show.
const LOOKED_AT_PER_LOCK: usize = 16;

/// Bytes of paths and names after which a page ends, and of the names of one lock's contenders.
const PAGE_BYTES_MAX: usize = 64 << 10;

/// The longest path of a lock that is told on a page.
const LOCK_PATH_BYTES_MAX: usize = 4 << 10;

/// Some of the locks, in the order of their paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockPage {
    /// The locks.
    pub locks: Vec<Lock>,
    /// Behind which path to go on; `None` at the end.
    pub next: Option<String>,
}

impl Store {
    /// The locks at or below `path` that are held, were held, or are waited for, by path, at most `max`.
    #[must_use]
    pub fn locks(&self, path: &str, max: usize) -> Vec<Lock> {
        let Ok(above) = Path::parse(path) else {
            return Vec::new();
        };
        let paths = self.lock_paths_after(None).filter(|path| above.holds(path));
        paths.take(max).map(|path| self.lock(path)).collect()
    }

    /// The same behind the path `after`, with at most `contenders_max` contenders of a lock and about as many of all. It looks at a
    /// bounded number of paths, so a page may be empty and not the last. Names are clients' to choose: a page ends early if they are
    /// long, and a lock with a path of more than 4 KiB is on none.
    #[must_use]
    pub fn lock_page(
        &self,
        path: &str,
        after: Option<&str>,
        max: usize,
        contenders_max: usize,
    ) -> LockPage {
        let mut page = LockPage::default();
        let Ok(above) = Path::parse(path) else {
            return page;
        };
        let (mut told, mut bytes) = (0, 0);
        let looked_at_max = max.max(1) * LOOKED_AT_PER_LOCK;
        let paths = self.lock_paths_after(after);
        let paths = paths.filter(|path| path.len() <= LOCK_PATH_BYTES_MAX);
        for (index, path) in paths.enumerate() {
            if above.holds(path) {
                let lock = self.lock_up_to(path, contenders_max, PAGE_BYTES_MAX);
                let contenders = lock.holders.iter().chain(&lock.waiters);
                bytes += path.len() + contenders.map(|one| one.name.len()).sum::<usize>();
                told += lock.holders.len() + lock.waiters.len();
                page.locks.push(lock);
            }
            let is_full = page.locks.len() >= max || told >= contenders_max;
            if is_full || bytes >= PAGE_BYTES_MAX || index + 1 >= looked_at_max {
                page.next = Some(path.to_owned());
                break;
            }
        }
        page
    }

    /// Paths of locks that somebody holds or held, in order, each once.
    fn lock_paths_after<'a>(&'a self, after: Option<&'a str>) -> impl Iterator<Item = &'a str> {
        let mut contended = self.derived.locks.paths_after(after).peekable();
        let released = self.state.released.since(after.unwrap_or_default());
        let mut released = released
            .map(|(path, _)| path)
            .filter(move |path| Some(*path) != after)
            .peekable();
        std::iter::from_fn(move || match (contended.peek(), released.peek()) {
            (Some(a), Some(b)) if a == b => {
                released.next();
                contended.next()
            }
            (Some(a), Some(b)) if a > b => released.next(),
            (Some(_), _) => contended.next(),
            (None, _) => released.next(),
        })
    }

    /// A lock as it is now; a free one if nothing is known of it.
    #[must_use]
    pub fn lock(&self, path: &str) -> Lock {
        self.lock_up_to(path, usize::MAX, usize::MAX)
    }

    /// The same with its first holder and the first that waits alone, however many there are.
    #[must_use]
    pub fn lock_head(&self, path: &str) -> Lock {
        let mut lock = self.lock_up_to(path, 2, usize::MAX);
        lock.holders.truncate(1);
        lock
    }

    fn lock_up_to(&self, path: &str, contenders_max: usize, names_bytes_max: usize) -> Lock {
        let places = self.derived.locks.get(path);
        let holder_count = places.map_or(0, Places::holder_count);
        let mut room = names_bytes_max;
        let mut fits = |name: &str| {
            let left = room.checked_sub(name.len());
            room = left.unwrap_or(0);
            left.is_some()
        };
        let all = || places.into_iter().flat_map(Places::iter);
        let first = all().next();
        let first = first.map(|(place, mode)| self.contender(path, place, mode));
        let told = all().take(contenders_max);
        let mut holders: Vec<_> = told
            .take_while(|(place, _)| fits(&place.name))
            .map(|(place, mode)| self.contender(path, place, mode))
            .collect();
        let waiters = holders.split_off(holder_count.min(holders.len()));
        let released = self.state.released.get(path).cloned();
        let last = released.as_ref().map_or(0, |released| released.at_ms);
        Lock {
            path: path.to_owned(),
            held_since_ms: first.map(|first| first.since_ms.max(last)),
            holders,
            holder_count,
            waiters,
            waiter_count: places.map_or(0, |places| places.len() - holder_count),
            released,
        }
    }

    fn contender(&self, lock: &str, place: &Place, mode: Mode) -> Contender {
        let path = Path::of_node(lock).join(&place.name);
        let fields = self.state.fields(&Key::of(&path));
        let fields = fields.expect("contenders are nodes");
        let token = Token {
            incarnation: self.state.incarnation.founded_ms(),
            czxid: fields.czxid,
        };
        Contender {
            name: place.name.to_string(),
            session: fields.kind.session().expect("contenders are ephemeral"),
            mode,
            since_ms: fields.ctime,
            token: (mode == Mode::Exclusive).then_some(token),
        }
    }
}
