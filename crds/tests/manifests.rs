//! The committed manifests are what the types say.

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
    assert!(seen >= 2);
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
