//! The JSON that operator and agent exchange.

use expect_test::expect;
use synod_agent_api::{ApiError, Change, ConfigurationRequest, ErrorCode, MemberSpec};

#[test]
fn a_change_as_json() {
    let request = ConfigurationRequest {
        expected: Some(4),
        change: Change::Add {
            number: 5,
            learner: false,
            member: MemberSpec {
                name: "config-cg-5".into(),
                peer_address: "config-cg-5.config-cg-peer:2380".into(),
                peer_urls: vec![],
                client_urls: vec!["https://config-cg-5.config-cg-peer:2379".into()],
            },
        },
    };
    let json = serde_json::to_string_pretty(&request).unwrap();
    expect![[r#"
        {
          "expected": 4,
          "change": {
            "add": {
              "number": 5,
              "learner": false,
              "member": {
                "name": "config-cg-5",
                "peer_address": "config-cg-5.config-cg-peer:2380",
                "peer_urls": [],
                "client_urls": [
                  "https://config-cg-5.config-cg-peer:2379"
                ]
              }
            }
          }
        }"#]]
    .assert_eq(&json);
    assert_eq!(
        serde_json::from_str::<ConfigurationRequest>(&json).unwrap(),
        request
    );
}

#[test]
fn unknown_fields_are_refused() {
    for json in [
        r#"{"expected":1,"change":{"promote":{"number":2,"now":true}}}"#,
        r#"{"expected":1,"change":{"promote":{"number":2}},"force":true}"#,
        r#"{"expected":1,"change":{"explode":{}}}"#,
    ] {
        assert!(
            serde_json::from_str::<ConfigurationRequest>(json).is_err(),
            "{json}"
        );
    }
}

#[test]
fn an_error_as_json() {
    let error = ApiError {
        code: ErrorCode::NotCaughtUp,
        message: "member 5 has not caught up".into(),
    };
    expect![[r#"{"code":"not_caught_up","message":"member 5 has not caught up"}"#]]
        .assert_eq(&serde_json::to_string(&error).unwrap());
    assert_eq!(error.code.http_status(), 409);
}
