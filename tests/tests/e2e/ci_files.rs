//! The files for CI that are there to be copied, `action.yml` and `ci/`: they are sound, they ask the binary for what it has, and their
//! scripts, run as a runner runs them, do what their comments say.

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use harness_tests::{Bench, harness_binary};
use serde_json::Value;

/// Keeps half a kilobyte per call.
const LEAK: &str = "package main\n\nvar kept [][]byte\n\nfunc handle() { kept = append(kept, make([]byte, 512)) }\n\n\
                    func main() {\n\tfor range 1000 {\n\t\thandle()\n\t}\n}\n";

fn repository() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Utf8Path::new("/")).to_owned()
}

fn text(file: &str) -> Result<String> {
    std::fs::read_to_string(repository().join(file)).with_context(|| format!("no `{file}`"))
}

fn yaml(file: &str) -> Result<Value> {
    serde_yaml_ng::from_str(&text(file)?).with_context(|| format!("`{file}` is no YAML"))
}

fn tool(name: &str) -> Result<Utf8PathBuf> {
    let go = Command::new("go").args(["env", "GOPATH"]).output().context("no Go")?;
    let own = Utf8Path::new(String::from_utf8_lossy(&go.stdout).trim()).join("bin");
    let path = std::env::var("PATH")?;
    let mut places = path.split(':').map(Utf8PathBuf::from).chain([own]).map(|dir| dir.join(name));
    places.find(|path| path.is_file()).with_context(|| format!("no {name}: `cargo xtask tools` installs it"))
}

/// A runner's machine: a checkout with a scenario that leaks, and the files that GitHub's runner has for a step.
struct Runner {
    bench: Bench,
    steps: Vec<Value>,
    /// What `${{ … }}` stands for.
    expressions: BTreeMap<String, String>,
}

impl Runner {
    fn new() -> Result<Self> {
        let bench = Bench::with_module("shop", LEAK, "[expect]\nleaks = []\n")?;
        for dir in ["temp", "fake"] {
            std::fs::create_dir_all(bench.root().join(dir))?;
        }
        let action = yaml("action.yml")?;
        let steps = action["runs"]["steps"].as_array().context("no steps")?.clone();
        let mut expressions: BTreeMap<String, String> = [
            ("github.action_path", repository().as_str()),
            ("github.token", "secret"),
            ("github.event.pull_request.number", "12"),
            ("inputs.scenario", "shop"),
            ("inputs.token", "secret"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        for (name, input) in action["inputs"].as_object().context("no inputs")? {
            let value = input["default"].as_str().unwrap_or_default().to_owned();
            expressions.entry(format!("inputs.{name}")).or_insert(value);
        }
        Ok(Self { bench, steps, expressions })
    }

    /// A program of the machine, as a script.
    fn fake(&self, name: &str, script: &str) -> Result<()> {
        let path = self.bench.write(format!("fake/{name}"), &format!("#!/bin/bash\n{script}\n"))?;
        Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))?)
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.bench.root().join(file)).unwrap_or_default()
    }

    /// Runs a step's script as GitHub's runner does, and keeps what it gives out.
    fn step(&mut self, id: &str) -> Result<Output> {
        let step =
            self.steps.iter().find(|step| step["id"] == id).with_context(|| format!("no step `{id}`"))?;
        let script = self.bench.write("temp/step.sh", step["run"].as_str().context("no script")?)?;
        let output = self.bench.write("temp/output", "")?;
        let root = self.bench.root();
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", script.as_str()]);
        let path = format!("{0}/fake:{0}/temp/harness-installed/bin:{1}", root, std::env::var("PATH")?);
        command.current_dir(root).env("PATH", path).env("GITHUB_ACTIONS", "true");
        command.env("RUNNER_TEMP", root.join("temp")).env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64");
        command.env("GITHUB_OUTPUT", &output).env("GITHUB_PATH", root.join("temp/path"));
        command.env("GITHUB_STEP_SUMMARY", root.join("temp/summary.md")).env("GITHUB_REPOSITORY", "me/shop");
        command.env("FAKE", root.join("fake")).env("HARNESS", harness_binary()?).envs(self.bench.mark());
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            command.env(name, self.evaluated(value.as_str().unwrap_or_default())?);
        }
        let ended = command.output()?;
        for line in std::fs::read_to_string(&output)?.lines() {
            let (name, value) = line.split_once('=').context("an output without a value")?;
            self.expressions.insert(format!("steps.{id}.outputs.{name}"), value.to_owned());
        }
        Ok(ended)
    }

    fn evaluated(&self, value: &str) -> Result<String> {
        let Some(name) = value.strip_prefix("${{ ").and_then(|rest| rest.strip_suffix(" }}")) else {
            bail!("`{value}` is not one expression");
        };
        self.expressions.get(name).cloned().with_context(|| format!("nothing is known of `{name}`"))
    }

    fn output(&self, name: &str) -> &str {
        self.expressions.get(&format!("steps.{name}")).map_or("", String::as_str)
    }

    /// The binary as if it had been installed.
    fn install(&mut self) -> Result<Output> {
        self.fake("cargo", "echo \"$@\" >> \"$FAKE/cargo.log\"\nmkdir -p \"$RUNNER_TEMP/harness-installed/bin\"\ncp \"$HARNESS\" \"$RUNNER_TEMP/harness-installed/bin/harness\"")?;
        self.step("install")
    }
}

#[test]
fn actionlint_finds_the_workflow_sound_with_the_inputs_that_the_action_has() -> Result<()> {
    let bench = Bench::new()?;
    let workflow = text("ci/github.yml")?;
    assert!(workflow.contains("uses: CHANGE_ME/harness@main"), "{workflow}");
    // A local action's inputs are checked, another repository's are not.
    bench.write(
        ".github/workflows/leaks.yml",
        &workflow.replace("uses: CHANGE_ME/harness@main", "uses: ./"),
    )?;
    bench.write("action.yml", &text("action.yml")?)?;
    std::fs::create_dir(bench.root().join(".git"))?;
    let lint = Command::new(tool("actionlint")?).current_dir(bench.root()).output()?;
    assert!(lint.status.success(), "{}", String::from_utf8_lossy(&lint.stdout));
    bench.edit(".github/workflows/leaks.yml", "scenario: ${{", "scenery: ${{")?;
    let lint = Command::new(tool("actionlint")?).current_dir(bench.root()).output()?;
    assert!(!lint.status.success(), "a wrong input is not seen");
    Ok(())
}

#[test]
fn no_script_of_the_action_has_an_expression_in_it() -> Result<()> {
    for step in yaml("action.yml")?["runs"]["steps"].as_array().context("no steps")? {
        let script = step["run"].as_str().unwrap_or_default();
        assert!(!script.contains("${{"), "what somebody types would be run: {script}");
        assert_eq!(step["run"].is_string(), step["shell"] == "bash", "{step:#}");
    }
    Ok(())
}

#[test]
fn the_harness_is_built_once_and_its_key_changes_with_its_sources() -> Result<()> {
    let mut runner = Runner::new()?;
    assert!(runner.step("key")?.status.success());
    let key = runner.output("key.outputs.key").to_owned();
    let sum = key.strip_prefix("harness-Linux-X64-").unwrap_or_default();
    assert!(sum.len() == 16 && sum.chars().all(|c| c.is_ascii_hexdigit()), "{key}");
    for (path, text) in [("a/harness/src/x.rs", ""), ("a/Cargo.toml", ""), ("a/Cargo.lock", "")] {
        runner.bench.write(path, text)?;
    }
    let other = runner.bench.root().join("a").into_string();
    runner.expressions.insert("github.action_path".to_owned(), other);
    let mut keys = Vec::new();
    for text in ["one", "two"] {
        runner.bench.write("a/harness/src/x.rs", text)?;
        assert!(runner.step("key")?.status.success());
        keys.push(runner.output("key.outputs.key").to_owned());
    }
    assert!(keys.first() != keys.last() && !keys.contains(&key), "{keys:?}");

    for _ in 0..2 {
        let ended = runner.install()?;
        assert!(ended.status.success(), "{ended:?}");
    }
    let log = runner.read("fake/cargo.log");
    assert_eq!(log.lines().count(), 1, "what is cached is not built: {log}");
    assert!(log.contains("install --locked") && log.contains("--path"), "{log}");
    assert!(runner.read("temp/path").contains("temp/harness-installed/bin"), "later steps find it");
    Ok(())
}

#[test]
fn a_leak_fails_the_job_after_its_reports_are_written_and_one_comment_is_kept_up_to_date() -> Result<()> {
    let mut runner = Runner::new()?;
    assert!(runner.install()?.status.success());
    let ended = runner.step("run")?;
    assert!(ended.status.success(), "what comes after it must run: {ended:?}");
    assert_eq!(runner.output("run.outputs.exit-code"), "1", "{ended:?}");
    assert_eq!(runner.output("run.outputs.sarif"), "true");
    let reports = Utf8PathBuf::from(runner.output("run.outputs.reports"));
    for name in
        ["junit.xml", "harness.sarif", "code-scanning.sarif", "comment.md", "report.html", "report.json"]
    {
        assert!(reports.join(name).metadata().is_ok_and(|meta| meta.len() > 0), "no {name} in {reports}");
    }
    assert!(String::from_utf8_lossy(&ended.stdout).contains("::error"), "{ended:?}");
    assert!(runner.read("temp/summary.md").contains("main.handle"), "the job's summary has the report");

    let gh = "echo \"$@\" >> \"$FAKE/gh.log\"\nfor word; do case $word in body=@*) cp \"${word#body=@}\" \"$FAKE/body.md\";; esac; done\n\
              case \"$*\" in *--jq*) cat \"$FAKE/known\" 2> /dev/null || true;; esac";
    runner.fake("gh", gh)?;
    assert!(runner.step("comment")?.status.success());
    assert!(
        runner.read("fake/gh.log").contains("api repos/me/shop/issues/12/comments --field"),
        "{}",
        runner.read("fake/gh.log")
    );
    let body = runner.read("fake/body.md");
    let mark = "<!-- harness: shop -->";
    assert!(body.starts_with(mark) && body.contains("main.handle"), "{body}");
    assert_eq!(body.matches("<!--").count(), 1, "one mark: {body}");
    assert!(
        runner.read("fake/gh.log").contains(&format!("startswith(\"{mark}\")")),
        "it is what is looked for"
    );
    runner.bench.write("fake/known", "77\n78\n")?;
    assert!(runner.step("comment")?.status.success());
    let log = runner.read("fake/gh.log");
    assert!(log.contains("api --method PATCH repos/me/shop/issues/comments/77 --field"), "{log}");
    runner.fake("gh", "exit 1")?;
    let ended = runner.step("comment")?;
    assert!(ended.status.success(), "a fork's token may not write, and the verdict has to come: {ended:?}");
    assert!(String::from_utf8_lossy(&ended.stdout).contains("::warning::"), "{ended:?}");

    assert_eq!(runner.step("verdict")?.status.code(), Some(1));
    Ok(())
}

#[test]
fn a_scenario_that_is_not_there_fails_the_job_with_its_code_and_without_reports() -> Result<()> {
    let mut runner = Runner::new()?;
    runner.expressions.insert("inputs.scenario".to_owned(), "shop; touch stolen".to_owned());
    assert!(runner.install()?.status.success());
    assert!(runner.step("run")?.status.success());
    assert_eq!(runner.output("run.outputs.exit-code"), "2");
    assert_eq!(runner.output("run.outputs.sarif"), "");
    assert_eq!(runner.output("run.outputs.slug"), "shop--touch-stolen");
    assert!(!runner.bench.root().join("stolen").exists());
    assert!(runner.step("comment")?.status.success(), "there is nothing to tell");
    assert_eq!(runner.step("verdict")?.status.code(), Some(2));
    Ok(())
}

#[test]
fn further_words_may_stand_on_several_lines() -> Result<()> {
    let mut runner = Runner::new()?;
    runner
        .expressions
        .insert("inputs.arguments".to_owned(), "--variant default\n--write csv=more.csv\n".to_owned());
    assert!(runner.install()?.status.success());
    let ended = runner.step("run")?;
    assert_eq!(runner.output("run.outputs.exit-code"), "1", "{ended:?}");
    assert!(runner.read("more.csv").starts_with("scenario,"), "{ended:?}");
    Ok(())
}

#[test]
fn no_upload_that_fails_keeps_the_verdict_from_being_told() -> Result<()> {
    let action = yaml("action.yml")?;
    let steps = action["runs"]["steps"].as_array().context("no steps")?;
    let of = |id: &str| steps.iter().position(|step| step["id"] == id).with_context(|| format!("no `{id}`"));
    let after = steps.get(of("run")? + 1..of("verdict")?).context("the verdict is not the last")?;
    let uploads: Vec<&Value> = after.iter().filter(|step| step["uses"].is_string()).collect();
    assert!(
        uploads.len() == 2 && uploads.iter().all(|step| step["continue-on-error"] == true),
        "{uploads:#?}"
    );
    let used = |step: &Value| step["uses"].as_str().map(str::to_owned);
    let kept = steps.get(of("install")? + 1).context("nothing after the build")?;
    assert!(used(kept).is_some_and(|used| used.starts_with("actions/cache/save@")), "{kept:#}");
    assert_eq!(kept["with"], steps[of("kept")?]["with"], "what is saved is what is restored");
    Ok(())
}

/// The script of GitLab's job that builds the harness, with a `cargo` that notes what it is asked.
fn gitlab_builds(bench: &Bench, repository: &str, revision: &str) -> Result<Output> {
    let file = yaml("ci/gitlab.yml")?;
    let script = file["harness"]["script"][0].as_str().context("no script")?;
    let cargo =
        bench.write("fake/cargo", "#!/bin/bash\necho \"$@\" >> cargo.log\nmkdir -p .harness-installed\n")?;
    std::fs::set_permissions(cargo, std::fs::Permissions::from_mode(0o755))?;
    let mut command = Command::new("bash");
    command.args(["-e", "-o", "pipefail", "-c", script]).current_dir(bench.root());
    command.env("PATH", format!("{}/fake:{}", bench.root(), std::env::var("PATH")?));
    Ok(command.env("HARNESS_REPOSITORY", repository).env("HARNESS_REVISION", revision).output()?)
}

#[test]
fn gitlab_builds_the_commit_of_the_branch_that_is_named_and_no_other_and_builds_it_once() -> Result<()> {
    let bench = Bench::new()?;
    let git = |words: &[&str]| -> Result<String> {
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        let done = Command::new("git").args(who).args(words).current_dir(bench.root()).output()?;
        ensure!(done.status.success(), "{done:?}");
        Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
    };
    git(&["init", "--quiet", "--initial-branch=main", "from"])?;
    let commit = |branch: &str| -> Result<String> {
        git(&["-C", "from", "checkout", "--quiet", "-B", branch])?;
        git(&["-C", "from", "commit", "--quiet", "--allow-empty", "--message", branch])?;
        git(&["-C", "from", "rev-parse", "HEAD"])
    };
    let (main, _) = (commit("main")?, commit("a/main")?);
    for _ in 0..2 {
        let ended = gitlab_builds(&bench, "from", "main")?;
        assert!(ended.status.success(), "{ended:?}");
    }
    let log = std::fs::read_to_string(bench.root().join("cargo.log"))?;
    assert_eq!(log.lines().count(), 1, "what is kept is not built: {log}");
    assert!(log.contains(&format!("--rev {main} ")), "{main}: {log}");
    Ok(())
}

#[test]
fn who_forgets_to_name_the_repository_is_told_so_by_gitlabs_job() -> Result<()> {
    let bench = Bench::new()?;
    let named = yaml("ci/gitlab.yml")?["variables"]["HARNESS_REPOSITORY"].clone();
    let ended = gitlab_builds(&bench, named.as_str().context("no placeholder")?, "main")?;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.starts_with("HARNESS_REPOSITORY is still CHANGE: say "), "{said}");
    Ok(())
}

#[test]
fn gitlabs_job_writes_what_it_hands_over_as_reports() -> Result<()> {
    let file = yaml("ci/gitlab.yml")?;
    let job = &file["leaks"];
    assert_eq!(file["harness"]["rules"], job["rules"], "both jobs are in the same pipelines");
    let runner = Runner::new()?;
    let root = runner.bench.root();
    std::fs::create_dir_all(root.join(".harness-installed/bin"))?;
    symlink(harness_binary()?, root.join(".harness-installed/bin/harness"))?;
    let script = job["script"][0].as_str().context("no script")?;
    let mut command = Command::new("bash");
    command.args(["-e", "-o", "pipefail", "-c", script]).current_dir(root);
    command.env("SCENARIO", "shop").env("GITLAB_CI", "true").envs(runner.bench.mark());
    let ended = command.output()?;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let reports = job["artifacts"]["reports"].as_object().context("no reports")?;
    for path in reports.values() {
        let path = root.join(path.as_str().context("no path")?);
        assert!(path.metadata().is_ok_and(|meta| meta.len() > 0), "no {path}");
    }
    let quality: Value = serde_json::from_str(&runner.read("harness-reports/codequality.json"))?;
    assert_eq!(quality[0]["location"]["path"], "main.go", "{quality:#}");

    // The comment, in the form in which GitLab takes it.
    runner.fake("curl", "printf '%s\\n' \"$@\" > \"$FAKE/curl.log\"")?;
    let script = job["after_script"][0].as_str().context("no script")?;
    let mut command = Command::new("bash");
    command.args(["-e", "-c", script]).current_dir(root).env("FAKE", root.join("fake"));
    command.env("PATH", format!("{root}/fake:{}", std::env::var("PATH")?)).env("HARNESS_TOKEN", "secret");
    command
        .env("CI_API_V4_URL", "https://git.example.com/api/v4")
        .env("CI_PROJECT_ID", "3")
        .env("CI_MERGE_REQUEST_IID", "9");
    assert!(command.status()?.success());
    assert!(runner.read("fake/curl.log").contains("body@harness-reports/comment.md"));
    assert!(
        runner
            .read("fake/curl.log")
            .ends_with("https://git.example.com/api/v4/projects/3/merge_requests/9/notes\n")
    );
    Ok(())
}
