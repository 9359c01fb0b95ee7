//! What the roles allow is what `operator/permissions.yaml` says, where it says it, and nothing more.

use std::collections::BTreeSet;

use k8s_openapi::api::rbac::v1::{
    ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject,
};
use serde::Deserialize;

use super::{Case, ensure};
use crate::helm::Values;
use crate::rendered::Rendered;
use crate::{Failure, HOME, Tools, repository};

/// Resources that no namespace has.
const CLUSTER_WIDE: [&str; 1] = ["nodes"];

/// The Lease's name in the file; the chart's is what the operator is told.
const LEASE: &str = "synod-operator";

/// Where (empty: everywhere), group, resource, verb, name (empty: all).
type Right = (String, String, String, String, String);

/// A role of either kind.
#[derive(Deserialize)]
struct Written {
    kind: String,
    rules: Vec<PolicyRule>,
}

pub(super) fn are_the_operators(_: &Tools, case: &Case) -> Result<(), Failure> {
    let pod = case.rendered.operator()?;
    let mut arguments = pod
        .containers
        .iter()
        .flat_map(|one| one.args.iter().flatten());
    let lease = arguments.find_map(|word| word.strip_prefix("--lease-name="));
    let expected = expected(&case.watched, lease.unwrap_or_default())?;
    let account = pod.service_account_name;
    let given = given(&case.rendered, &account.unwrap_or_default())?;
    let more: Vec<_> = given.difference(&expected).collect();
    let fewer: Vec<_> = expected.difference(&given).collect();
    ensure(more.is_empty() && fewer.is_empty(), || {
        format!("too much is allowed: {more:?}\ntoo little: {fewer:?}")
    })
}

/// What the file asks for, if these namespaces are watched and the Lease is called so.
fn expected(watched: &[String], lease: &str) -> Result<BTreeSet<Right>, Failure> {
    let everywhere = [String::new()];
    let watched = if watched.is_empty() {
        &everywhere
    } else {
        watched
    };
    let mut rights = BTreeSet::new();
    for document in
        serde_yaml::Deserializer::from_str(&repository::file("operator/permissions.yaml")?)
    {
        let role = Written::deserialize(document).map_err(|e| e.to_string())?;
        let is_home = role.kind == "Role";
        for mut rule in role.rules {
            for name in rule.resource_names.iter_mut().flatten() {
                ensure(name == LEASE, || format!("{name} is not the Lease"))?;
                lease.clone_into(name);
            }
            let wide = rule
                .resources
                .iter()
                .flatten()
                .any(|resource| CLUSTER_WIDE.contains(&resource.as_str()));
            let places: &[String] = match (is_home, wide) {
                (true, _) => &[HOME.to_owned()],
                (false, true) => &everywhere,
                (false, false) => watched,
            };
            for place in places {
                rights.extend(of_rule(place, &rule)?);
            }
        }
    }
    ensure(rights.len() > 20, || {
        "permissions.yaml says too little".to_owned()
    })?;
    Ok(rights)
}

fn of_rule(place: &str, rule: &PolicyRule) -> Result<Vec<Right>, Failure> {
    let PolicyRule {
        api_groups,
        non_resource_urls,
        resource_names,
        resources,
        verbs,
    } = rule;
    ensure(non_resource_urls.is_none(), || {
        "a rule says more than is compared here".to_owned()
    })?;
    let all = [String::new()];
    let names = resource_names.as_deref().unwrap_or(&all);
    let mut rights = Vec::new();
    for group in api_groups.iter().flatten() {
        for resource in resources.iter().flatten() {
            for (verb, name) in verbs
                .iter()
                .flat_map(|verb| names.iter().map(move |name| (verb, name)))
            {
                rights.push((
                    place.to_owned(),
                    group.clone(),
                    resource.clone(),
                    verb.clone(),
                    name.clone(),
                ));
            }
        }
    }
    Ok(rights)
}

/// What bindings give to the operator's account.
fn given(rendered: &Rendered, account: &str) -> Result<BTreeSet<Right>, Failure> {
    let mut rights = BTreeSet::new();
    let is_it = |subjects: &Option<Vec<Subject>>| {
        subjects.iter().flatten().any(|subject| {
            subject.kind == "ServiceAccount"
                && subject.name == account
                && subject.namespace.as_deref() == Some(HOME)
        })
    };
    let wide: Vec<ClusterRole> = rendered.decoded("ClusterRole")?;
    let roles: Vec<Role> = rendered.decoded("Role")?;
    let rules = |reference: &RoleRef, namespace: &str| {
        let rules = if reference.kind == "ClusterRole" {
            let mut all = wide.iter();
            all.find(|role| role.metadata.name.as_ref() == Some(&reference.name))
                .map(|role| role.rules.clone())
        } else {
            let here = |role: &&Role| {
                role.metadata.name.as_ref() == Some(&reference.name)
                    && role.metadata.namespace.as_deref() == Some(namespace)
            };
            roles.iter().find(here).map(|role| role.rules.clone())
        };
        rules
            .flatten()
            .ok_or_else(|| format!("{} is bound and not there", reference.name))
    };
    for binding in rendered.decoded::<ClusterRoleBinding>("ClusterRoleBinding")? {
        if is_it(&binding.subjects) {
            for rule in rules(&binding.role_ref, "")? {
                rights.extend(of_rule("", &rule)?);
            }
        }
    }
    for binding in rendered.decoded::<RoleBinding>("RoleBinding")? {
        let namespace = binding.metadata.namespace.clone().unwrap_or_default();
        if is_it(&binding.subjects) {
            for rule in rules(&binding.role_ref, &namespace)? {
                rights.extend(of_rule(&namespace, &rule)?);
            }
        }
    }
    Ok(rights)
}

/// People who may view may not change, and all kinds are there.
pub(super) fn of_people(tools: &Tools) -> Result<(), Failure> {
    let rendered = tools.helm.template(&Values::default())?;
    let mut found = Vec::new();
    for role in rendered.decoded::<ClusterRole>("ClusterRole")? {
        let labels = role.metadata.labels.unwrap_or_default();
        let to = |who: &str| {
            let label = format!("rbac.authorization.k8s.io/aggregate-to-{who}");
            labels.get(&label).is_some_and(|value| value == "true")
        };
        if !to("admin") {
            continue;
        }
        let mut rights = BTreeSet::new();
        for rule in role.rules.iter().flatten() {
            rights.extend(of_rule("", rule)?);
        }
        ensure(
            rights.iter().all(|right| right.1 == synod_crds::GROUP),
            || format!("people get more than Synod's kinds: {rights:?}"),
        )?;
        let reads = ["get", "list", "watch"];
        let changes = rights
            .iter()
            .any(|right| !reads.contains(&right.3.as_str()));
        ensure(to("view") != changes, || {
            format!("who may view may change: {rights:?}")
        })?;
        for definition in synod_crds::definitions() {
            let plural = definition.spec.names.plural;
            ensure(rights.iter().any(|right| right.2 == plural), || {
                format!("{plural} are in no role")
            })?;
        }
        found.push(changes);
    }
    found.sort_unstable();
    ensure(found == [false, true], || {
        "a role to view and one to change were expected".to_owned()
    })
}
