//! Platforms, and which platforms can run each other's images.
//!
//! The names are Go's (`amd64`, not `x86_64`). The rules are those of the
//! [containerd/platforms](https://github.com/containerd/platforms) package, which Docker uses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::diagnose::{Diagnose, ErrorKind};

/// An operating system and an architecture, normalised. Displayed as `os/arch[/variant]`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Platform {
    /// `linux`, `windows`, …
    #[serde(default)]
    pub os: String,
    /// `amd64`, `arm64`, …
    #[serde(default)]
    pub architecture: String,
    /// `v7` of `arm/v7`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The required version of Windows.
    #[serde(default, rename = "os.version", skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// The required features of the system.
    #[serde(default, rename = "os.features", skip_serializing_if = "Option::is_none")]
    pub os_features: Option<Vec<String>>,
}

/// Architectures that may stand alone as a platform.
const ARCHITECTURES: [&str; 18] = [
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le",
    "riscv64", "s390x", "wasm", "armbe", "arm64be", "sparc64", "ppc",
];

/// Operating systems that may stand alone as a platform.
const SYSTEMS: [&str; 14] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "illumos",
    "ios",
    "js",
    "linux",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "windows",
];

impl Platform {
    /// Creates a platform from its parts and normalises it: `x86_64` becomes `amd64`, `aarch64` becomes
    /// `arm64`, …
    pub fn new(os: &str, architecture: &str, variant: Option<&str>) -> Self {
        let os = match os.to_ascii_lowercase().as_str() {
            "macos" => "darwin".to_owned(),
            other => other.to_owned(),
        };
        let variant = variant.map(str::to_ascii_lowercase).filter(|v| !v.is_empty());
        let (architecture, variant) = normalise(&architecture.to_ascii_lowercase(), variant);
        Self { os, architecture, variant, os_version: None, os_features: None }
    }

    /// Returns this machine's platform. On systems other than Linux and Windows it is Linux, because images
    /// are for Linux.
    pub fn host() -> Self {
        let os = if cfg!(windows) { "windows" } else { "linux" };
        Self::new(os, std::env::consts::ARCH, None)
    }

    /// Returns this machine's platform with the level of its processor, `linux/amd64/v3`, by which images are
    /// chosen.
    pub fn host_with_level() -> Self {
        Self { variant: host_level().map(str::to_owned).or(Self::host().variant), ..Self::host() }
    }

    /// Reports whether it is `unknown/unknown`, as for attestations.
    pub fn is_unknown(&self) -> bool {
        self.os == "unknown" && self.architecture == "unknown"
    }

    /// Reports whether an image for `image` runs on this platform.
    pub fn runs(&self, image: &Self) -> bool {
        self.fitting().iter().any(|fit| fit.same_machine(image))
    }

    /// Reports whether both name the same machine. The version and the features of the system are ignored.
    pub(super) fn same_machine(&self, other: &Self) -> bool {
        let other = Self::new(&other.os, &other.architecture, other.variant.as_deref());
        (&self.os, &self.architecture, &self.variant) == (&other.os, &other.architecture, &other.variant)
    }

    /// Returns the platforms whose images run here, the best first. The first is this platform, even if its
    /// variant is unknown.
    pub(super) fn fitting(&self) -> Vec<Self> {
        let mut fitting = self.related();
        if fitting.first() != Some(self) {
            fitting.insert(0, self.clone());
        }
        fitting
    }

    /// Returns the platforms whose images a processor of this architecture runs, the best first.
    fn related(&self) -> Vec<Self> {
        let with = |architecture: &str, variant: Option<String>| {
            Self::new(&self.os, architecture, variant.as_deref())
        };
        match self.architecture.as_str() {
            "amd64" => {
                let level = self.level().unwrap_or(1);
                let levels = (1..=level).rev().map(|n| with("amd64", Some(format!("v{n}"))));
                levels.chain([with("386", None)]).collect()
            }
            "arm64" => {
                let arm = (5..=8).rev().map(|n| with("arm", Some(format!("v{n}"))));
                self.arm64_variants().into_iter().map(|v| with("arm64", Some(v))).chain(arm).collect()
            }
            "arm" => {
                let level = self.level().unwrap_or(7);
                (level.min(5)..=level).rev().map(|n| with("arm", Some(format!("v{n}")))).collect()
            }
            _ => vec![self.clone()],
        }
    }

    /// Returns the number of a variant `vN`.
    fn level(&self) -> Option<u8> {
        self.variant.as_deref()?.strip_prefix('v')?.parse().ok()
    }

    /// Returns the variants that run here: `v8.2` runs `v8.1` and `v8`, and `v9.x` also runs `v8.(x+5)`.
    fn arm64_variants(&self) -> Vec<String> {
        let variant = self.variant.as_deref().unwrap_or("v8");
        let number = variant.strip_prefix('v').unwrap_or(variant);
        let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
        let (Ok(major), Ok(minor)) = (major.parse::<u8>(), minor.parse::<u8>()) else {
            return vec![variant.to_owned()];
        };
        let name = |major: u8, minor: u8| match minor {
            0 => format!("v{major}"),
            _ => format!("v{major}.{minor}"),
        };
        let mut variants: Vec<_> = (0..=minor).rev().map(|minor| name(major, minor)).collect();
        if major == 9 {
            variants.extend((0..=minor.saturating_add(5).min(9)).rev().map(|minor| name(8, minor)));
        }
        variants
    }
}

fn normalise(architecture: &str, variant: Option<String>) -> (String, Option<String>) {
    let named =
        |architecture: &str, variant: Option<&str>| (architecture.to_owned(), variant.map(str::to_owned));
    match (architecture, variant.as_deref()) {
        ("i386" | "i486" | "i586" | "i686" | "x86", _) => named("386", None),
        ("x86_64" | "x86-64" | "amd64", None | Some("v1")) => named("amd64", None),
        ("x86_64" | "x86-64" | "amd64", _) => ("amd64".to_owned(), variant),
        ("aarch64" | "arm64", None | Some("8" | "v8" | "v8.0")) => named("arm64", None),
        ("aarch64" | "arm64", Some("9" | "9.0" | "v9.0")) => named("arm64", Some("v9")),
        ("aarch64" | "arm64", _) => ("arm64".to_owned(), variant),
        ("armhf", _) => named("arm", Some("v7")),
        ("armel", _) => named("arm", Some("v6")),
        ("arm", None | Some("7")) => named("arm", Some("v7")),
        ("arm", Some(level @ ("5" | "6" | "8"))) => ("arm".to_owned(), Some(format!("v{level}"))),
        ("loongarch64", _) => named("loong64", None),
        ("powerpc64le", _) => named("ppc64le", None),
        _ => (architecture.to_owned(), variant),
    }
}

/// Returns the highest level of x86-64 that this machine supports, so that images built for it are preferred.
fn host_level() -> Option<&'static str> {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        let v2 = has!("sse4.2") && has!("ssse3") && has!("popcnt");
        let v3 = v2 && has!("avx2") && has!("bmi1") && has!("bmi2") && has!("fma") && has!("lzcnt");
        let v4 = v3 && has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl");
        match (v2, v3, v4) {
            (_, _, true) => Some("v4"),
            (_, true, _) => Some("v3"),
            (true, ..) => Some("v2"),
            _ => None,
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    None
}

impl FromStr for Platform {
    type Err = PlatformError;

    /// Parses `os`, `arch` or `os/arch[/variant]`. Missing parts are this machine's.
    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let valid = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        };
        let parts: Vec<&str> = text.split('/').collect();
        if parts.len() > 3 || !parts.iter().all(|part| valid(part)) {
            return Err(PlatformError::Format(text.to_owned()));
        }
        match parts[..] {
            [alone] => {
                let as_os = Self::new(alone, std::env::consts::ARCH, None);
                let as_architecture = Self::new("linux", alone, None);
                if SYSTEMS.contains(&as_os.os.as_str()) {
                    Ok(as_os)
                } else if ARCHITECTURES.contains(&as_architecture.architecture.as_str()) {
                    Ok(as_architecture)
                } else {
                    Err(PlatformError::Unknown(text.to_owned()))
                }
            }
            [os, architecture] => Ok(Self::new(os, architecture, None)),
            [os, architecture, variant] => Ok(Self::new(os, architecture, Some(variant))),
            _ => Err(PlatformError::Format(text.to_owned())),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.variant {
            Some(variant) => write!(f, "{}/{}/{variant}", self.os, self.architecture),
            None => write!(f, "{}/{}", self.os, self.architecture),
        }
    }
}

impl fmt::Debug for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text is not a platform. Docker's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlatformError {
    /// A single word that is neither an operating system nor an architecture.
    #[error("{0:?}: unknown operating system or architecture: invalid argument")]
    Unknown(String),
    /// The text has too many parts or invalid characters.
    #[error("{0:?}: cannot parse platform specifier: invalid argument")]
    Format(String),
}

impl Diagnose for PlatformError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_other_systems_are_normalised() {
        for (text, normal) in [
            ("linux/x86_64", "linux/amd64"),
            ("linux/amd64/v1", "linux/amd64"),
            ("linux/aarch64", "linux/arm64"),
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/armhf", "linux/arm/v7"),
            ("linux/armel", "linux/arm/v6"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/i386", "linux/386"),
            ("macos/arm64", "darwin/arm64"),
            ("arm64", "linux/arm64"),
        ] {
            assert_eq!(text.parse::<Platform>().unwrap().to_string(), normal);
        }
    }

    #[test]
    fn an_invalid_platform_is_refused_in_dockers_words() {
        let error = |text: &str| text.parse::<Platform>().unwrap_err().to_string();
        assert_eq!(
            error("nonsense"),
            r#""nonsense": unknown operating system or architecture: invalid argument"#
        );
        assert_eq!(
            error("bad/plat/form/x"),
            r#""bad/plat/form/x": cannot parse platform specifier: invalid argument"#
        );
        assert_eq!(error("linux//v8"), r#""linux//v8": cannot parse platform specifier: invalid argument"#);
    }

    /// Generates platforms as people and images write them, known and unknown.
    pub(in crate::image) fn platforms() -> impl Strategy<Value = String> {
        let os = prop_oneof![Just("linux".to_owned()), Just("macos".to_owned()), "[A-Za-z0-9._-]{1,6}"];
        let architecture = prop::sample::select(vec![
            "amd64", "x86_64", "arm64", "aarch64", "arm", "armhf", "armel", "386", "riscv64",
        ]);
        let variant =
            prop_oneof![Just(String::new()), "/v?[0-9]{1,3}([.][0-9]{1,3})?", "/[A-Za-z0-9._-]{1,4}"];
        (os, architecture, variant)
            .prop_map(|(os, architecture, variant)| format!("{os}/{architecture}{variant}"))
    }

    proptest! {
        #[test]
        fn a_platform_that_is_displayed_is_parsed_to_the_same(text in platforms()) {
            let platform: Platform = text.parse().unwrap();
            prop_assert_eq!(&platform.to_string().parse::<Platform>().unwrap(), &platform);
            let written = serde_json::to_string(&platform).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Platform>(&written).unwrap(), &platform);
        }
    }
}
