//! The releases of Kubernetes that beds are made of.

use std::fmt;
use std::str::FromStr;

use crate::Failure;

/// A minor release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Release {
    /// The one that everything is tested on.
    #[default]
    V1_37,
    /// The oldest that is supported.
    V1_33,
}

impl Release {
    /// kind's own node image, of those that its releases name: the one that is pinned for 1.37, the last that still had
    /// one for 1.33. Not of every version that is built here there is one.
    pub(crate) fn kinds_own(self) -> &'static str {
        match self {
            Self::V1_37 => "kindest/node:v1.37.0",
            Self::V1_33 => "kindest/node:v1.33.12",
        }
    }
}

impl FromStr for Release {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        match text {
            "1.37" => Ok(Self::V1_37),
            "1.33" => Ok(Self::V1_33),
            _ => Err("1.37 and 1.33 are the versions there are".to_owned()),
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1_37 => "1.37",
            Self::V1_33 => "1.33",
        })
    }
}

/// The versions of what is in a node image besides Kubernetes: kubeadm is told of them where they are not its own.
pub(crate) struct Tags {
    pub(crate) etcd: &'static str,
    pub(crate) dns: &'static str,
    pub(crate) pause: &'static str,
}

pub(crate) const TAGS: Tags = Tags {
    etcd: "3.6.8-0",
    dns: "v1.14.7",
    pause: "3.10.2",
};

#[cfg(test)]
mod tests {
    use super::Release;

    #[test]
    fn a_release_is_read_as_it_is_written() {
        for release in [Release::V1_37, Release::V1_33] {
            assert_eq!(release.to_string().parse(), Ok(release));
        }
        assert!("".parse::<Release>().is_err());
    }

    #[test]
    fn kinds_own_images_are_of_the_release() {
        for release in [Release::V1_37, Release::V1_33] {
            let tag = format!("kindest/node:v{release}.");
            assert!(release.kinds_own().starts_with(&tag), "{tag}");
        }
    }
}
