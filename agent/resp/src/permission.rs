//! Whether a client may do what it asks for.

use std::sync::Arc;

use synod_cache::command::{Error, KeyUses, Spec, Traits};

use crate::Shared;
use crate::acl::{Account, Called, Context, Denied, Event, Reason};
use crate::front;
use crate::session::Session;

/// No more of a key, a channel or a user's name is logged.
const LOGGED_BYTES_MAX: usize = 4096;

impl Session {
    /// Whether it need not be looked at what it calls.
    #[inline]
    pub(crate) fn may_all(&self) -> bool {
        self.is_known && self.account.may_all()
    }

    /// Whether it has to say who it is before it does anything else.
    #[inline]
    pub(crate) fn has_to_prove(&self, shared: &Shared) -> bool {
        !self.is_known && !shared.accounts.default_one().user().is_free()
    }

    /// From now on it is this user.
    pub(crate) fn become_user(&mut self, account: Arc<Account>, is_known: bool) {
        self.client.known().account = Arc::clone(&account);
        self.account = account;
        self.is_known = is_known;
    }

    /// It is whom it is taken for when it comes.
    pub(crate) fn become_default(&mut self, shared: &Shared) {
        let default = shared.accounts.default_one();
        self.become_user(Arc::clone(default), default.user().is_free());
    }

    /// Lets a call through, or tells why not. What is denied is logged.
    ///
    /// # Errors
    /// If its user is not known, or may not do that.
    #[cold]
    pub(crate) fn permit(
        &mut self,
        shared: &Shared,
        now: i64,
        called: Called,
        args: &[&[u8]],
    ) -> Result<(), Error> {
        if self.account.is_gone() {
            self.ends = true;
            return Err(NO_AUTH);
        }
        if self.has_to_prove(shared) && !called.spec.flags.has(Traits::NO_AUTH) {
            return Err(NO_AUTH);
        }
        let context = if self.transaction.is_some() {
            Context::Multi
        } else {
            Context::TopLevel
        };
        self.allow(shared, now, context, called, args)
            .map_err(|denied| self.refusal(denied, called))
    }

    /// Lets a call that was queued through, or tells why not.
    ///
    /// # Errors
    /// If its user may not do that any more.
    pub(crate) fn permit_queued(
        &mut self,
        shared: &Shared,
        now: i64,
        args: &[&[u8]],
    ) -> Result<(), Error> {
        if self.may_all() {
            return Ok(());
        }
        let Some(called) = Called::by_args(args) else {
            return Err(front::unknown(args));
        };
        let allowed = self.allow(shared, now, Context::Multi, called, args);
        allowed.map_err(|denied| {
            let reason = match denied {
                Denied::Command => "no permission to execute the command or subcommand",
                Denied::Key(_) => "no permission to touch the specified keys",
                Denied::Channel(_) => {
                    "no permission to access one of the channels used as arguments to the command"
                }
            };
            let text = format!(
                "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: {reason}"
            );
            Error::Other(text.into())
        })
    }

    /// Whether its user may do that. What it may not is logged.
    ///
    /// # Errors
    /// If it may not.
    pub(crate) fn allow(
        &self,
        shared: &Shared,
        now: i64,
        context: Context,
        called: Called,
        args: &[&[u8]],
    ) -> Result<(), Denied> {
        let denied = match self.account.user().check(called, args) {
            Ok(()) => return Ok(()),
            Err(denied) => denied,
        };
        let name = called.full_name();
        let (reason, object) = match denied {
            Denied::Command => (Reason::Command, name.as_bytes()),
            Denied::Key(index) => (Reason::Key, args[index]),
            Denied::Channel(index) => (Reason::Channel, args[index]),
        };
        self.log(shared, now, (reason, context), object, &self.account.name);
        Err(denied)
    }

    /// Logs what is denied to a user.
    pub(crate) fn log(
        &self,
        shared: &Shared,
        now: i64,
        (reason, context): (Reason, Context),
        object: &[u8],
        user: &[u8],
    ) {
        self.note(now);
        let shown = |bytes: &[u8]| bytes[..bytes.len().min(LOGGED_BYTES_MAX)].into();
        let event = Event {
            reason,
            context,
            object: shown(object),
            user: shown(user),
            client: self.client.line(now),
        };
        shared.accounts.log().note(event, now);
    }

    /// Why it is told that it may not do that.
    pub(crate) fn refusal(&self, denied: Denied, called: Called) -> Error {
        match denied {
            Denied::Command => {
                let name = String::from_utf8_lossy(&self.account.name);
                let command = called.full_name();
                Error::Other(
                    format!("NOPERM User {name} has no permissions to run the '{command}' command")
                        .into(),
                )
            }
            Denied::Key(_) => Error::text("NOPERM No permissions to access a key"),
            Denied::Channel(_) => Error::text("NOPERM No permissions to access a channel"),
        }
    }

    /// Whether a command may read keys that it does not name: those that a pattern of `SORT` comes to.
    pub(crate) fn may_read_any(&self, spec: &Spec, args: &[&[u8]]) -> bool {
        if self.may_all() || !matches!(spec.name, "sort" | "sort_ro") {
            return true;
        }
        let user = self.account.user();
        let called = Called::by_args(args);
        called.is_some_and(|called| user.may_with_any_key(called, args, KeyUses::ACCESS))
    }
}

const NO_AUTH: Error = Error::text("NOAUTH Authentication required.");
