//! `synod-e2e`: the scenarios at a cluster that is up. `cargo xtask e2e` makes one and runs this.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use synod_bed::Bed;
use synod_e2e::{Before, Cluster, Images, Stage, chaos, run};

#[derive(Parser)]
#[command(
    about = "Synod in a real Kubernetes, installed by Helm and harmed",
    after_help = "Closes with \"N passed, N failed\"."
)]
struct Arguments {
    /// The bed whose cluster it is
    #[arg(long, value_name = "NAME", required_unless_present_any = ["kubeconfig", "list"], conflicts_with = "kubeconfig")]
    bed: Option<String>,
    /// Another cluster, with kubectl on the path; scenarios that harm nodes are not run
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// helm
    #[arg(long, value_name = "PROGRAM", default_value = "helm")]
    helm: PathBuf,
    /// The chart
    #[arg(long, value_name = "FOLDER", default_value = "charts/synod")]
    chart: PathBuf,
    /// The chart that is upgraded from; without it and --image-before what upgrades is not run
    #[arg(long, value_name = "FOLDER", requires = "image_before")]
    chart_before: Option<PathBuf>,
    /// The image of that version
    #[arg(long, value_name = "IMAGE", requires = "chart_before")]
    image_before: Option<String>,
    /// The objects of the examples
    #[arg(long, value_name = "FOLDER", default_value = "crds/examples")]
    examples: PathBuf,
    /// The image of operator and members, as REGISTRY/NAME:TAG
    #[arg(long, default_value = "synod.dev/synod:0.1.0")]
    image: String,
    /// The same programs under another name, to roll to
    #[arg(long, default_value = "synod.dev/synod:0.1.0-again")]
    image_again: String,
    /// The image with etcdctl and the client that counts
    #[arg(long, default_value = "synod.dev/e2e-client:0.1.0")]
    client_image: String,
    /// Not the scenarios: rounds of harm without a plan, for so many minutes
    #[arg(long, value_name = "MINUTES")]
    chaos: Option<u64>,
    /// What is left to chance is drawn from it; in --chaos the next rounds count on [default: another one each time]
    #[arg(long, value_name = "SEED")]
    seed: Option<u64>,
    /// Where to write what was measured, if all goes well
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// Only those that .ci/run plays
    #[arg(long)]
    smoke: bool,
    /// Say which scenarios there are, and what each needs
    #[arg(long)]
    list: bool,
    /// Only scenarios whose name contains one of these
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list {
        run::list();
        return ExitCode::SUCCESS;
    }
    match play(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("synod-e2e: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn play(arguments: &Arguments) -> Result<bool, String> {
    let cluster = match (&arguments.bed, &arguments.kubeconfig) {
        (Some(name), _) => Cluster::of(Bed::find(name)?),
        (None, Some(file)) => Cluster::at(file.clone()),
        (None, None) => return Err("--bed or --kubeconfig says which cluster".to_owned()),
    };
    let images = Images {
        synod: arguments.image.clone(),
        again: arguments.image_again.clone(),
        client: arguments.client_image.clone(),
    };
    let (chart, image) = (
        arguments.chart_before.clone(),
        arguments.image_before.clone(),
    );
    let stage = Stage::new(
        cluster,
        images,
        arguments.helm.clone(),
        arguments.chart.clone(),
        chart
            .zip(image)
            .map(|(chart, image)| Before { chart, image }),
        arguments.examples.clone(),
        arguments.seed.unwrap_or_else(|| fastrand::u64(..1_000_000)),
    );
    println!("seed {}", stage.seed);
    match arguments.chaos {
        Some(minutes) => {
            stage.install(&stage.chart, &stage.images.synod)?;
            stage.operator_is_ready()?;
            Ok(chaos::run(&stage, Duration::from_secs(60 * minutes)))
        }
        None => {
            let meant = run::meant(&arguments.names, arguments.smoke)?;
            let passed = run::all(&stage, &meant);
            if let (true, Some(file)) = (passed, &arguments.page) {
                std::fs::write(file, run::page(&stage, &meant)?)
                    .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
            }
            Ok(passed)
        }
    }
}
