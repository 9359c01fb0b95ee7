//! The API server's audit log: what was asked, by whom, and how it was answered.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::Failure;

/// One request, when it has ended (or, for a watch, has begun).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// How far it has come.
    pub stage: String,
    /// Kubernetes' word for what is asked: get, list, watch, create, update, patch, delete, …
    pub verb: String,
    /// Path and query.
    #[serde(rename = "requestURI")]
    pub uri: String,
    /// Who asks.
    pub user: Person,
    /// What is asked for; absent for paths that are no resources.
    #[serde(default)]
    pub object_ref: Object,
    /// The answer.
    #[serde(default)]
    pub response_status: Answered,
    /// The body, where the policy keeps it.
    #[serde(default)]
    pub request_object: Option<Value>,
}

/// Who asks.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Person {
    /// The name.
    #[serde(default)]
    pub username: String,
}

/// What is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    /// Plural, lower case; empty for paths that are no resources.
    #[serde(default)]
    pub resource: String,
    /// The part of it, as `status`.
    #[serde(default)]
    pub subresource: String,
    /// Its API group; empty for the core.
    #[serde(default)]
    pub api_group: String,
    /// Its namespace.
    #[serde(default)]
    pub namespace: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
}

/// The answer.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Answered {
    /// HTTP status.
    #[serde(default)]
    pub code: u16,
}

impl Asked {
    /// Resource and subresource, as in roles: `consensusgroups/status`; the path where it is no resource.
    #[must_use]
    pub fn resource(&self) -> String {
        let Object {
            resource,
            subresource,
            ..
        } = &self.object_ref;
        match (resource.as_str(), subresource.as_str()) {
            ("", _) => self.uri.split('?').next().unwrap_or_default().to_owned(),
            (resource, "") => resource.to_owned(),
            (resource, part) => format!("{resource}/{part}"),
        }
    }

    /// Whether it changes anything.
    #[must_use]
    pub fn writes(&self) -> bool {
        matches!(
            self.verb.as_str(),
            "create" | "update" | "patch" | "delete" | "deletecollection"
        )
    }

    /// Whether this line counts the request: each is told at its end, a watch at its beginning, too.
    fn counts(&self) -> bool {
        self.stage == "ResponseComplete" && self.verb != "watch"
            || self.stage == "ResponseStarted" && self.verb == "watch"
            || self.stage == "Panic"
            // A watch that is refused never starts.
            || self.stage == "ResponseComplete" && self.response_status.code >= 400
    }
}

/// A policy that logs what these users ask: with the body where `bodies`.
#[must_use]
pub fn policy(users: &[&str], bodies: bool) -> String {
    let level = if bodies { "Request" } else { "Metadata" };
    let users = users.join(", ");
    format!(
        "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n- level: {level}\n  users: \
         [{users}]\n- level: None\n"
    )
}

/// Reads a log from where it was left.
pub struct Reader {
    path: PathBuf,
    position: u64,
}

impl Reader {
    /// From the beginning.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            position: 0,
        }
    }

    /// What was asked since.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn news(&mut self) -> Result<Vec<Asked>, Failure> {
        let cannot = |error: &dyn std::fmt::Display| format!("{}: {error}", self.path.display());
        let mut file = File::open(&self.path).map_err(|e| cannot(&e))?;
        file.seek(SeekFrom::Start(self.position))
            .map_err(|e| cannot(&e))?;
        let mut lines = BufReader::new(file);
        let mut found = Vec::new();
        let mut line = String::new();
        loop {
            line.clear();
            let length = lines.read_line(&mut line).map_err(|e| cannot(&e))?;
            // The last line may still be being written.
            if !line.ends_with('\n') {
                return Ok(found);
            }
            self.position += length as u64;
            let asked: Asked = serde_json::from_str(&line).map_err(|e| cannot(&e))?;
            if asked.counts() {
                found.push(asked);
            }
        }
    }
}

/// How often each verb was asked of each resource, in their order.
#[must_use]
pub fn tally(all: &[Asked]) -> BTreeMap<(String, String), usize> {
    let mut tally = BTreeMap::new();
    for asked in all {
        *tally
            .entry((asked.resource(), asked.verb.clone()))
            .or_default() += 1;
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_log_is_read_in_parts_and_each_request_counts_once() {
        let line = |stage: &str, verb: &str, code: u16| {
            format!(
                r#"{{"stage":"{stage}","verb":"{verb}","requestURI":"/api/v1/pods?watch=true","user":{{"username":"a"}},"objectRef":{{"resource":"pods"}},"responseStatus":{{"code":{code}}}}}"#
            )
        };
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let mut file = File::create(&path).expect("a file");
        let mut reader = Reader::new(&path);
        writeln!(file, "{}", line("ResponseStarted", "watch", 200)).expect("written");
        writeln!(file, "{}", line("ResponseComplete", "watch", 200)).expect("written");
        write!(file, "{}", &line("ResponseComplete", "patch", 200)[..20]).expect("written");
        let news = reader.news().expect("read");
        assert_eq!(news.len(), 1, "the watch");
        assert!(!news[0].writes());
        writeln!(file, "{}", &line("ResponseComplete", "patch", 200)[20..]).expect("written");
        writeln!(file, "{}", line("ResponseComplete", "watch", 403)).expect("written");
        let news = reader.news().expect("read");
        assert_eq!(news.len(), 2);
        assert!(news[0].writes());
        assert_eq!(tally(&news)[&("pods".to_owned(), "patch".to_owned())], 1);
    }
}
