use jiff::ToSpan;

use super::*;
use crate::certificates::Authority as Issuer;

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// The Secret of an authority made at this time.
fn made(at: &str) -> Secret {
    let made = Issuer::create("ns", time(at)).expect("made");
    let value = json!({
        "metadata": { "name": "synod-ca", "uid": "u", "resourceVersion": "1" },
        "data": {
            "ca.crt": ByteString(made.certificate.into_bytes()),
            "ca.key": ByteString(made.key.into_bytes()),
        },
    });
    serde_json::from_value(value).expect("a Secret")
}

fn noted(mut secret: Secret, name: &str, value: &str) -> Secret {
    let notes = secret.metadata.annotations.get_or_insert_default();
    notes.insert(name.to_owned(), value.to_owned());
    secret
}

/// The Secret after a step; the parts of it that the API would merge.
fn after(secret: &Secret, step: Step, now: Timestamp) -> Secret {
    let issued = Issuer::create("ns", now).expect("made");
    let mut value = serde_json::to_value(secret).expect("encodes");
    json_patch::merge(&mut value, &patch(secret, step, Some(&issued), now));
    serde_json::from_value(value).expect("a Secret")
}

#[test]
fn it_is_replaced_when_a_fifth_of_its_life_is_left_or_when_asked() {
    let secret = made("2026-01-01T00:00:00Z");
    let next = |secret: &Secret, now| Authority::of(secret).expect("one").next(None, now);
    let early = time("2033-12-30T00:00:00Z");
    assert_eq!(next(&secret, early), None);
    assert_eq!(
        next(&secret, time("2034-01-02T00:00:00Z")),
        Some(Step::Prepare)
    );
    let asked = noted(secret, names::ROTATE, "today");
    assert_eq!(next(&asked, early), Some(Step::Prepare));
    let answered = noted(asked, names::ROTATED, "today");
    assert_eq!(next(&answered, early), None);
    let again = noted(answered, names::ROTATE, "tomorrow");
    assert_eq!(next(&again, early), Some(Step::Prepare));
}

#[test]
fn each_step_leads_to_the_next_phase_and_the_last_one_back() {
    let now = time("2026-06-01T00:00:00Z");
    let first = noted(made("2026-01-01T00:00:00Z"), names::ROTATE, "1");
    let of = |secret: &Secret| Authority::of(secret).expect("one");
    let spreading = after(&first, Step::Prepare, now);
    assert_eq!(of(&spreading).phase(), Phase::Spreading);
    assert_eq!(of(&spreading).signer(), of(&first).signer());
    let replacing = after(&spreading, Step::Switch, now);
    assert_eq!(of(&replacing).phase(), Phase::Replacing);
    assert_ne!(of(&replacing).signer(), of(&first).signer());
    let certificates = |secret: &Secret| {
        let mut all = crate::certificates::fingerprints(of(secret).bundle());
        all.sort();
        all
    };
    assert_eq!(certificates(&spreading), certificates(&replacing));
    let settled = after(&replacing, Step::Retire, now);
    assert_eq!(of(&settled).phase(), Phase::Settled);
    assert_eq!(of(&settled).next(None, now), None, "it was answered");
    assert_eq!(settled.data.expect("data").len(), 2);
}

#[test]
fn what_is_waited_for_stands_on_each_secret() {
    let now = time("2026-06-01T00:00:00Z");
    let authority = after(&made("2026-01-01T00:00:00Z"), Step::Prepare, now);
    let authority = Authority::of(&authority).expect("one");
    let paper = |carries: &str, member: bool| {
        let mut secret = Secret {
            data: Some([("ca.crt".to_owned(), ByteString(carries.into()))].into()),
            ..Secret::default()
        };
        if member {
            let label = (names::LABEL_MEMBER.to_owned(), "1".to_owned());
            secret.metadata.labels = Some([label].into());
        }
        noted(secret, names::ISSUED_FOR, "somebody")
    };
    let written = |secret| noted(secret, names::WRITTEN_AT, "2026-06-01T00:30:00Z");
    let bundle = authority.bundle().to_owned();
    let later = |minutes: i64| now + minutes.minutes();
    let lag = |secret: &Secret, minutes| authority.lag(secret, later(minutes));
    assert_eq!(lag(&written(paper("old", true)), 300), Some(Lag::Outdated));
    assert_eq!(
        lag(&paper(&bundle, false), 300),
        Some(Lag::Outdated),
        "nobody knows since when"
    );
    let client = written(paper(&bundle, false));
    assert_eq!(lag(&client, 89), Some(Lag::Early(later(90))));
    assert_eq!(lag(&client, 90), None);
    let member = written(paper(&bundle, true));
    assert_eq!(lag(&member, 300), Some(Lag::Unconfirmed));
    let confirmed = noted(member.clone(), names::CONFIRMED, &content(&member));
    assert_eq!(lag(&confirmed, 300), None);
    assert_eq!(lag(&Secret::default(), 300), None, "it is none of ours");
    let all = [&confirmed, &client];
    assert_eq!(
        authority.behind([&confirmed], later(59)),
        Some(Lag::Early(later(60))),
        "the phase itself is too young"
    );
    assert_eq!(authority.behind(all, later(90)), None);
    assert_eq!(
        authority.behind([&member, &client], later(89)),
        Some(Lag::Unconfirmed)
    );
}
