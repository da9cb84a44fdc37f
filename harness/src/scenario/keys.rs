//! The build keys of the file form, as one table: `[build]`, a variant's `build` and the axes of
//! `[matrix]` are made from it, so that the three cannot drift apart.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::resolved::{BuildSpec, DebugInfo};

/// Value of `-mod`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum ModMode {
    /// Dependencies from the vendor directory.
    Vendor,
    /// Dependencies from the module cache, go.mod may be updated.
    Mod,
    /// Dependencies from the module cache, go.mod may not change.
    Readonly,
}

/// Value of `-buildvcs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum BuildVcs {
    /// `true` or `false`.
    Fixed(bool),
    /// `"auto"`.
    Auto(Auto),
}

/// The word `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Auto {
    /// Where there is a repository.
    Auto,
}

macro_rules! build_keys {
    ($( $(#[doc = $doc:literal])+ $field:ident: $type:ty = $key:literal ),+ $(,)?) => {
        /// Inputs of `go build`. A key that is not given has Go's default.
        #[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub(super) struct BuildKeys {
            $( $(#[doc = $doc])+ #[serde(rename = $key)] pub $field: Option<$type>, )+
        }

        /// A cross product of build keys: each key has an array of values, and each combination is
        /// a variant named after them (`trimpath=true,tags=prod`).
        #[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub(super) struct Matrix {
            $( $(#[doc = $doc])+ #[serde(rename = $key)] pub $field: Option<Vec<$type>>, )+
            /// Combinations to build as well; their keys need not be axes.
            pub include: Vec<BuildKeys>,
            /// Combinations to leave out: those that have all the values of an entry.
            pub exclude: Vec<BuildKeys>,
        }

        impl BuildKeys {
            /// `self` where it says something, `base` elsewhere. Arrays replace; `env` is a table,
            /// whose variables are keys of their own.
            pub(super) fn over(&self, base: &Self) -> Self {
                let mut merged = Self { $( $field: self.$field.clone().or_else(|| base.$field.clone()), )+ };
                if let (Some(env), Some(base)) = (&mut merged.env, &base.env) {
                    base.iter().for_each(|(name, value)| {
                        env.entry(name.clone()).or_insert_with(|| value.clone());
                    });
                }
                merged
            }

            /// Has every value that `filter` gives.
            pub(super) fn matches(&self, filter: &Self) -> bool {
                $( (filter.$field.is_none() || filter.$field == self.$field) )&&+
            }

            /// `key=value` of every key given, joined with commas.
            pub(super) fn label(&self) -> String {
                let mut parts = Vec::new();
                $( parts.extend(self.$field.as_ref().map(|value| format!("{}={}", $key, value.label()))); )+
                parts.join(",")
            }
        }

        impl Matrix {
            /// Axes by key with their number of values.
            pub(super) fn axes(&self) -> Vec<(&'static str, usize)> {
                let mut axes = Vec::new();
                $( axes.extend(self.$field.as_ref().map(|values| ($key, values.len()))); )+
                axes
            }

            /// Every combination of the axes' values, in the order of this table, the last axis
            /// changing fastest. The caller has checked the size.
            pub(super) fn cross(&self) -> Vec<BuildKeys> {
                let mut all = vec![BuildKeys::default()];
                $( if let Some(values) = &self.$field {
                    all = all
                        .iter()
                        .flat_map(|combination| values.iter().map(move |value| BuildKeys {
                            $field: Some(value.clone()),
                            ..combination.clone()
                        }))
                        .collect();
                } )+
                all
            }
        }
    };
}

build_keys! {
    /// Words of `-ldflags`: `["-X", "main.version=1.2.3"]`.
    ldflags: Vec<String> = "ldflags",
    /// Words of `-gcflags`: `["-N", "-l"]`.
    gcflags: Vec<String> = "gcflags",
    /// Package pattern that `gcflags` apply to; the main module's packages by default, `all` for
    /// every package (which compiles the standard library again).
    gcflags_for: String = "gcflags_for",
    /// Words of `-asmflags`, for the main module's packages.
    asmflags: Vec<String> = "asmflags",
    /// Build tags.
    tags: Vec<String> = "tags",
    /// `-trimpath`.
    trimpath: bool = "trimpath",
    /// `-mod`.
    mod_mode: ModMode = "mod",
    /// `CGO_ENABLED`.
    cgo: bool = "cgo",
    /// `-race`.
    race: bool = "race",
    /// `-pgo`: `auto`, `off`, or a profile's path relative to this file.
    pgo: String = "pgo",
    /// `GOOS`.
    goos: String = "goos",
    /// `GOARCH`.
    goarch: String = "goarch",
    /// Go release to build with (`go1.27.4`); fetched by the go command when it isn't there.
    toolchain: String = "toolchain",
    /// Words of `GOEXPERIMENT`.
    experiment: Vec<String> = "experiment",
    /// `-buildvcs`.
    buildvcs: BuildVcs = "buildvcs",
    /// Make one more run, which nothing is measured in, of a build with `-cover -covermode=atomic`: which code runs, and which
    /// code that allocates does not. The other builds are without.
    cover: bool = "cover",
    /// A static binary: without cgo, or with `-extldflags -static` when `cgo = true`.
    static_link: bool = "static",
    /// Debug information of the binary.
    debug: DebugInfo = "debug",
    /// Environment of the build (`GOAMD64`, `CC`, `GOFLAGS`); a variant's adds to it.
    env: BTreeMap<String, String> = "env",
}

impl From<BuildKeys> for BuildSpec {
    fn from(keys: BuildKeys) -> Self {
        Self {
            ldflags: keys.ldflags.unwrap_or_default(),
            gcflags: keys.gcflags.unwrap_or_default(),
            gcflags_for: keys.gcflags_for,
            asmflags: keys.asmflags.unwrap_or_default(),
            tags: keys.tags.unwrap_or_default(),
            trimpath: keys.trimpath.unwrap_or_default(),
            mod_mode: keys.mod_mode.as_ref().map(Label::label),
            cgo: keys.cgo,
            race: keys.race.unwrap_or_default(),
            pgo: keys.pgo,
            goos: keys.goos,
            goarch: keys.goarch,
            toolchain: keys.toolchain,
            experiment: keys.experiment.unwrap_or_default(),
            buildvcs: keys.buildvcs.as_ref().map(Label::label),
            cover: keys.cover.unwrap_or_default(),
            static_link: keys.static_link.unwrap_or_default(),
            debug: keys.debug.unwrap_or_default(),
            env: keys.env.unwrap_or_default(),
        }
    }
}

/// A value as it stands in a variant's name.
pub(super) trait Label {
    /// The text, not yet safe as a file name.
    fn label(&self) -> String;
}

impl Label for bool {
    fn label(&self) -> String {
        self.to_string()
    }
}

impl Label for String {
    fn label(&self) -> String {
        self.clone()
    }
}

impl Label for Vec<String> {
    fn label(&self) -> String {
        if self.is_empty() { "none".to_owned() } else { self.join("+") }
    }
}

impl Label for BTreeMap<String, String> {
    fn label(&self) -> String {
        self.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().label()
    }
}

impl Label for ModMode {
    fn label(&self) -> String {
        match self {
            Self::Vendor => "vendor",
            Self::Mod => "mod",
            Self::Readonly => "readonly",
        }
        .to_owned()
    }
}

impl Label for BuildVcs {
    fn label(&self) -> String {
        match self {
            Self::Fixed(value) => value.label(),
            Self::Auto(_) => "auto".to_owned(),
        }
    }
}

impl Label for DebugInfo {
    fn label(&self) -> String {
        match self {
            Self::Full => "full",
            Self::Split => "split",
            Self::Stripped => "stripped",
        }
        .to_owned()
    }
}
