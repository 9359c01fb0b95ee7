//! Both images, by registry, tag and digest.

use super::ensure;
use crate::helm::Values;
use crate::{Failure, Tools};

const DIGEST: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
const OTHER: &str = "sha256:2222222222222222222222222222222222222222222222222222222222222222";

/// Values, the operator's image, the members'. `DIGEST` and `OTHER` stand for digests, `VERSION` for the chart's.
const TABLE: [(&str, &str, &str); 7] = [
    ("", "synod.dev/synod:VERSION", "synod.dev/synod:VERSION"),
    ("image.tag=v1", "synod.dev/synod:v1", "synod.dev/synod:v1"),
    (
        "image.registry=r:5000/x",
        "r:5000/x/synod:VERSION",
        "r:5000/x/synod:VERSION",
    ),
    (
        "image.digest=DIGEST",
        "synod.dev/synod@DIGEST",
        "synod.dev/synod@DIGEST",
    ),
    (
        "image.digest=DIGEST,agentImage.tag=0.0.9",
        "synod.dev/synod@DIGEST",
        "synod.dev/synod:0.0.9",
    ),
    (
        "image.tag=v1,agentImage.digest=OTHER",
        "synod.dev/synod:v1",
        "synod.dev/synod@OTHER",
    ),
    (
        "agentImage.registry=r,agentImage.repository=a",
        "synod.dev/synod:VERSION",
        "r/a:VERSION",
    ),
];

pub(super) fn follow_the_values(tools: &Tools) -> Result<(), Failure> {
    let put = |text: &str| {
        text.replace("DIGEST", DIGEST)
            .replace("OTHER", OTHER)
            .replace("VERSION", env!("CARGO_PKG_VERSION"))
    };
    for (values, operator, members) in TABLE {
        let values = put(values);
        let set: Vec<_> = values.split(',').filter(|one| !one.is_empty()).collect();
        let pod = tools.helm.template(&Values::set(&set))?.operator()?;
        let container = pod.containers.first().ok_or("no container")?;
        let image = container.image.clone().unwrap_or_default();
        ensure(image == put(operator), || {
            format!("{values}: the operator is {image}")
        })?;
        let wanted = format!("--image={}", put(members));
        let arguments = container.args.clone().unwrap_or_default();
        ensure(arguments.contains(&wanted), || {
            format!("{values}: no {wanted} in {arguments:?}")
        })?;
    }
    Ok(())
}
