//! Deliberate mistakes in ZooKeeper's front end.

synod_mutation::mutations! {
    "agent.desk.reply_before_event" => "the answer to a write comes before the events of what it changed",
    "agent.desk.snapshot_unnoticed" => "clients stay though the state was replaced by a snapshot, so their watches miss what it brought",
    "agent.outbox.nothing_held" => "while an answer is worked out beside the loop, what happens later is told before it",
    "agent.pipeline.overtakes" => "a read does not wait for the writes that were asked before it",
    "agent.pipeline.goes_on_early" => "who was answered goes on before others are, who so hear of later changes before their answers",
    "agent.pipeline.sync_at_once" => "sync is answered without waiting for what was decided before it",
    "agent.pipeline.unconfirmed" => "where reads are linearizable, one behind another request is served as the store happens to be",
    "agent.pulse.pong_unconfirmed" => "a ping is answered before the leader has taken note of it",
}
