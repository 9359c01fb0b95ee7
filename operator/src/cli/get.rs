//! `synod get`: shows objects, as a table or whole.

use super::Failure;
use super::connection::Connection;
use super::kinds::{self, Kind};
use kube::Client;
use serde_json::Value;

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io, application/json";

const EXAMPLES: &str = "\
Examples:
  synod get                      everything of synod.dev
  synod get cg                   all consensus groups of the namespace
  synod get ls/locks             one lock service
  synod get cg config -o yaml    one, whole
  synod get pods -A -o wide      pods of all namespaces, with more columns";

/// Show objects
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The kind, or KIND/NAME; all kinds of synod.dev if none is given
    kind: Option<String>,
    /// The name; all objects of the kind if none is given
    name: Option<String>,
    /// How to show them
    #[arg(short, long, value_enum)]
    output: Option<Output>,
    /// Only objects with these labels (`a=b,c in (d,e),!f`)
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    selector: Option<String>,
    /// Of all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// A table with more columns
    Wide,
    /// Whole, as YAML
    Yaml,
    /// Whole, as JSON
    Json,
    /// Only kind/name
    Name,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let client = arguments.connection.client().await?;
    let (word, name) = match (&arguments.kind, &arguments.name) {
        (Some(word), None) if word.contains('/') => {
            let (kind, name) = kinds::split(word)?;
            (Some(kind.to_owned()), Some(name.to_owned()))
        }
        (word, name) => (word.clone(), name.clone()),
    };
    let kinds = match word {
        Some(word) => vec![kinds::find(&client, &word).await?],
        None => kinds::ours(&client).await?,
    };
    let several = kinds.len() > 1;
    for kind in &kinds {
        if several {
            say!("# {}", kind.resource.plural);
        }
        show(&client, kind, name.as_deref(), &arguments).await?;
    }
    Ok(())
}

async fn show(
    client: &Client,
    kind: &Kind,
    name: Option<&str>,
    arguments: &Arguments,
) -> Result<(), Failure> {
    let namespace = (!arguments.all_namespaces).then(|| client.default_namespace().to_owned());
    let mut path = kind.path(namespace.as_deref(), name);
    if let Some(selector) = &arguments.selector {
        path = format!("{path}?labelSelector={}", encoded(selector));
    }
    let table = matches!(arguments.output, None | Some(Output::Wide));
    let accept = if table { TABLE } else { "application/json" };
    let request = http::Request::get(path)
        .header(http::header::ACCEPT, accept)
        .body(Vec::new());
    let request = request.map_err(|error| {
        Failure::new(format!(
            "{:?} cannot be asked for: {error}",
            name.unwrap_or_default()
        ))
    })?;
    let answer: Value = client.request(request).await?;
    match arguments.output {
        None | Some(Output::Wide) => print_table(
            &answer,
            arguments.output.is_some(),
            arguments.all_namespaces && kind.namespaced,
            kind,
        ),
        Some(Output::Json) => say!("{}", serde_json::to_string_pretty(&tidy(answer))?),
        Some(Output::Yaml) => show!(
            "{}",
            serde_yaml::to_string(&tidy(answer)).map_err(|e| Failure::new(e.to_string()))?
        ),
        Some(Output::Name) => {
            let items = answer["items"]
                .as_array()
                .cloned()
                .unwrap_or_else(|| vec![answer]);
            items.iter().for_each(|item| {
                say!(
                    "{}/{}",
                    kind.shown(),
                    item["metadata"]["name"].as_str().unwrap_or_default()
                )
            });
        }
    }
    Ok(())
}

/// Whole objects are read by people: who owns which field is left out.
fn tidy(mut answer: Value) -> Value {
    let strip = |object: &mut Value| {
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
        }
    };
    strip(&mut answer);
    if let Some(Value::Array(items)) = answer.get_mut("items") {
        items.iter_mut().for_each(strip);
    }
    answer
}

fn print_table(table: &Value, wide: bool, namespaces: bool, kind: &Kind) {
    let columns = table["columnDefinitions"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let shown: Vec<usize> = (0..columns.len())
        .filter(|index| wide || columns[*index]["priority"].as_i64().unwrap_or(0) == 0)
        .collect();
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "<none>".to_owned(),
        other => other.to_string(),
    };
    let mut head: Vec<String> = shown
        .iter()
        .map(|index| text(&columns[*index]["name"]).to_uppercase())
        .collect();
    if namespaces {
        head.insert(0, "NAMESPACE".to_owned());
    }
    let mut rows = vec![head];
    for row in table["rows"].as_array().into_iter().flatten() {
        let mut cells: Vec<String> = shown
            .iter()
            .map(|index| text(&row["cells"][*index]))
            .collect();
        if namespaces {
            cells.insert(0, text(&row["object"]["metadata"]["namespace"]));
        }
        rows.push(cells);
    }
    if rows.len() == 1 {
        say!("no {} found", kind.resource.plural);
    } else {
        show!("{}", aligned(&rows));
    }
}

/// Rows as columns of equal width.
pub(crate) fn aligned(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("   ").trim_end())
    };
    rows.iter().map(line).collect()
}

pub(crate) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
