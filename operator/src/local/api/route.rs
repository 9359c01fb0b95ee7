//! What a request asks for: its path and query, parsed once.

use super::refusal::{Cause, Refusal};
use serde_json::json;

/// A request's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Path {
    /// `/version`.
    Version,
    /// `/healthz`, `/livez`, `/readyz`.
    Health,
    /// `/api`.
    CoreVersions,
    /// `/apis`.
    Groups,
    /// `/apis/GROUP`.
    Group(String),
    /// `/api/v1` and `/apis/GROUP/VERSION`: (group, version).
    Resources(String, String),
    /// `/openapi/v2`, `/openapi/v3` and below: what follows `/openapi/`.
    OpenApi(String),
    /// Objects of a type.
    Objects(Target),
}

/// A collection, one object of it, or a subresource of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) plural: String,
    /// Empty for cluster-scoped types and for collections over all namespaces.
    pub(crate) namespace: String,
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
}

/// Parses a path.
pub(crate) fn parse(path: &str) -> Result<Path, Refusal> {
    let parts: Vec<String> = path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(percent_decoded)
        .collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["version"] => Ok(Path::Version),
        ["healthz" | "livez" | "readyz", ..] => Ok(Path::Health),
        ["api"] => Ok(Path::CoreVersions),
        ["apis"] => Ok(Path::Groups),
        ["apis", group] => Ok(Path::Group((*group).to_owned())),
        ["api", version] => Ok(Path::Resources(String::new(), (*version).to_owned())),
        ["apis", group, version] => Ok(Path::Resources((*group).to_owned(), (*version).to_owned())),
        ["openapi", rest @ ..] => Ok(Path::OpenApi(rest.join("/"))),
        ["api", version, rest @ ..] => target("", version, rest),
        ["apis", group, version, rest @ ..] => target(group, version, rest),
        _ => Err(Refusal::unrouted()),
    }
}

fn target(group: &str, version: &str, rest: &[&str]) -> Result<Path, Refusal> {
    let (namespace, plural, rest) = match rest {
        // Below a namespace, "status" and "finalize" are its subresources, anything else is a type.
        ["namespaces", name, sub @ ("status" | "finalize")] => {
            return Ok(objects(group, version, "", "namespaces", &[name, sub]));
        }
        ["namespaces", namespace, plural, rest @ ..] => (*namespace, *plural, rest),
        [plural, rest @ ..] => ("", *plural, rest),
        [] => return Err(Refusal::unrouted()),
    };
    if rest.len() > 2 {
        return Err(Refusal::unrouted());
    }
    Ok(objects(group, version, namespace, plural, rest))
}

fn objects(group: &str, version: &str, namespace: &str, plural: &str, rest: &[&str]) -> Path {
    Path::Objects(Target {
        group: group.to_owned(),
        version: version.to_owned(),
        plural: plural.to_owned(),
        namespace: namespace.to_owned(),
        name: rest.first().map(|name| (*name).to_owned()),
        subresource: rest.get(1).map(|sub| (*sub).to_owned()),
    })
}

/// The query of a request, as the API's options name them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    pub(crate) label_selector: String,
    pub(crate) field_selector: String,
    pub(crate) watch: bool,
    pub(crate) include_object: String,
    pub(crate) resource_version: String,
    pub(crate) resource_version_match: String,
    pub(crate) bookmarks: bool,
    pub(crate) send_initial_events: bool,
    pub(crate) timeout_seconds: Option<u64>,
    pub(crate) limit: Option<usize>,
    pub(crate) continue_token: String,
    pub(crate) field_manager: Option<String>,
    pub(crate) force: bool,
    pub(crate) dry_run: String,
    pub(crate) field_validation: String,
    pub(crate) propagation_policy: Option<String>,
    pub(crate) grace_period_seconds: Option<u64>,
}

impl Query {
    /// Parses a query string; parameters that nothing here uses are ignored, as the API server does.
    pub(crate) fn parse(query: &str) -> Result<Self, Refusal> {
        let mut parsed = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_decoded(&value.replace('+', " "));
            parsed.set(&percent_decoded(key), value)?;
        }
        Ok(parsed)
    }

    fn set(&mut self, key: &str, value: String) -> Result<(), Refusal> {
        match key {
            "labelSelector" => self.label_selector = value,
            "fieldSelector" => self.field_selector = value,
            "includeObject" => self.include_object = value,
            "watch" => self.watch = truth(&value),
            "resourceVersion" => self.resource_version = value,
            "resourceVersionMatch" => self.resource_version_match = value,
            "allowWatchBookmarks" => self.bookmarks = truth(&value),
            "sendInitialEvents" => self.send_initial_events = truth(&value),
            "timeoutSeconds" => self.timeout_seconds = number(key, &value)?,
            "limit" => {
                self.limit = number(key, &value)?
                    .and_then(|n| usize::try_from(n).ok())
                    .filter(|n| *n > 0)
            }
            "continue" => self.continue_token = value,
            "fieldManager" => self.field_manager = Some(value).filter(|v| !v.is_empty()),
            "force" => self.force = truth(&value),
            "dryRun" => self.dry_run = value,
            "fieldValidation" => self.field_validation = value,
            "propagationPolicy" => self.propagation_policy = Some(value),
            "gracePeriodSeconds" => self.grace_period_seconds = number(key, &value)?,
            _ => {}
        }
        Ok(())
    }
}

impl Query {
    /// Whether the write is only rehearsed.
    pub(crate) fn is_rehearsal(&self) -> bool {
        self.dry_run == "All"
    }

    /// Refuses options that a write cannot have; `kind` is what the API calls the options of its verb.
    pub(crate) fn check_options(&self, kind: &str) -> Result<(), Refusal> {
        check_rehearsal(kind, &self.dry_run)?;
        let known = ["", "Ignore", "Strict", "Warn"];
        if !known.contains(&self.field_validation.as_str()) {
            let given = json!(self.field_validation);
            let cause = Cause::unsupported("fieldValidation", &given, &known);
            return Err(Refusal::invalid_option(kind, &cause));
        }
        Ok(())
    }

    /// Refuses a version of a list together with a wrong way of matching it.
    pub(crate) fn check_versions(&self) -> Result<(), Refusal> {
        let (how, version) = (
            self.resource_version_match.as_str(),
            self.resource_version.as_str(),
        );
        let forbidden = |why: &str| {
            let cause = Cause::forbidden("resourceVersionMatch", why);
            Err(Refusal::invalid_option("ListOptions", &cause))
        };
        if self.send_initial_events && how != "NotOlderThan" {
            return forbidden(
                "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
            );
        }
        match how {
            "" => Ok(()),
            "NotOlderThan" if self.send_initial_events => Ok(()),
            "Exact" | "NotOlderThan" if version.is_empty() => {
                forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided")
            }
            "Exact" if version == "0" => {
                forbidden("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"")
            }
            "Exact" | "NotOlderThan" => Ok(()),
            other => {
                let cause = Cause::unsupported(
                    "resourceVersionMatch",
                    &json!(other),
                    &["Exact", "NotOlderThan", ""],
                );
                Err(Refusal::invalid_option("ListOptions", &cause))
            }
        }
    }
}

/// Refuses a `dryRun` that is neither a rehearsal nor none.
pub(crate) fn check_rehearsal(kind: &str, value: &str) -> Result<(), Refusal> {
    if matches!(value, "" | "All") {
        return Ok(());
    }
    let cause = Cause::unsupported("dryRun", &json!([value]), &["All"]);
    Err(Refusal::invalid_option(kind, &cause))
}

/// Anything but a plain no means yes, as to the API server.
fn truth(value: &str) -> bool {
    !matches!(value.to_lowercase().as_str(), "false" | "0")
}

fn number(key: &str, value: &str) -> Result<Option<u64>, Refusal> {
    if value.is_empty() {
        return Ok(None);
    }
    value
        .parse()
        .map(Some)
        .map_err(|_| Refusal::bad_request(format!("{key}: {value:?} is not a number")))
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes
            .get(at + 1..at + 3)
            .and_then(|hex| std::str::from_utf8(hex).ok());
        match (
            bytes[at],
            hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()),
        ) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let check = |path: &str, want: [&str; 6]| {
            let Ok(Path::Objects(t)) = parse(path) else {
                panic!("{path} is no object path")
            };
            let got = [
                &t.group,
                &t.version,
                &t.namespace,
                &t.plural,
                t.name.as_deref().unwrap_or(""),
                t.subresource.as_deref().unwrap_or(""),
            ]
            .map(str::to_owned);
            assert_eq!(got, want.map(str::to_owned), "{path}");
        };
        check("/api/v1/pods", ["", "v1", "", "pods", "", ""]);
        check(
            "/api/v1/namespaces/a/pods/b/status",
            ["", "v1", "a", "pods", "b", "status"],
        );
        check(
            "/api/v1/namespaces/a",
            ["", "v1", "", "namespaces", "a", ""],
        );
        check(
            "/api/v1/namespaces/a/status",
            ["", "v1", "", "namespaces", "a", "status"],
        );
        check(
            "/apis/synod.dev/v1alpha1/namespaces/a/consensusgroups/c/scale",
            [
                "synod.dev",
                "v1alpha1",
                "a",
                "consensusgroups",
                "c",
                "scale",
            ],
        );
        check("/api/v1/nodes/local", ["", "v1", "", "nodes", "local", ""]);
        assert!(parse("/api/v1/namespaces/a/pods/b/c/d").is_err());
        assert!(parse("/nonsense").is_err());
    }

    #[test]
    fn queries() {
        let query =
            Query::parse("labelSelector=a%3Db%2Cc&watch=1&timeoutSeconds=29&unknown=x").unwrap();
        assert_eq!(
            (
                query.label_selector.as_str(),
                query.watch,
                query.timeout_seconds
            ),
            ("a=b,c", true, Some(29))
        );
        assert!(Query::parse("limit=x").is_err());
        let check = |query: &str, good: bool| {
            let query = Query::parse(query).unwrap();
            assert_eq!(
                query.check_options("CreateOptions").is_ok(),
                good,
                "{query:?}"
            );
        };
        check("dryRun=All&fieldValidation=Strict", true);
        check("dryRun=Some", false);
        check("fieldValidation=Perhaps", false);
    }
}
