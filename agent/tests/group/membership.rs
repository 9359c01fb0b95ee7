//! Changes of members, as the operator asks for them.

use synod_agent_api::{
    Change, ConfigurationRequest, ConfigurationResponse, ErrorCode, MemberRole, MemberSpec,
    SnapshotResponse, Start, Status, paths,
};
use tokio::time::timeout;

use crate::authority::Authority;
use crate::world::{Group, NEVER, get, put, until};

#[tokio::test]
async fn a_member_joins_is_promoted_and_removed() {
    let group = Group::new(2, Some(Authority::new())).await;
    let one = group.start(1, Start::Bootstrap, 1).await;
    let status = until(&one, "leading", Status::leads).await;
    assert_eq!(status.configuration.id, 1);
    put(&one, "a", "1").await;
    let snapshot: SnapshotResponse = group
        .ask(&one, &format!("POST {}", paths::SNAPSHOT), "")
        .await
        .unwrap();
    assert!(snapshot.slot > 0);

    let add = ConfigurationRequest {
        expected: Some(1),
        change: Change::Add {
            number: 2,
            learner: false,
            member: MemberSpec {
                name: "test-2".to_owned(),
                peer_address: group.peers[1].to_string(),
                ..MemberSpec::default()
            },
        },
    };
    let change = format!("POST {}", paths::CONFIGURATION);
    let body = serde_json::to_string(&add).unwrap();
    let two = group.start(2, Start::Join, 1).await;
    let added: ConfigurationResponse = group.ask(&one, &change, &body).await.unwrap();
    // The same once more is another configuration's business.
    let again = group
        .ask::<ConfigurationResponse>(&one, &change, &body)
        .await;
    assert_eq!(again.unwrap_err().code, ErrorCode::Conflict);
    // A long poll sees it become a voter.
    let voter = |status: &Status| {
        let members = &status.configuration.members;
        members
            .iter()
            .any(|m| m.number == 2 && m.role == MemberRole::Voter)
    };
    let mut after = 0;
    let promoted = async {
        loop {
            let request = format!("GET {}?after={after}&wait=30s", paths::STATUS);
            let status: Status = group.ask(&one, &request, "").await.unwrap();
            if voter(&status) {
                return status;
            }
            after = status.generation;
        }
    };
    let status = timeout(NEVER, promoted).await.unwrap();
    assert!(status.configuration.id > added.id);
    assert!(status.certificate_not_after.is_some() && status.ca_fingerprints.len() == 1);
    assert_eq!(
        status.certificate_fingerprint.map(|hex| hex.len()),
        Some(64)
    );
    until(&two, "ready", |status| status.ready && voter(status)).await;
    assert_eq!(get(&two, "a").await.as_deref(), Some(&b"1"[..]));

    let remove = r#"{"expected": null, "change": {"remove": {"number": 2}}}"#;
    let removed: ConfigurationResponse = group.ask(&one, &change, remove).await.unwrap();
    assert!(removed.id > status.configuration.id);
    put(&one, "b", "2").await;
    for (body, code) in [
        (
            r#"{"expected": null, "change": {"remove": {"number": 7}}}"#,
            ErrorCode::NotFound,
        ),
        (
            r#"{"expected": null, "change": {"remove": {"number": 1}}}"#,
            ErrorCode::NotAllowed,
        ),
        (
            r#"{"change": {"remove": {"number": 0}}}"#,
            ErrorCode::Invalid,
        ),
        (r#"{"change": "#, ErrorCode::Invalid),
    ] {
        let refused = group
            .ask::<ConfigurationResponse>(&one, &change, body)
            .await;
        assert_eq!(refused.unwrap_err().code, code, "{body}");
    }
    two.kill().await;
    one.drain().await;
}
