//! Users as clients are them: their rules may change while somebody is them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::log::Log;
use super::password::Password;
use super::user::User;

/// The name of the user that everybody is who does not say otherwise.
pub(crate) const DEFAULT: &[u8] = b"default";

/// A user by its name.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) name: Box<[u8]>,
    /// There is nothing that it may not do: most clients look no further.
    may_all: AtomicBool,
    /// It was removed; nobody may do anything as it.
    is_gone: AtomicBool,
    user: Mutex<Arc<User>>,
}

impl Account {
    fn new(name: &[u8], user: User) -> Self {
        let account = Self {
            name: name.into(),
            may_all: AtomicBool::new(false),
            is_gone: AtomicBool::new(false),
            user: Mutex::new(Arc::new(User::new())),
        };
        account.set(user);
        account
    }

    #[inline]
    pub(crate) fn may_all(&self) -> bool {
        self.may_all.load(Ordering::Relaxed)
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Acquire)
    }

    /// Its rules, as they are now.
    pub(crate) fn user(&self) -> Arc<User> {
        Arc::clone(&locked(&self.user))
    }

    fn set(&self, user: User) {
        let may_all = user.may_all();
        let mut held = locked(&self.user);
        *held = Arc::new(user);
        self.may_all.store(may_all, Ordering::Release);
    }

    fn remove(&self) {
        self.is_gone.store(true, Ordering::Release);
        self.may_all.store(false, Ordering::Release);
    }
}

/// All users, and what they were denied.
#[derive(Debug)]
pub(crate) struct Accounts {
    by_name: Mutex<BTreeMap<Box<[u8]>, Arc<Account>>>,
    default: Arc<Account>,
    log: Mutex<Log>,
}

impl Accounts {
    /// With no user but the default one, which has this password, or needs none.
    pub(crate) fn new(password: Option<Password>) -> Self {
        let mut user = User::default_one();
        user.set_password(password);
        let default = Arc::new(Account::new(DEFAULT, user));
        let by_name = BTreeMap::from([(Box::from(DEFAULT), Arc::clone(&default))]);
        Self {
            by_name: Mutex::new(by_name),
            default,
            log: Mutex::new(Log::default()),
        }
    }

    /// The user that everybody is who does not say otherwise.
    pub(crate) const fn default_one(&self) -> &Arc<Account> {
        &self.default
    }

    pub(crate) fn named(&self, name: &[u8]) -> Option<Arc<Account>> {
        locked(&self.by_name).get(name).cloned()
    }

    /// All, in the order of their names.
    pub(crate) fn all(&self) -> Vec<Arc<Account>> {
        locked(&self.by_name).values().cloned().collect()
    }

    /// The user of this name, if this password proves that one is it.
    pub(crate) fn proved(&self, name: &[u8], words: &[u8]) -> Option<Arc<Account>> {
        // Who guesses names does not see by the time it takes whether there is one.
        let password = Password::of(words);
        let account = self.named(name)?;
        account.user().is_proved_by(&password).then_some(account)
    }

    /// Changes a user, or a new one, if the change succeeds; the user, if somebody may be it already.
    ///
    /// # Errors
    /// Those of the change.
    pub(crate) fn change<E>(
        &self,
        name: &[u8],
        change: impl FnOnce(&mut User) -> Result<(), E>,
    ) -> Result<Option<Arc<Account>>, E> {
        let mut accounts = locked(&self.by_name);
        let Some(account) = accounts.get(name).cloned() else {
            let mut user = User::new();
            change(&mut user)?;
            accounts.insert(name.into(), Arc::new(Account::new(name, user)));
            return Ok(None);
        };
        let mut user = (*account.user()).clone();
        change(&mut user)?;
        account.set(user);
        Ok(Some(account))
    }

    /// Removes a user; whoever is it may do nothing any more. The default one stays.
    pub(crate) fn remove(&self, name: &[u8]) -> Option<Arc<Account>> {
        if name == DEFAULT {
            return None;
        }
        let account = locked(&self.by_name).remove(name)?;
        account.remove();
        Some(account)
    }

    /// What was denied.
    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        locked(&self.log)
    }
}

/// Nobody panics while something is half done.
fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
