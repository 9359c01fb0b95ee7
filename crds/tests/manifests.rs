//! The committed manifests are what the types say.

use kube::CustomResourceExt;
use serde_json::{Value, json};
use synod_crds::{CacheCluster, ConsensusGroup, LockService, schema};

#[test]
fn committed_manifests_do_not_drift() {
    // If this fails, run `cargo xtask crds` and commit the result.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, yaml) in synod_crds::manifests() {
        expect_test::expect_file![folder.join(&name)].assert_eq(&yaml);
    }
}

#[test]
fn examples_are_valid() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("crds/examples") {
        let path = entry.expect("an entry").path();
        let yaml = std::fs::read_to_string(&path).expect("a readable example");
        let name = path.display().to_string();
        if let Err(errors) = synod_crds::parse(&yaml, &name) {
            panic!("{errors:#?}");
        }
        seen += 1;
    }
    assert!(seen >= 4);
}

#[test]
fn the_full_examples_have_every_field_and_every_default() {
    let groups = include_str!("../examples/consensusgroup-full.yaml");
    is_full(&schema::of(&ConsensusGroup::crd()), groups);
    let locks = include_str!("../examples/lockservice-full.yaml");
    is_full(&schema::of(&LockService::crd()), locks);
    let caches = include_str!("../examples/cachecluster-full.yaml");
    is_full(&schema::of(&CacheCluster::crd()), caches);
}

fn is_full(schema: &Value, text: &str) {
    let example: Value = serde_yaml::from_str(&with_optional_fields(text)).expect("YAML");
    let mut missing = Vec::new();
    collect_missing(
        &schema["properties"]["spec"],
        &example["spec"],
        "spec",
        &mut missing,
    );
    assert_eq!(missing, <[String; 0]>::default(), "not in the example");
    let empty = json!({"metadata": {"name": "config"}, "spec": {}});
    let defaults = schema::defaulted(schema, &empty);
    let mut others = Vec::new();
    collect_others(&defaults["spec"], &example["spec"], "spec", &mut others);
    assert_eq!(others, <[String; 0]>::default(), "not the defaults");
}

/// The text with the fields that it shows behind a `#`; prose begins with a capital letter.
fn with_optional_fields(text: &str) -> String {
    let shown = |line: &str| {
        let (before, rest) = line.split_once("# ")?;
        let (name, _) = rest.split_once(": ")?;
        let is_field = before.trim().is_empty()
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.chars().all(|letter| letter.is_ascii_alphabetic());
        is_field.then(|| format!("{before}{rest}\n"))
    };
    text.lines()
        .map(|line| shown(line).unwrap_or_else(|| format!("{line}\n")))
        .collect()
}

/// The paths of the schema's fields that an object does not have. What is inside of `nodeAffinity` is Kubernetes' own.
fn collect_missing(schema: &Value, object: &Value, path: &str, missing: &mut Vec<String>) {
    let fields = schema["properties"].as_object();
    for (name, field) in fields.into_iter().flatten() {
        let path = format!("{path}.{name}");
        match object.get(name) {
            None => missing.push(path),
            Some(_) if name == "nodeAffinity" => {}
            Some(value) => collect_missing(field, value, &path, missing),
        }
    }
}

/// The paths at which an object has another value than the default.
fn collect_others(default: &Value, object: &Value, path: &str, others: &mut Vec<String>) {
    match default.as_object() {
        Some(fields) => {
            for (name, value) in fields {
                collect_others(value, &object[name], &format!("{path}.{name}"), others);
            }
        }
        None if default == object => {}
        None => others.push(format!("{path}: {object}, not {default}")),
    }
}

#[test]
fn the_policy_against_deletion_is_one_that_the_api_takes() {
    use k8s_openapi::api::admissionregistration::v1::{
        ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
    };
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/deletion-protection.yaml");
    let text = std::fs::read_to_string(path).expect("the policy");
    let mut documents = text.split("\n---\n");
    let policy: serde_yaml::Value =
        serde_yaml::from_str(documents.next().expect("two documents")).expect("YAML");
    let binding: serde_yaml::Value =
        serde_yaml::from_str(documents.next().expect("two documents")).expect("YAML");
    let taken: ValidatingAdmissionPolicy =
        serde_yaml::from_value(policy.clone()).expect("a policy");
    let bound: ValidatingAdmissionPolicyBinding =
        serde_yaml::from_value(binding.clone()).expect("a binding");
    // Nothing is lost: every field is one that the API knows.
    assert_eq!(serde_yaml::to_value(&taken).expect("YAML"), policy);
    assert_eq!(serde_yaml::to_value(&bound).expect("YAML"), binding);
    assert_eq!(
        bound.spec.and_then(|spec| spec.policy_name),
        taken.metadata.name
    );
}

/// An operator refuses an object with a field that it does not know: what it was told must not be left undone silently. While
/// another version of it takes over, definitions are those of the newer one already; a default in them would put a new field
/// into every object, and the older one would refuse them all. So a field that comes later has no default here, and what its
/// absence means is said by the operator.
#[test]
fn no_field_that_came_later_has_a_default() {
    let defaults = |schema: Value| {
        let mut found = Vec::new();
        collect_defaults(&schema["properties"]["spec"], "", &mut found);
        found.sort();
        found
    };
    let groups = defaults(schema::of(&ConsensusGroup::crd()));
    assert_eq!(groups, OF_THE_FIRST_VERSION);
    let mut locks = OF_THE_FIRST_VERSION.to_vec();
    locks.extend([
        "reads",
        "sessionTimeout",
        "sessionTimeout.max",
        "sessionTimeout.min",
    ]);
    locks.sort_unstable();
    assert_eq!(defaults(schema::of(&LockService::crd())), locks);
    let mut caches = OF_THE_FIRST_VERSION.to_vec();
    let of_groups = [
        "learners",
        "members",
        "timing",
        "timing.electionMs",
        "timing.heartbeatMs",
    ];
    caches.retain(|field| !of_groups.contains(field));
    caches.extend([
        "durability",
        "eviction",
        "mode",
        "persistence.fsync",
        "replicasPerShard",
        "shards",
    ]);
    caches.sort_unstable();
    assert_eq!(defaults(schema::of(&CacheCluster::crd())), caches);
}

/// Of all replicated kinds.
const OF_THE_FIRST_VERSION: [&str; 27] = [
    "deletionProtection",
    "hibernated",
    "learners",
    "members",
    "paused",
    "resources",
    "resources.limits",
    "resources.limits.memory",
    "resources.requests",
    "resources.requests.cpu",
    "resources.requests.memory",
    "scheduling",
    "scheduling.spread",
    "scheduling.spread.nodes",
    "scheduling.spread.zones",
    "storage",
    "storage.adoption",
    "storage.retention",
    "storage.retention.whenDeleted",
    "storage.retention.whenScaled",
    "storage.size",
    "timing",
    "timing.electionMs",
    "timing.heartbeatMs",
    "tls",
    "tls.mode",
    "upgradePolicy",
];

fn collect_defaults(schema: &Value, path: &str, found: &mut Vec<String>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        if field.get("default").is_some() {
            found.push(path.clone());
        }
        collect_defaults(field, &path, found);
    }
    if schema.get("items").is_some() {
        collect_defaults(&schema["items"], &format!("{path}[]"), found);
    }
}
