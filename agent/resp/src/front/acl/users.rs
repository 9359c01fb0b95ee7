//! `ACL WHOAMI`, `ACL USERS`, `ACL LIST`, `ACL GETUSER username`

use synod_cache::reply::Reply;

use crate::acl::Selector;
use crate::front::FrontCall;

pub(super) fn whoami(call: &mut FrontCall<'_>) {
    let session = &mut *call.session;
    session.reply.bulk(&session.account.name);
}

pub(super) fn names(call: &mut FrontCall<'_>) {
    let accounts = call.shared.accounts.all();
    call.session.reply.array(accounts.len());
    for account in accounts {
        call.session.reply.bulk(&account.name);
    }
}

/// As lines that a file of users would have.
pub(super) fn list(call: &mut FrontCall<'_>) {
    let accounts = call.shared.accounts.all();
    call.session.reply.array(accounts.len());
    for account in accounts {
        let mut line = b"user ".to_vec();
        line.extend_from_slice(&account.name);
        line.push(b' ');
        line.extend(account.user().to_string().bytes());
        call.session.reply.bulk(&line);
    }
}

pub(super) fn get(call: &mut FrontCall<'_>) {
    let account = call.shared.accounts.named(call.args[2]);
    let reply = &mut call.session.reply;
    let Some(account) = account else {
        return reply.null();
    };
    let user = account.user();
    reply.map(6);
    reply.bulk(b"flags");
    let flags = user.flags();
    reply.set(flags.len());
    for flag in flags {
        reply.bulk(flag.as_bytes());
    }
    reply.bulk(b"passwords");
    let passwords = user.passwords();
    reply.array(passwords.len());
    for hash in passwords {
        reply.bulk(hash.as_bytes());
    }
    fields(reply, user.root());
    reply.bulk(b"selectors");
    reply.array(user.others().len());
    for selector in user.others() {
        reply.map(3);
        fields(reply, selector);
    }
}

fn fields(reply: &mut Reply, selector: &Selector) {
    for (name, rules) in [
        ("commands", selector.commands.to_string()),
        ("keys", selector.keys_text()),
        ("channels", selector.channels_text()),
    ] {
        reply.bulk(name.as_bytes());
        reply.bulk(rules.as_bytes());
    }
}
