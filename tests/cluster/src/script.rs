//! The script: files of requests, one for each area, played in the order of their names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::Failure;
use crate::client::Call;

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// Its file's name without number and ending.
    #[serde(skip)]
    pub name: String,
    /// Whether a namespace `script-NAME` is made before; `$NS` stands for its name.
    #[serde(default = "yes")]
    pub namespaced: bool,
    /// The requests, in order.
    pub requests: Vec<Request>,
}

fn yes() -> bool {
    true
}

/// One request, and what is particular about its answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What it is; later requests name the answer by it: `${name.metadata.uid}`.
    pub name: String,
    /// Method and path, like `GET /api/v1/pods`.
    pub send: String,
    /// Query parameters, not encoded.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// How the body is sent: json, yaml, apply, merge, strategic, patch, protobuf, or a media type.
    #[serde(default)]
    pub r#type: String,
    /// What is accepted: json, table, metadata, or a media type.
    #[serde(default)]
    pub accept: String,
    /// The body, as YAML.
    #[serde(default)]
    pub body: Option<Value>,
    /// The body, as it is.
    #[serde(default)]
    pub text: Option<String>,
    /// The file that is the body, from the workspace's root.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// Asked again until the answer has this code or, with a path, this value there: `404`, `status.x=y`.
    #[serde(default)]
    pub until: Option<String>,
    /// Whether the server makes up the name.
    #[serde(default)]
    pub generated: bool,
    /// Parts of the answer that are not compared, with the reason in a comment of the script.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Only these parts are compared, where an answer tells of more than the script made.
    #[serde(default)]
    pub only: Vec<String>,
}

/// Reads all areas of a folder.
///
/// # Errors
/// When a file cannot be read or understood.
pub fn read(folder: &Path) -> Result<Vec<Area>, Failure> {
    let cannot = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        paths.push(entry.map_err(cannot)?.path());
    }
    paths.sort();
    let numbered = paths.iter().filter_map(|path| {
        let stem = path.file_stem()?.to_str()?;
        let (number, name) = stem.split_once('-')?;
        number.parse::<u32>().ok().map(|_| (path, name.to_owned()))
    });
    numbered.map(|(path, name)| area(path, name)).collect()
}

fn area(path: &Path, name: String) -> Result<Area, Failure> {
    let cannot = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|e| cannot(&e))?;
    let mut area: Area = serde_yaml::from_str(&text).map_err(|e| cannot(&e))?;
    area.name = name;
    Ok(area)
}

/// Earlier answers of one server, by the name of their request.
pub type Answers = BTreeMap<String, Value>;

impl Request {
    /// The request as it is sent, with placeholders filled in from this server's earlier answers.
    ///
    /// # Errors
    /// When a placeholder names nothing.
    pub fn call(&self, area: &Area, answers: &Answers, root: &Path) -> Result<Call, Failure> {
        let fill = |text: &str| filled(text, &area.namespace(), answers);
        let (method, path) = self
            .send
            .split_once(' ')
            .ok_or_else(|| format!("{}: `send` is METHOD PATH", self.name))?;
        let mut path = fill(path)?;
        for (key, value) in &self.query {
            let mark = if path.contains('?') { '&' } else { '?' };
            path = format!("{path}{mark}{key}={}", encoded(&fill(value)?));
        }
        let body = match (&self.body, &self.text, &self.file) {
            (Some(body), ..) => fill(&body.to_string())?.into_bytes(),
            (_, Some(text), _) => fill(text)?.into_bytes(),
            (.., Some(file)) => std::fs::read(root.join(file))
                .map_err(|e| format!("{}: {}: {e}", self.name, file.display()))?,
            _ => Vec::new(),
        };
        Ok(Call {
            method: method.to_owned(),
            path,
            content_type: self.content_type(&body),
            accept: accept(&self.accept).to_owned(),
            body,
        })
    }

    fn content_type(&self, body: &[u8]) -> String {
        let named = match self.r#type.as_str() {
            "" if body.is_empty() => "",
            "" | "json" => "application/json",
            "yaml" => "application/yaml",
            "apply" => "application/apply-patch+yaml",
            "merge" => "application/merge-patch+json",
            "strategic" => "application/strategic-merge-patch+json",
            "patch" => "application/json-patch+json",
            "protobuf" => "application/vnd.kubernetes.protobuf",
            other => other,
        };
        named.to_owned()
    }
}

/// What kubectl's printer and client-go send.
fn accept(short: &str) -> &str {
    match short {
        "" | "json" => "application/json",
        "table" => {
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
        }
        "metadata" => {
            "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
        }
        "metadata-list" => {
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
        }
        other => other,
    }
}

impl Area {
    /// The namespace of its own.
    #[must_use]
    pub fn namespace(&self) -> String {
        format!("script-{}", self.name)
    }
}

/// `text` with `$NS` and `${request.path.to.field}` replaced.
fn filled(text: &str, namespace: &str, answers: &Answers) -> Result<String, Failure> {
    let text = text.replace("$NS", namespace);
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("${") {
        let (place, tail) = after
            .split_once('}')
            .ok_or_else(|| format!("no end of a placeholder in `{text}`"))?;
        out.push_str(before);
        out.push_str(&looked_up(place, answers)?);
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

fn looked_up(place: &str, answers: &Answers) -> Result<String, Failure> {
    let mut parts = place.split('.');
    let name = parts.next().unwrap_or_default();
    let nothing = || format!("${{{place}}} names nothing");
    let mut at = answers.get(name).ok_or_else(nothing)?;
    for part in parts {
        at = match part.parse::<usize>() {
            Ok(index) if at.is_array() => at.get(index),
            _ => at.get(part),
        }
        .ok_or_else(nothing)?;
    }
    Ok(at
        .as_str()
        .map_or_else(|| at.to_string(), ToOwned::to_owned))
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn placeholders_are_filled_from_earlier_answers() {
        let answers = [(
            "made".to_owned(),
            json!({"metadata": {"uid": "u"}, "n": [7]}),
        )]
        .into();
        let check = |text: &str, want: &str| {
            assert_eq!(filled(text, "ns", &answers).as_deref(), Ok(want), "{text}");
        };
        check("/a/$NS/b", "/a/ns/b");
        check("x=${made.metadata.uid}&y=${made.n.0}", "x=u&y=7");
        assert!(filled("${other.x}", "ns", &answers).is_err());
        assert!(filled("${made", "ns", &answers).is_err());
    }

    #[test]
    fn queries_are_encoded() {
        assert_eq!(encoded("app in (a,b)"), "app%20in%20%28a%2Cb%29");
    }
}
