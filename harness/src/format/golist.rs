//! Packages and modules as `go list -json` tells of them: one JSON object after another.
//!
//! Input: the text. Output: [`ListedPackage`]s or [`ListedModule`]s up to the first object that is none.

use serde::Deserialize;

/// A package.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListedPackage {
    /// Its import path.
    pub import_path: String,
    /// Its directory.
    pub dir: String,
    /// It is of the standard library.
    pub standard: bool,
    /// It is only there because another one imports it.
    pub dep_only: bool,
    /// Its module; none in the standard library.
    pub module: Option<ListedModule>,
    /// Files that are compiled, or that others of them include.
    pub go_files: Vec<String>,
    /// Files in C.
    pub c_files: Vec<String>,
    /// Files that others include.
    pub h_files: Vec<String>,
    /// Files of assembly.
    pub s_files: Vec<String>,
    /// Files that are embedded.
    pub embed_files: Vec<String>,
    /// Why it cannot be had (`-e`).
    pub error: Option<ListedError>,
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

impl ListedModule {
    /// A directory takes its place.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.replace.as_ref().is_some_and(|by| by.version.is_empty())
    }
}

impl ListedPackage {
    /// Names of its files that a build reads, in its directory.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let lists =
            [&self.go_files, &self.cgo_files, &self.c_files, &self.h_files, &self.s_files, &self.embed_files];
        lists.into_iter().flatten().map(String::as_str)
    }
}

/// What is wrong with a package or a module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListedError {
    /// Packages from the program to the one that asks for it.
    pub import_stack: Vec<String>,
    /// In the go command's words.
    pub err: String,
}

/// A module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListedModule {
    /// Its path; of a replacement, a directory or a path.
    pub path: String,
    /// Its version; empty for the main module, and for a directory.
    pub version: String,
    /// It is a main module.
    pub main: bool,
    /// No package of the main module imports it (`// indirect`).
    pub indirect: bool,
    /// Where its files are; empty if they are not there, and with `-mod=vendor`.
    pub dir: String,
    /// What takes its place.
    pub replace: Option<Box<ListedModule>>,
    /// The newest version, if that is a newer one (`-u`).
    pub update: Option<Box<ListedModule>>,
    /// Why its version was taken back (`-retracted`).
    pub retracted: Option<Vec<String>>,
    /// Why nobody should use it any more (`-u`).
    pub deprecated: String,
    /// Why it could not be asked.
    pub error: Option<ListedError>,
}

/// Reads all packages that can be read.
#[must_use]
pub fn packages(text: &str) -> Vec<ListedPackage> {
    objects(text)
}

/// Reads all modules that can be read.
#[must_use]
pub fn modules(text: &str) -> Vec<ListedModule> {
    objects(text)
}

fn objects<T: serde::de::DeserializeOwned>(text: &str) -> Vec<T> {
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

    #[test]
    fn a_module_has_what_takes_its_place_and_why_it_was_taken_back() {
        let text = r#"{"Path":"m","Main":true,"Dir":"/m"}
            {"Path":"d","Version":"v1.0.0","Indirect":true,"Replace":{"Path":"../d","Dir":"/d"},
             "Update":{"Path":"d","Version":"v1.1.0"},"Retracted":["loses data"],"Deprecated":"use e"}"#;
        let read = modules(text);
        assert!(read[0].main && read[0].dir == "/m" && !read[0].indirect);
        let module = &read[1];
        assert_eq!(
            module.replace.as_ref().map(|by| (by.path.as_str(), by.dir.as_str())),
            Some(("../d", "/d"))
        );
        assert_eq!(module.update.as_ref().map(|newer| newer.version.as_str()), Some("v1.1.0"));
        assert_eq!(
            (module.retracted.as_deref(), module.deprecated.as_str()),
            (Some(["loses data".to_owned()].as_slice()), "use e")
        );
    }

    #[test]
    fn files_of_a_package_are_those_of_all_lists() {
        let text = r#"{"GoFiles":["a.go"],"CgoFiles":["c.go"],"SFiles":["s.s"],"EmbedFiles":["t/x.txt"],"Error":{"ImportStack":["m"],"Err":"no"}}"#;
        let read = packages(text);
        assert_eq!(read[0].files().collect::<Vec<_>>(), ["a.go", "c.go", "s.s", "t/x.txt"]);
        assert_eq!(read[0].error.as_ref().map(|error| error.err.as_str()), Some("no"));
    }
}
