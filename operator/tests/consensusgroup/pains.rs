//! What users of other operators suffered from, each by name, with the scenarios that would notice it here and the mistakes,
//! made on purpose, that they were seen to notice: [`PAINS`].

use serde_json::json;
use synod_agent_api::{ClusterUid, Role};

use crate::mistakes::Scenario;
use crate::observed::View;
use crate::traces::{ready, try_run};
use crate::{budgets, templates};

/// One of the pains.
struct Pain {
    number: u8,
    /// What others suffered from.
    what: &'static str,
    /// Scenarios of the operator, by the mistake that each was seen to notice.
    here: &'static [(&'static str, Scenario)],
    /// Mistakes in what the agents do, of `tests/sim/MUTATIONS.md`, for what is theirs to prevent.
    there: &'static [&'static str],
}

const PAINS: &[Pain] = &[
    Pain {
        number: 1,
        what: "a partitioned primary keeps accepting writes",
        here: &[],
        there: &["paxos-minority-decides", "paxos-read-unconfirmed"],
    },
    Pain {
        number: 2,
        what: "an outdated or empty replica becomes primary",
        here: &[(
            "bootstrap-adopted-claim",
            crate::mistakes::a_volume_is_empty_when_its_pod_returns,
        )],
        there: &["replica-resume-empty-votes", "paxos-shortest-log-wins"],
    },
    // No line of the operator is on a failover's way: the members of `tests/conformance`, whose leaders are killed, run
    // without one.
    Pain {
        number: 3,
        what: "failover waits for the operator",
        here: &[],
        there: &["replica-lead-too-early"],
    },
    Pain {
        number: 4,
        what: "clusters merge after addresses were reused",
        here: &[("believe-a-stranger", an_agent_of_another_cluster_answers)],
        there: &["paxos-stale-configuration"],
    },
    Pain {
        number: 5,
        what: "\"create cluster\" runs twice",
        here: &[
            (
                "begin-before-founded",
                crate::mistakes::a_first_claim_is_made_anew_by_an_operator_of_yesterday,
            ),
            (
                "begin-on-a-stale-list",
                crate::mistakes::the_first_list_is_old,
            ),
            (
                "begin-again-without-claims",
                crate::mistakes::all_claims_are_lost,
            ),
            (
                "complete-adopted-claims",
                crate::mistakes::a_first_claim_is_missing,
            ),
        ],
        there: &["replica-bootstrap-over-formatted"],
    },
    Pain {
        number: 6,
        what: "scaling in takes the wrong member, or the leader first, or loses data",
        here: &[
            (
                "sort-members-as-text",
                crate::mistakes::the_highest_number_leaves_first,
            ),
            ("send-the-leader-first", the_leader_stays),
            (
                "remove-below-quorum",
                crate::mistakes::a_voter_falls_ill_while_another_leaves,
            ),
        ],
        there: &["paxos-remove-below-quorum"],
    },
    Pain {
        number: 7,
        what: "a claim reused after re-scale: \"my id is not in the peer list\"",
        here: &[("reuse-numbers", numbers_never_recur)],
        there: &[],
    },
    Pain {
        number: 8,
        what: "a budget that lets five voters fall to two",
        here: &[
            ("budget-of-claims-only", budgets::two_of_five_are_lost),
            (
                "budget-by-claims-of-before",
                budgets::two_of_five_are_lost_and_all_is_made_again,
            ),
            (
                "budget-by-claims-of-before",
                budgets::a_leader_is_missing_when_a_substitute_comes,
            ),
        ],
        there: &[],
    },
    Pain {
        number: 9,
        what: "a roll goes past a broken pod, or never restarts an unready one",
        here: &[
            (
                "roll-past-a-broken-pod",
                crate::mistakes::the_first_pod_of_a_roll_does_not_start,
            ),
            ("never-mend-a-broken-pod", a_broken_pod_is_mended),
            (
                "cure-whoever-is-silent",
                crate::restarts::only_the_operator_hears_nobody,
            ),
        ],
        there: &[],
    },
    Pain {
        number: 10,
        what: "an operator crash in the middle of a certificate roll restarts everything again",
        here: &[("restart-for-certificates", certificates_restart_nobody)],
        there: &[],
    },
    Pain {
        number: 11,
        what: "one bad object stalls all others, and its own repair",
        here: &[("fall-with-one-object", crate::isolation::one_panics)],
        there: &[],
    },
    Pain {
        number: 12,
        what: "old definitions prune fields, and the operator reconciles for ever",
        here: &[(
            "look-again-after-each-status",
            crate::restraint::an_old_definition_prunes_the_status,
        )],
        there: &[],
    },
    Pain {
        number: 13,
        what: "a full disk that cannot be grown because the pod is not ready",
        here: &[("enlarge-what-is-ready-only", a_full_disk_is_grown)],
        there: &[],
    },
    Pain {
        number: 14,
        what: "the namespace hangs in deletion on a finalizer",
        here: &[("hold-back-deletion", nothing_holds_back_a_deletion)],
        there: &[],
    },
    Pain {
        number: 15,
        what: "a rotated Secret is ignored",
        here: &[("keep-old-certificates", an_exchanged_authority_issues_anew)],
        there: &[],
    },
    Pain {
        number: 16,
        what: "upgrading the operator rolls every pod",
        here: &[("image-follows-the-operator", templates::a_newer_operator)],
        there: &[],
    },
    Pain {
        number: 17,
        what: "memory grows with foreign objects in the cluster",
        here: &[(
            "watch-what-is-not-ours",
            crate::restraint::only_ours_is_watched,
        )],
        there: &[],
    },
];

#[test]
fn every_pain_has_scenarios_that_end_well() {
    let numbers: Vec<_> = PAINS.iter().map(|pain| pain.number).collect();
    assert_eq!(numbers, (1..=17).collect::<Vec<_>>());
    for pain in PAINS {
        assert!(
            !pain.here.is_empty() || !pain.there.is_empty(),
            "{}",
            pain.what
        );
        for (mistake, scenario) in pain.here {
            assert_eq!(scenario(), Ok(()), "{}: {mistake}", pain.what);
        }
    }
}

/// That each mistake `here` is caught is for `mistakes.rs` to show; that each `there` is, for the simulator.
#[cfg(feature = "mutations")]
#[test]
fn every_pain_names_mistakes_that_there_are() {
    let simulated = include_str!("../../../tests/sim/MUTATIONS.md");
    for pain in PAINS {
        for (mistake, _) in pain.here {
            let mut all = synod_operator::mutation::ALL.iter();
            assert!(all.any(|(name, _)| name == mistake), "{mistake}");
        }
        for mistake in pain.there {
            assert!(simulated.contains(&format!("| `{mistake}` |")), "{mistake}");
        }
    }
}

/// The scenarios of all pains, for `mistakes.rs`.
pub(crate) fn scenarios() -> impl Iterator<Item = (&'static str, Scenario)> {
    PAINS.iter().flat_map(|pain| pain.here.iter().copied())
}

/// The address of member 2 belongs to a member of another cluster now, which leads there.
fn an_agent_of_another_cluster_answers() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    let mut view = View::of(&world);
    view.hear(2, |status| {
        let other: ClusterUid = "7d3c7a52-3a3f-4d0a-8c1e-0f6a5c0ffee0"
            .parse()
            .expect("a UUID");
        status.cluster_uid = other;
        status.role = Role::Leader;
        status.ballot.round = 99;
        status.configuration.id = 9;
        status
            .configuration
            .members
            .retain(|member| member.number == 2);
    });
    // The budget comes first, what rests on it in the next round.
    for _ in 0..2 {
        for action in view.decide(None).strands.concat() {
            world.act(&action)?;
            if let Some(violation) = world.group.violations.first() {
                return Err(violation.clone());
            }
        }
        view.see_others(&world);
    }
    Ok(())
}

fn the_leader_stays() -> Result<(), String> {
    let mut world = ready(json!({ "members": 5 }));
    world.group.leader = Some(5);
    world.edit("members", json!(3));
    try_run(&mut world)?;
    match world.group.voters().as_slice() {
        [1, 2, 5] => Ok(()),
        others => Err(format!("5 led, and {others:?} stayed")),
    }
}

fn numbers_never_recur() -> Result<(), String> {
    let mut world = ready(json!({ "members": 5 }));
    for members in [3, 5] {
        world.edit("members", json!(members));
        try_run(&mut world)?;
    }
    match world.group.voters().as_slice() {
        [1, 2, 3, 6, 7] => Ok(()),
        others => Err(format!("{others:?}")),
    }
}

fn a_broken_pod_is_mended() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    world.broken_image = Some("agent:bad".into());
    for image in ["agent:bad", "agent:good"] {
        world.edit("image", json!(image));
        try_run(&mut world)?;
    }
    if world.status["state"] == "Ready" {
        Ok(())
    } else {
        Err(format!(
            "ends as {}",
            world.status["conditions"][1]["message"]
        ))
    }
}

/// What is done when the namespace's authority was exchanged, by an operator that begins anew after every action.
fn after_an_exchanged_authority() -> Result<String, String> {
    let mut world = ready(json!({ "members": 3 }));
    world.trust.exchange();
    let mut lines = String::new();
    for _ in 0..30 {
        let view = View::of(&world);
        let Some(action) = view.decide(None).strands.concat().into_iter().next() else {
            return Ok(lines);
        };
        world.trust.seen = view.authority();
        lines.push_str(&format!("{action}\n"));
        world.act(&action)?;
        world.settle();
    }
    Err(format!("no end: {lines}"))
}

fn certificates_restart_nobody() -> Result<(), String> {
    let lines = after_an_exchanged_authority()?;
    if lines.contains("Pod") {
        Err(lines)
    } else {
        Ok(())
    }
}

/// Of three members and of the clients.
fn an_exchanged_authority_issues_anew() -> Result<(), String> {
    let lines = after_an_exchanged_authority()?;
    if lines.matches("issue ").count() == 4 {
        Ok(())
    } else {
        Err(lines)
    }
}

/// A member cannot start, since its disk is full, and somebody asks for a larger one.
fn a_full_disk_is_grown() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    world.broken_image = Some("agent:1".into());
    world.lose_pod_of(2);
    world.group.settle();
    try_run(&mut world)?;
    world.edit("storage", json!({ "size": "20Gi" }));
    let lines = try_run(&mut world)?;
    let grown =
        |n: u64| lines.contains(&format!("patch PersistentVolumeClaim data-config-cg-{n} "));
    if (1..=3).all(grown) && lines.matches("20Gi").count() == 3 {
        Ok(())
    } else {
        Err(lines)
    }
}

fn nothing_holds_back_a_deletion() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3, "learners": 1 }));
    world.edit("members", json!(5));
    try_run(&mut world)?;
    let held = |object: &&std::sync::Arc<synod_operator::child::Child>| {
        object
            .meta()
            .finalizers
            .as_ref()
            .is_some_and(|all| !all.is_empty())
    };
    match world.objects.all.values().find(held) {
        None => Ok(()),
        Some(object) => Err(format!(
            "{} {} has a finalizer",
            object.kind(),
            object.name()
        )),
    }
}
