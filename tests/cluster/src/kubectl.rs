//! `kubectl` against `synod local`: what people type, in the order in which they would.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::Failure;

/// What is applied in the beginning, and what the later steps change.
const GROUP: &str = "apiVersion: synod.dev/v1alpha1
kind: ConsensusGroup
metadata:
  name: NAME
spec:
  members: MEMBERS
  storage:
    size: 1Gi
  tls:
    mode: Disabled
";

/// One command line and what it must say.
pub struct Step {
    /// What it is, for the report.
    pub name: &'static str,
    /// Arguments of kubectl, separated by blanks.
    arguments: &'static str,
    /// Standard input: name and members of a group, and a line of its spec.
    input: Option<(&'static str, u32, &'static str)>,
    /// Whether it succeeds.
    succeeds: bool,
    /// Parts of what it prints.
    says: &'static [&'static str],
}

const fn step(name: &'static str, arguments: &'static str, says: &'static [&'static str]) -> Step {
    Step {
        name,
        arguments,
        input: None,
        succeeds: true,
        says,
    }
}

impl Step {
    const fn of(self, name: &'static str, members: u32, line: &'static str) -> Self {
        Self {
            input: Some((name, members, line)),
            ..self
        }
    }

    const fn fails(self) -> Self {
        Self {
            succeeds: false,
            ..self
        }
    }
}

/// The steps, in order; each stands on those before it.
pub const STEPS: &[Step] = &[
    step(
        "api-resources",
        "api-resources --api-group=synod.dev",
        &[
            "consensusgroups",
            "cg",
            "synod.dev/v1alpha1",
            "ConsensusGroup",
        ],
    ),
    step(
        "get",
        "get consensusgroups",
        &["NAME", "MEMBERS", "LEADER", "STATE", "config", "Ready"],
    ),
    step(
        "get by short name",
        "get cg config -o jsonpath={.spec.members}",
        &["1"],
    ),
    step("get by category", "get synod", &["config"]),
    step(
        "get pods",
        "get pods -l app.kubernetes.io/name -o name",
        &["pod/config-cg-"],
    ),
    step(
        "get as YAML",
        "get cg/config -o yaml --show-managed-fields",
        &["kind: ConsensusGroup", "manager:", "conditions:"],
    ),
    step(
        "get over all namespaces",
        "get cg -A",
        &["NAMESPACE", "default", "config"],
    ),
    step(
        "describe",
        "describe cg config",
        &[
            "Name:",
            "config",
            "Kind:",
            "ConsensusGroup",
            "Conditions:",
            "Events:",
        ],
    ),
    step(
        "describe a pod",
        "describe pods",
        &["Name:", "config-cg-1", "Containers:", "agent"],
    ),
    step(
        "explain",
        "explain cg",
        &["KIND:", "ConsensusGroup", "FIELDS:", "spec"],
    ),
    step(
        "explain a field",
        "explain cg.spec.members",
        &["FIELD: members <integer>", "How many members vote"],
    ),
    step(
        "explain all fields",
        "explain cg --recursive",
        &["electionMs", "retention"],
    ),
    step(
        "explain a kind of Kubernetes",
        "explain pod.spec.containers.image",
        &["image <string>"],
    ),
    step(
        "explain what is not there",
        "explain cg.spec.memers",
        &["field \"memers\" does not exist"],
    )
    .fails(),
    step(
        "apply",
        "apply -f -",
        &["consensusgroup.synod.dev/other created"],
    )
    .of("other", 1, ""),
    step(
        "apply the same",
        "apply -f -",
        &["consensusgroup.synod.dev/other unchanged"],
    )
    .of("other", 1, ""),
    step(
        "wait",
        "wait --for=condition=Ready cg/other --timeout=120s",
        &["condition met"],
    ),
    step("diff", "diff -f -", &["+  paused: true"])
        .of("other", 1, "  paused: true")
        .fails(),
    step(
        "apply a change",
        "apply -f -",
        &["consensusgroup.synod.dev/other configured"],
    )
    .of("other", 1, "  paused: true"),
    step(
        "apply it back",
        "apply -f -",
        &["consensusgroup.synod.dev/other configured"],
    )
    .of("other", 1, "  paused: false"),
    step(
        "apply an unknown field",
        "apply -f -",
        &["unknown field \"spec.memers\""],
    )
    .of("other", 1, "  memers: 3")
    .fails(),
    step(
        "apply an even number",
        "apply -f -",
        &["members must be 1, 3, 5 or 7"],
    )
    .of("other", 2, "")
    .fails(),
    step(
        "apply at the server",
        "apply --server-side -f -",
        &["consensusgroup.synod.dev/third serverside-applied"],
    )
    .of("third", 1, "  paused: true"),
    step(
        "apply at the server by another",
        "apply --server-side --field-manager=somebody -f -",
        &["conflict", "spec.paused"],
    )
    .of("third", 1, "  paused: false")
    .fails(),
    step(
        "rehearse",
        "apply --server-side --dry-run=server -f -",
        &["serverside-applied (server dry run)"],
    )
    .of("fourth", 1, ""),
    step(
        "what was rehearsed is not there",
        "get cg fourth",
        &["not found"],
    )
    .fails(),
    step(
        "edit",
        "edit cg third",
        &["consensusgroup.synod.dev/third edited"],
    ),
    step(
        "edit took",
        "get cg third -o jsonpath={.spec.timing.electionMs}",
        &["2000"],
    ),
    step(
        "patch",
        "patch cg third --type=merge -p {\"metadata\":{\"labels\":{\"tier\":\"back\"}}}",
        &["third patched"],
    ),
    step(
        "label",
        "label cg third tier=front --overwrite",
        &["third labeled"],
    ),
    step(
        "annotate",
        "annotate cg third note=yes",
        &["third annotated"],
    ),
    step(
        "get by label",
        "get cg -l tier=front -o name",
        &["consensusgroup.synod.dev/third"],
    ),
    step(
        "scale to an even number",
        "scale cg third --replicas=2",
        &["members must be 1, 3, 5 or 7"],
    )
    .fails(),
    step("scale", "scale cg third --replicas=3", &["third scaled"]),
    step(
        "scale took",
        "get cg third -o jsonpath={.spec.members}",
        &["3"],
    ),
    step(
        "scale from another number",
        "scale cg third --current-replicas=5 --replicas=7",
        &["Expected replicas to be 5"],
    )
    .fails(),
    step(
        "create a ConfigMap",
        "create configmap settings --from-literal=a=b",
        &["configmap/settings created"],
    ),
    step(
        "create a Secret",
        "create secret generic word --from-literal=a=b",
        &["secret/word created"],
    ),
    step(
        "create a namespace",
        "create namespace team",
        &["namespace/team created"],
    ),
    step(
        "get several kinds",
        "get configmap/settings secret/word",
        &["configmap/settings", "secret/word"],
    ),
    step(
        "patch a ConfigMap",
        "patch configmap settings -p {\"data\":{\"c\":\"d\"}}",
        &["settings patched"],
    ),
    step(
        "get with a template",
        "get cm settings -o jsonpath={.data}",
        &["\"c\":\"d\""],
    ),
    step(
        "delete several",
        "delete configmap/settings secret/word",
        &["configmap \"settings\" deleted", "secret \"word\" deleted"],
    ),
    step("events", "get events", &[]),
    step(
        "delete",
        "delete cg third --timeout=60s",
        &["consensusgroup.synod.dev \"third\" deleted"],
    ),
    step(
        "delete without waiting",
        "delete cg other --wait=false",
        &["consensusgroup.synod.dev \"other\" deleted"],
    ),
    step(
        "wait until deleted",
        "wait --for=delete cg/other --timeout=60s",
        &[],
    ),
    step(
        "delete what is not there",
        "delete cg other",
        &["not found"],
    )
    .fails(),
    step(
        "delete a namespace",
        "delete namespace team --timeout=60s",
        &["namespace \"team\" deleted"],
    ),
];

/// A running local cluster with one group `config` of one member; stopped when dropped.
pub struct Local {
    synod: PathBuf,
    kubectl: PathBuf,
    folder: tempfile::TempDir,
}

impl Local {
    /// Starts it and waits until the group is Ready.
    ///
    /// # Errors
    /// When a program is not there or the group does not get Ready.
    pub fn start(programs: &Path, kubernetes: &Path) -> Result<Self, Failure> {
        let folder = tempfile::tempdir().map_err(|e| format!("no temporary folder: {e}"))?;
        let local = Self {
            synod: programs.join("synod"),
            kubectl: kubernetes.join("kubectl"),
            folder,
        };
        let file = local.folder.path().join("group.yaml");
        std::fs::write(&file, yaml("config", 1, ""))
            .map_err(|e| format!("{}: {e}", file.display()))?;
        let mut up = local.command(&local.synod);
        up.arg("local").arg("--detach").arg("-f").arg(&file);
        let output = run(up.arg("--data").arg(local.data()), None)?;
        if output.status.success() {
            return Ok(local);
        }
        Err(format!("`synod local` failed: {}", printed(&output)))
    }

    /// Types one command line; what it prints must have what the step wants.
    ///
    /// # Errors
    /// When it does not.
    pub fn check(&self, step: &Step) -> Result<(), Failure> {
        let mut kubectl = self.command(&self.kubectl);
        kubectl.args(step.arguments.split(' '));
        let input = step
            .input
            .map(|(name, members, line)| yaml(name, members, line));
        let output = run(&mut kubectl, input.as_deref())?;
        let said = printed(&output);
        let missing = step.says.iter().find(|part| !said.contains(**part));
        if output.status.success() == step.succeeds && missing.is_none() {
            return Ok(());
        }
        let wanted = missing.map_or_else(String::new, |part| format!(", without `{part}`"));
        Err(format!(
            "`kubectl {}` ended with {}{wanted}:\n{said}",
            step.arguments, output.status
        ))
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A program that knows this cluster and nothing of the user's own.
    fn command(&self, program: &Path) -> Command {
        command(program, self.folder.path(), &self.data().join("kubeconfig"))
    }
}

fn command(program: &Path, home: &Path, kubeconfig: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env("HOME", home)
        .env("KUBECONFIG", kubeconfig)
        .env("EDITOR", "sed -i /electionMs/s/1000/2000/");
    command
}

/// Defines our kinds at another server.
///
/// # Errors
/// When kubectl cannot be run.
pub fn define(
    kubectl: &Path,
    home: &Path,
    kubeconfig: &Path,
    definitions: &Path,
) -> Result<(), Failure> {
    let mut apply = command(kubectl, home, kubeconfig);
    let output = run(apply.args(["apply", "-f"]).arg(definitions), None)?;
    if !output.status.success() {
        return Err(format!("our kinds are not taken: {}", printed(&output)));
    }
    let mut wait = command(kubectl, home, kubeconfig);
    wait.args(["wait", "--for=condition=Established", "crd", "--all"]);
    run(&mut wait, None).map(|_| ())
}

/// Types all steps at another server, whatever comes of it, for its audit log: there is no operator, so what would be
/// waited for does not come.
///
/// # Errors
/// When kubectl cannot be run.
pub fn type_all(kubectl: &Path, home: &Path, kubeconfig: &Path) -> Result<(), Failure> {
    let mut first = command(kubectl, home, kubeconfig);
    run(
        first.args(["apply", "-f", "-"]),
        Some(&yaml("config", 1, "")),
    )?;
    for step in STEPS {
        let arguments = step.arguments.split(' ').map(|word| match word {
            _ if word.starts_with("--timeout=") => "--timeout=3s",
            _ => word,
        });
        let input = step
            .input
            .map(|(name, members, line)| yaml(name, members, line));
        run(
            command(kubectl, home, kubeconfig).args(arguments),
            input.as_deref(),
        )?;
    }
    Ok(())
}

impl Drop for Local {
    fn drop(&mut self) {
        let mut down = self.command(&self.synod);
        down.arg("local").arg("down").arg("--data").arg(self.data());
        let _ = run(&mut down, None);
    }
}

fn yaml(name: &str, members: u32, line: &str) -> String {
    let group = GROUP
        .replace("NAME", name)
        .replace("MEMBERS", &members.to_string());
    format!("{group}{line}\n")
}

fn run(command: &mut Command, input: Option<&str>) -> Result<Output, Failure> {
    use std::io::Write as _;
    let cannot = |error: std::io::Error| format!("cannot run a program: {error}");
    let stdin = if input.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    };
    let mut child = command
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
        stdin.write_all(input.as_bytes()).map_err(cannot)?;
    }
    child.wait_with_output().map_err(cannot)
}

/// Everything that a program printed.
fn printed(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}
