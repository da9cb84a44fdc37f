//! Packages as `go list -deps -json` tells of them: one JSON object after another.
//!
//! Input: the text. Output: [`ListedPackage`]s up to the first object that is none.

use serde::Deserialize;

/// A package.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListedPackage {
    /// Its import path.
    pub import_path: String,
    /// It is only there because another one imports it.
    pub dep_only: bool,
    /// Files that import C.
    pub cgo_files: Vec<String>,
    /// Flags of `#cgo LDFLAGS`.
    #[serde(rename = "CgoLDFLAGS")]
    pub cgo_ldflags: Vec<String>,
    /// Names of `#cgo pkg-config`.
    pub cgo_pkg_config: Vec<String>,
    /// What it imports.
    pub imports: Vec<String>,
}

/// Reads all that can be read.
#[must_use]
pub fn packages(text: &str) -> Vec<ListedPackage> {
    serde_json::Deserializer::from_str(text).into_iter().map_while(Result::ok).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_follow_one_another_and_what_is_cut_off_is_left_out() {
        let text = "{\"ImportPath\":\"net\",\"DepOnly\":true,\"CgoFiles\":[\"a.go\"]}\n{\"ImportPath\":\"m\",\"CgoLDFLAGS\":[\"-lz\"]}\n{\"Imp";
        let read = packages(text);
        assert_eq!(read.iter().map(|package| package.import_path.as_str()).collect::<Vec<_>>(), ["net", "m"]);
        assert!(read[0].dep_only && read[0].cgo_files == ["a.go"] && read[1].cgo_ldflags == ["-lz"]);
        assert!(packages("no JSON").is_empty());
    }
}
