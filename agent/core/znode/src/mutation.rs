//! Deliberate mistakes in the tree of nodes.

synod_mutation::mutations! {
    "znode.create.ignores_parent_acl" => "a child is created without the right to it on its parent",
    "znode.create.repeats_number" => "the number of a sequential name is that of the children there are",
    "znode.delete.ignores_version" => "a node of another version is deleted",
    "znode.delete.forgets_count" => "a deletion does not change the parent's pzxid",
    "znode.set.ignores_version" => "data of another version is overwritten",
    "znode.multi.keeps_half" => "a transaction that fails keeps what came before its failure",
    "znode.session.old_expiry" => "the expiry that an old leader proposed is accepted",
    "znode.session.expires_attached" => "a session expires although it was attached again since",
    "znode.session.no_grace" => "a new leader begins with all sessions at their end",
    "znode.session.no_pause_grace" => "the time in which the leader itself stood still counts against the sessions",
    "znode.session.ping_ignored" => "a sign of life is acknowledged and prolongs nothing",
    "znode.session.keeps_ephemerals" => "the last ephemeral node of a session outlives it",
    "znode.session.moved_accepted" => "a request by way of an older attachment is accepted",
    "znode.zxid.repeats" => "a refused request does not take a zxid",
    "znode.watch.loses_deletion" => "a watch of a node that is deleted hears nothing",
    "znode.watch.fires_twice" => "a watch that fired stays",
    "znode.watch.missed_while_away" => "a watch that is set again does not hear of what happened meanwhile",
    "znode.quota.ignored" => "neither quotas nor the bound on memory are enforced",
    "znode.renewal.same_zxids" => "zxids do not jump when the state goes on in another group",
    "znode.snapshot.loses_owner" => "a snapshot restores ephemeral nodes as persistent ones",
}
