//! The checks: some for every file in `values/`, some once.

mod arguments;
mod definitions;
mod flows;
mod further;
mod images;
mod lifecycle;
mod lint;
mod metrics;
mod monitors;
mod notes;
mod objects;
mod permissions;
mod promtool;
mod restricted;
mod schema;
mod starts;
mod versions;

use std::path::PathBuf;

use synod_cluster::servers::Programs;

use crate::helm::Values;
use crate::rendered::Rendered;
use crate::{Failure, Tools, repository};

/// How a check ended.
pub enum Outcome {
    /// All is as it should be.
    Passed,
    /// It cannot be run here, for this reason.
    NotRun(String),
    /// It was not asked for; what is not covered without it.
    LeftOut(&'static str),
    /// Something is not as it should be.
    Failed(Failure),
}

/// One check.
pub struct Check {
    /// Its name; with the values' if it is one of those for all values.
    pub name: String,
    body: Body,
}

enum Body {
    Once(fn(&Tools) -> Result<(), Failure>),
    /// Of what is rendered for these values.
    Each(fn(&Tools, &Case) -> Result<(), Failure>, PathBuf),
    Promtool(fn(&Tools, &std::path::Path) -> Result<(), Failure>),
    Api(fn(&Tools, &Programs) -> Result<(), Failure>),
}

/// A file of values and what is rendered for it.
pub struct Case {
    /// The values.
    pub values: Values,
    /// The rendering.
    pub rendered: Rendered,
    /// The namespaces that the values say are watched; none: all.
    pub watched: Vec<String>,
}

type Each = (&'static str, fn(&Tools, &Case) -> Result<(), Failure>);
type Once = (&'static str, fn(&Tools) -> Result<(), Failure>);

const EACH: &[Each] = &[
    ("lint", lint::finds_nothing),
    ("objects", objects::are_known_and_placed),
    ("permissions", permissions::are_the_operators),
    ("restricted", restricted::pods_are),
    ("arguments", arguments::are_taken),
];

const ONCE: &[Once] = &[
    ("arguments/sensitive", arguments::others_are_refused),
    ("definitions", definitions::are_the_repositorys),
    ("definitions/left away", definitions::can_be_left_away),
    ("permissions/people", permissions::of_people),
    ("schema/typos", schema::refuses_typos),
    ("schema/parents", schema::takes_what_parents_hand_down),
    ("schema/whole", schema::lists_every_value),
    ("images", images::follow_the_values),
    ("flows", flows::are_admitted_or_not),
    ("monitors", monitors::select_what_there_is),
    ("metrics", metrics::exist),
    ("notes", notes::can_be_followed),
    ("readme", notes::readme_can_be_followed),
    ("further", further::is_put_in),
    ("two releases", objects::of_two_releases_are_others),
    ("starts", starts::as_deployed),
    ("versions", versions::agree),
];

impl Check {
    /// Runs it.
    #[must_use]
    pub fn run(&self, tools: &Tools) -> Outcome {
        let result = match &self.body {
            Body::Once(check) => check(tools),
            Body::Each(check, file) => Case::of(tools, file).and_then(|case| check(tools, &case)),
            Body::Promtool(check) => match &tools.promtool {
                Some(promtool) => check(tools, promtool),
                None => return Outcome::NotRun("there is no promtool".to_owned()),
            },
            Body::Api(check) => match &tools.kubernetes {
                Some(programs) => check(tools, programs),
                None => return Outcome::LeftOut("without --api: not installed anywhere"),
            },
        };
        result.map_or_else(Outcome::Failed, |()| Outcome::Passed)
    }
}

impl Case {
    fn of(tools: &Tools, file: &std::path::Path) -> Result<Self, Failure> {
        let values = Values {
            files: vec![file.to_owned()],
            set: Vec::new(),
        };
        let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
        let read: serde_json::Value =
            serde_yaml::from_str(&text).map_err(|error| error.to_string())?;
        let watched = read["watchNamespaces"].as_array().into_iter().flatten();
        let watched = watched.filter_map(|name| name.as_str().map(str::to_owned));
        Ok(Self {
            rendered: tools.helm.template(&values)?,
            watched: watched.collect(),
            values,
        })
    }
}

/// All checks.
///
/// # Errors
/// When the folder of values cannot be read.
pub fn all() -> Result<Vec<Check>, Failure> {
    let mut all = Vec::new();
    for file in files()? {
        let of = file.file_stem().unwrap_or_default().display().to_string();
        all.extend(EACH.iter().map(|(name, check)| Check {
            name: format!("{name} ({of})"),
            body: Body::Each(*check, file.clone()),
        }));
    }
    let once = ONCE.iter().map(|(name, check)| Check {
        name: (*name).to_owned(),
        body: Body::Once(*check),
    });
    let lifecycle = Check {
        name: "lifecycle".to_owned(),
        body: Body::Api(lifecycle::at_a_real_api),
    };
    let promtool = promtool::ALL.iter().map(|(name, check)| Check {
        name: (*name).to_owned(),
        body: Body::Promtool(*check),
    });
    Ok(all
        .into_iter()
        .chain(once)
        .chain(promtool)
        .chain([lifecycle])
        .collect())
}

/// The files of values, in order.
fn files() -> Result<Vec<PathBuf>, Failure> {
    let folder = repository::root().join("tests/chart/values");
    let entries = std::fs::read_dir(&folder)
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    if files.is_empty() {
        return Err(format!("{} is empty", folder.display()));
    }
    Ok(files)
}

/// Fails with `why` unless `holds`.
fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(why()) }
}
