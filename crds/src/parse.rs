//! Reads manifests strictly: what is unknown or wrong is refused with its place and its cure.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde_json::Value;

use crate::locate::{Step, line_of, written};
use crate::schema::{self, Problem};
use crate::{API_VERSION, definitions};

/// The most bytes that one file may have.
pub const FILE_BYTES_MAX: usize = 4 << 20;

/// One object of a file, well formed and valid by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// `apiVersion`, such as `synod.dev/v1alpha1`.
    pub api_version: String,
    /// `kind`, such as `ConsensusGroup`.
    pub kind: String,
    /// `metadata.namespace`, if given.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: String,
    /// The object as it was written, without status; defaults are left to the API server.
    pub value: Value,
    /// The line where it begins, from 1.
    pub line: usize,
}

/// What is wrong with a file, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct ParseError {
    /// The file as it was named by the caller.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The field, such as `spec.members`; empty when it is the whole document.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it; empty when the message says it.
    pub cure: String,
}

impl ParseError {
    fn sentence(&self) -> String {
        let mut text = format!("{}:{}: ", self.file, self.line);
        if !self.path.is_empty() {
            text.push_str(&format!("{}: ", self.path));
        }
        text.push_str(&self.message);
        if !self.cure.is_empty() {
            text.push_str(&format!("; {}", self.cure));
        }
        text
    }
}

/// The definition of a kind as JSON schema, by name.
fn schema_of(kind: &str) -> Option<Value> {
    let mut all = definitions().into_iter();
    let definition = all.find(|definition| definition.spec.names.kind == kind)?;
    Some(schema::of(&definition))
}

/// What may be written as `kind`.
fn known() -> String {
    let all = definitions().into_iter();
    let kinds: Vec<_> = all.map(|definition| definition.spec.names.kind).collect();
    match kinds.as_slice() {
        [one] => format!("known is {one}"),
        more => format!("known are {}", more.join(", ")),
    }
}

/// Reads all objects of `yaml` (documents are separated by `---`, empty ones skipped). `file` only names it in errors.
/// Besides the kinds of synod.dev, Secrets are taken, since they may be referred to.
///
/// # Errors
/// Everything that is wrong, in the order of the file; then nothing was taken from it.
pub fn parse(yaml: &str, file: &str) -> Result<Vec<Object>, Vec<ParseError>> {
    let mut reading = Reading {
        yaml,
        file,
        objects: Vec::new(),
        errors: Vec::new(),
    };
    if yaml.len() > FILE_BYTES_MAX {
        reading.problem(
            0,
            &[],
            format!("the file is larger than {FILE_BYTES_MAX} bytes"),
            "split it",
        );
    } else {
        reading.documents();
    }
    if reading.errors.is_empty() && reading.objects.is_empty() {
        reading.problem(
            0,
            &[],
            "there is no object in the file",
            "write apiVersion, kind, metadata and spec",
        );
    }
    if reading.errors.is_empty() {
        Ok(reading.objects)
    } else {
        Err(reading.errors)
    }
}

struct Reading<'a> {
    yaml: &'a str,
    file: &'a str,
    objects: Vec<Object>,
    errors: Vec<ParseError>,
}

impl Reading<'_> {
    fn documents(&mut self) {
        for (index, document) in serde_yaml::Deserializer::from_str(self.yaml).enumerate() {
            let decoded = serde_yaml::Value::deserialize(document)
                .and_then(|value| serde_json::to_value(value).map_err(serde::de::Error::custom));
            match decoded {
                Ok(Value::Null) => {}
                Ok(value) => self.document(index, value),
                Err(error) => {
                    self.errors.push(ParseError {
                        file: self.file.to_owned(),
                        line: error.location().map_or(1, |place| place.line()),
                        path: String::new(),
                        message: format!("not readable as YAML: {error}"),
                        cure: String::new(),
                    });
                    // After a broken document the stream cannot be followed.
                    return;
                }
            }
        }
    }

    fn document(&mut self, index: usize, mut value: Value) {
        if !value.is_object() {
            self.problem(
                index,
                &[],
                "is not an object",
                "write apiVersion, kind, metadata and spec",
            );
            return;
        }
        let before = self.errors.len();
        let api_version = self.text(index, &value, "apiVersion", API_VERSION);
        let kind = self.text(index, &value, "kind", "ConsensusGroup");
        let meta = self.metadata(index, &value);
        let (Some(api_version), Some(kind), Some(meta)) = (api_version, kind, meta) else {
            return;
        };
        if let Some(fields) = value.as_object_mut() {
            fields.remove("status");
        }
        match (api_version.as_str(), schema_of(&kind)) {
            ("v1", _) if kind == "Secret" => {}
            (API_VERSION, Some(schema)) => self.kind(index, &schema, &value),
            (API_VERSION, None) => {
                self.problem(
                    index,
                    &[field("kind")],
                    format!("{kind} is no kind of {API_VERSION}"),
                    known(),
                );
            }
            _ => self.problem(
                index,
                &[field("apiVersion")],
                format!("{api_version} {kind} is not served here"),
                format!("write apiVersion: {API_VERSION}"),
            ),
        }
        if self.errors.len() == before {
            let line = line_of(self.yaml, index, &[field("apiVersion")]);
            let name = meta.name.unwrap_or_default();
            self.objects.push(Object {
                api_version,
                kind,
                namespace: meta.namespace,
                name,
                value,
                line,
            });
        }
    }

    fn text(&mut self, index: usize, value: &Value, name: &str, example: &str) -> Option<String> {
        let found = value.get(name).and_then(Value::as_str).map(str::to_owned);
        if found.is_none() {
            self.problem(
                index,
                &[],
                format!("{name} is missing"),
                format!("write {name}: {example}"),
            );
        }
        found
    }

    fn metadata(&mut self, index: usize, value: &Value) -> Option<ObjectMeta> {
        let Some(metadata) = value.get("metadata").filter(|m| !m.is_null()).cloned() else {
            self.problem(
                index,
                &[],
                "metadata is missing",
                "write metadata: {name: …}",
            );
            return None;
        };
        let decoded: Result<ObjectMeta, _> = serde_json::from_value(metadata.clone());
        let problem = match &decoded {
            Err(error) => Some((error.to_string(), "write metadata: {name: …}".to_owned())),
            Ok(meta) if meta.name.as_deref().unwrap_or_default().is_empty() => Some((
                "metadata.name is missing".into(),
                "write metadata: {name: …}".into(),
            )),
            Ok(_) => None,
        };
        if let Some((message, cure)) = problem {
            self.problem(index, &[field("metadata")], message, cure);
            return None;
        }
        for name in metadata.as_object().into_iter().flat_map(|m| m.keys()) {
            if !METADATA.contains(&name.as_str()) {
                let path = [field("metadata"), field(name)];
                self.problem(
                    index,
                    &path,
                    "unknown field",
                    "use name, namespace, labels and annotations",
                );
            }
        }
        decoded.ok()
    }

    fn kind(&mut self, index: usize, schema: &Value, value: &Value) {
        let mut problems = schema::structural(schema, value);
        if problems.is_empty() {
            problems = schema::rules(schema, &schema::defaulted(schema, value), None);
        }
        for Problem {
            path,
            message,
            cure,
        } in problems
        {
            self.problem(index, &path, message, cure);
        }
    }

    fn problem(
        &mut self,
        index: usize,
        path: &[Step],
        message: impl Into<String>,
        cure: impl Into<String>,
    ) {
        self.errors.push(ParseError {
            file: self.file.to_owned(),
            line: line_of(self.yaml, index, path),
            path: written(path),
            message: message.into(),
            cure: cure.into(),
        });
    }
}

/// What may stand in metadata: what people write, and what `kubectl get -o yaml` prints.
const METADATA: &[&str] = &[
    "name",
    "namespace",
    "labels",
    "annotations",
    "finalizers",
    "ownerReferences",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generateName",
    "managedFields",
    "selfLink",
];

fn field(name: &str) -> Step {
    Step::Field(name.to_owned())
}
