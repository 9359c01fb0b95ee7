//! `cargo xtask cluster`: a real Kubernetes of several nodes on this machine.

mod check;

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use synod_bed::{Bed, Direction, Fault, Options, Release, STAGES, kinds_own_is_there};

use crate::Failure;
use crate::peers;
use crate::steps::{Step, Steps};

/// A real Kubernetes of several nodes on this machine, by kind.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Make one, building what it needs
    Up(Up),
    /// Remove it with everything that belongs to it
    Down(Named),
    /// Print where its kubeconfig is
    Kubeconfig(Named),
    /// Run a shell, or a command, where kubectl reaches it
    Shell(Shell),
    /// Give its nodes images: archives, or names of images that its engine has
    Load(Load),
    /// Write the logs of nodes, pods and API server into a folder
    Logs(Logs),
    /// Let something happen to a node
    Fault(Happens),
    /// Check what it promises: faults, images, volumes, and that nothing is left of it
    Check(check::Arguments),
}

#[derive(clap::Args)]
pub(crate) struct Named {
    /// Which, if there are several
    #[arg(long, default_value = "synod")]
    name: String,
}

#[derive(clap::Args)]
pub(crate) struct Up {
    #[command(flatten)]
    named: Named,
    /// How many nodes; the first is the control plane's, and takes pods like the others
    #[arg(long, default_value_t = 3)]
    nodes: u8,
    /// Which Kubernetes: 1.37 or 1.33
    #[arg(long, default_value = "1.37")]
    version: Release,
}

#[derive(clap::Args)]
pub(crate) struct Shell {
    #[command(flatten)]
    named: Named,
    /// The command [default: $SHELL]
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

#[derive(clap::Args)]
pub(crate) struct Load {
    #[command(flatten)]
    named: Named,
    /// Archives or names
    #[arg(required = true)]
    images: Vec<String>,
}

#[derive(clap::Args)]
pub(crate) struct Logs {
    #[command(flatten)]
    named: Named,
    /// Where to
    folder: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct Happens {
    #[command(flatten)]
    named: Named,
    /// What happens
    verb: Verb,
    /// To which node
    node: String,
    /// Only packets from and to these nodes and their pods are lost (cut, deaf, mute)
    #[arg(long = "peer")]
    peers: Vec<String>,
    /// By how many milliseconds it is slow
    #[arg(long, default_value_t = 100)]
    delay_ms: u32,
    /// How many percent are lost where it is lossy
    #[arg(long, default_value_t = 20)]
    percent: u32,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Verb {
    /// Power is lost
    Kill,
    /// Power is back
    Start,
    /// Everything on it stands still
    Pause,
    /// It goes on
    Unpause,
    /// Packets from and to it vanish
    Cut,
    /// Packets to it vanish
    Deaf,
    /// Packets from it vanish
    Mute,
    /// Its link, address and routes are gone
    Unplug,
    /// What it sends comes later
    Slow,
    /// Some of what it sends is lost
    Lossy,
    /// The network is whole again
    Mend,
}

pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Up(arguments) => up(arguments),
        Command::Down(named) => Bed::down(&named.name),
        Command::Kubeconfig(named) => kubeconfig(&named),
        Command::Shell(arguments) => shell(&arguments),
        Command::Load(arguments) => load(&arguments),
        Command::Logs(arguments) => Bed::find(&arguments.named.name)?.logs(&arguments.folder),
        Command::Fault(arguments) => fault(arguments),
        Command::Check(arguments) => check::run(&arguments),
    }
}

fn up(arguments: Up) -> Result<(), Failure> {
    let options = Options {
        name: arguments.named.name,
        nodes: arguments.nodes,
        release: arguments.version,
    };
    let bed = make(&options)?;
    println!("{} is up: {}", bed.name(), bed.nodes()?.join(", "));
    let named = match bed.name() {
        name if name == Options::default().name => String::new(),
        name => format!(" --name {name}"),
    };
    println!("  cargo xtask cluster shell{named}   # with kubectl, kind and docker");
    println!("  cargo xtask cluster shell{named} kubectl get nodes");
    println!("  cargo xtask cluster down{named}");
    Ok(())
}

/// Builds what a cluster is made with, and makes it.
pub(crate) fn make(options: &Options) -> Result<Bed, Failure> {
    let look = Step {
        name: "look for kind's own node image",
        cold: "1 min",
    };
    let build = Step {
        name: "build kind, kubectl, and without that image all of Kubernetes",
        cold: "20 min",
    };
    let stages = STAGES.into_iter().map(Step::from);
    let mut steps = Steps::new([look, build].into_iter().chain(stages).collect());
    let kinds_own = steps.run(|| Ok(kinds_own_is_there(options.release)))?;
    let programs = steps.run(|| peers::cluster(options.release, kinds_own))?;
    Bed::up(options, &programs, &mut steps)
}

fn kubeconfig(named: &Named) -> Result<(), Failure> {
    let bed = Bed::find(&named.name)?;
    println!("{}", bed.kubeconfig().display());
    if bed.is_apart() {
        eprintln!("its address is reached inside only: `cargo xtask cluster shell COMMAND`");
    }
    Ok(())
}

/// Becomes the command, so that it alone has the terminal and its signals.
fn shell(arguments: &Shell) -> Result<(), Failure> {
    let bed = Bed::find(&arguments.named.name)?;
    let usual = std::env::var("SHELL").unwrap_or_else(|_| "/bin/sh".to_owned());
    let (program, rest) = match arguments.command.split_first() {
        Some((program, rest)) => (program.clone(), rest),
        None => (usual, [].as_slice()),
    };
    let failure = bed.run_inside(&program).args(rest).exec();
    Err(format!("cannot start {program}: {failure}"))
}

fn load(arguments: &Load) -> Result<(), Failure> {
    let bed = Bed::find(&arguments.named.name)?;
    arguments.images.iter().try_for_each(|image| {
        let archive = Path::new(image);
        if archive.is_file() {
            bed.load_image(archive)
        } else {
            bed.load_image_of_engine(image)
        }
    })
}

fn fault(arguments: Happens) -> Result<(), Failure> {
    let cut = |direction| Fault::Cut {
        direction,
        peers: arguments.peers.clone(),
    };
    let fault = match arguments.verb {
        Verb::Kill => Fault::Kill,
        Verb::Start => Fault::Start,
        Verb::Pause => Fault::Pause,
        Verb::Unpause => Fault::Unpause,
        Verb::Cut => cut(Direction::Both),
        Verb::Deaf => cut(Direction::In),
        Verb::Mute => cut(Direction::Out),
        Verb::Unplug => Fault::Unplug,
        Verb::Slow => Fault::Slow(arguments.delay_ms),
        Verb::Lossy => Fault::Lossy(arguments.percent),
        Verb::Mend => Fault::Mend,
    };
    Bed::find(&arguments.named.name)?.inject(&arguments.node, &fault)
}
