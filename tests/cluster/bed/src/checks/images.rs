//! Loading images.

use super::pods::Pods;
use crate::process::{output, run};
use crate::{Failure, place};

const IMAGE: &str = "synod.dev/bed/tiny:1";
const POD: &str = "
apiVersion: v1
kind: Pod
metadata: {name: tiny, namespace: bed-checks}
spec:
  restartPolicy: Never
  containers: [{name: tiny, image: 'synod.dev/bed/tiny:1', imagePullPolicy: Never, command: [/busybox, echo, hello]}]
";

/// An image of one file, from the node's own busybox, made by the engine; loaded from its archive, then run.
pub(super) fn load(pods: &Pods<'_>) -> Result<(), Failure> {
    let folder = place::beds()?.join(pods.bed.name()).join("tiny");
    place::make(&folder)?;
    let mut copy = pods.bed.docker("cp");
    copy.arg(format!("{}:/bin/busybox", pods.victim))
        .arg(&folder);
    run(&mut copy)?;
    let (content, archive) = (folder.join("content.tar"), folder.join("image.tar"));
    let mut tar = std::process::Command::new("tar");
    run(tar
        .arg("-C")
        .arg(&folder)
        .arg("-cf")
        .arg(&content)
        .arg("busybox"))?;
    run(pods.bed.docker("import").arg(&content).arg(IMAGE))?;
    run(pods.bed.docker("save").arg("-o").arg(&archive).arg(IMAGE))?;
    pods.bed.load_image(&archive)?;
    place::remove(&folder)?;
    for node in pods.bed.nodes()? {
        let mut list = pods.bed.on_node(&node, "crictl");
        if !output(list.args(["images", "--output=table"]))?.contains("synod.dev/bed/tiny") {
            return Err(format!("{node} does not have {IMAGE}"));
        }
    }
    pods.apply(POD)?;
    let mut wait = pods.kubectl("wait");
    run(wait.args([
        "--for=jsonpath={.status.phase}=Succeeded",
        "--timeout=30s",
        "pod/tiny",
    ]))
}
