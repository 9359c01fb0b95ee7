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
