//! The password that clients show, where a kind has one: in the connection Secret, and in each pod as a file.
//!
//! It is made up once. One that is there stays, whoever wrote it: who wants another one writes it there, and the agents take it over.

use k8s_openapi::api::core::v1::{KeyToPath, SecretVolumeSource, Volume};

use super::plan::owned;
use super::view::Group;
use crate::action::{Action, Seen};
use crate::child::{Child, ChildKind};
use crate::mutation::mutated;
use crate::names;

/// Where it is mounted.
pub(super) const FOLDER: &str = "/etc/synod/password";
/// The file with it.
pub(in crate::kinds) const FILE: &str = "/etc/synod/password/password";
/// The volume.
pub(super) const VOLUME: &str = "password";

/// Gives the connection Secret a password if it has none.
pub(super) fn give(group: &Group) -> Option<Action> {
    let found = connection(group).filter(|_| is_wanted(group))?;
    let leaving = found.meta().deletion_timestamp.is_some();
    let stays = is_in(found) && !mutated("give-another-password");
    (!stays && !leaving).then(|| Action::GivePassword(Seen::of(found)))
}

/// Whether pods can be made: a kubelet that does not find what is to be mounted tries again later and later.
pub(super) fn is_there(group: &Group) -> bool {
    !is_wanted(group) || connection(group).is_some_and(is_in)
}

/// Whether clients show one.
pub(super) const fn is_wanted(group: &Group) -> bool {
    group.profile.variables.password.is_some()
}

fn connection(group: &Group) -> Option<&Child> {
    owned(group, ChildKind::Secret, &group.names.connection())
}

fn is_in(connection: &Child) -> bool {
    let Child::Secret(secret) = connection else {
        return false;
    };
    let data = secret.data.as_ref();
    data.is_some_and(|data| data.contains_key(names::PASSWORD))
}

/// The password alone: the rest of the Secret is for clients.
pub(super) fn volume(group: &Group) -> Option<Volume> {
    let item = KeyToPath {
        key: names::PASSWORD.to_owned(),
        path: names::PASSWORD.to_owned(),
        mode: None,
    };
    is_wanted(group).then(|| Volume {
        name: VOLUME.to_owned(),
        secret: Some(SecretVolumeSource {
            secret_name: Some(group.names.connection()),
            items: Some(vec![item]),
            ..SecretVolumeSource::default()
        }),
        ..Volume::default()
    })
}
