//! `go mod graph`: a line for each requirement, `PATH[@VERSION] PATH@VERSION`.

use super::Module;

/// A module's go.mod requires at least this version of another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requirement {
    /// Whose go.mod.
    pub by: Module,
    /// What it requires.
    pub of: Module,
}

/// Reads all lines that are requirements of modules; Go's own release (`go@1.23`, `toolchain@…`) is none.
#[must_use]
pub fn requirements(text: &str) -> Vec<Requirement> {
    text.lines()
        .filter_map(|line| {
            let (by, of) = line.trim().split_once(' ')?;
            Some(Requirement { by: node(by), of: node(of) })
        })
        .filter(|Requirement { by, of }| ![by, of].into_iter().any(is_go))
        .collect()
}

fn node(text: &str) -> Module {
    let (path, version) = text.rsplit_once('@').unwrap_or((text, ""));
    Module::new(path, version)
}

fn is_go(module: &Module) -> bool {
    ["go", "toolchain"].contains(&module.path.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_requirement_and_gos_release_is_none() {
        let text = "example.com/app example.com/dep@v1.0.0\nexample.com/app go@1.23\ngo@1.23 toolchain@go1.23\n\nexample.com/dep@v1.0.0 example.com/low/v2@v2.0.1\nhalf";
        let app = Module::new("example.com/app", "");
        let dep = Module::new("example.com/dep", "v1.0.0");
        let low = Module::new("example.com/low/v2", "v2.0.1");
        let expected = [Requirement { by: app, of: dep.clone() }, Requirement { by: dep, of: low }];
        assert_eq!(requirements(text), expected);
    }
}
