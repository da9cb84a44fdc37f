//! Delve's JSON-RPC API, version 2, as far as it is used. Names are Delve's (`service/api`, `service/rpc2`).
//!
//! Fields that a release lacks are left at their defaults: a client must not break over a new one.

use serde::{Deserialize, Deserializer, Serialize};

/// How much of a value is read. Always sent: without it Delve reads without an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LoadConfig {
    pub follow_pointers: bool,
    pub max_variable_recurse: i32,
    pub max_string_len: i32,
    pub max_array_values: i32,
    pub max_struct_fields: i32,
}

/// What is read of a value: enough to tell what it is, and never much.
pub(super) const LOAD: LoadConfig = LoadConfig {
    follow_pointers: true,
    max_variable_recurse: 1,
    max_string_len: 128,
    max_array_values: 16,
    max_struct_fields: 16,
};

/// Null and a missing field are both the default: Go writes an empty slice as null.
fn absent<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Version {
    pub delve_version: String,
    pub target_go_version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct PidOut {
    pub pid: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct StateOut {
    pub state: State,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct State {
    #[serde(rename = "exited")]
    pub exited: bool,
    #[serde(rename = "exitStatus")]
    pub exit_status: i64,
    #[serde(rename = "Threads", deserialize_with = "absent")]
    pub threads: Vec<Thread>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Thread {
    #[serde(flatten)]
    pub location: Location,
    #[serde(rename = "goroutineID")]
    pub goroutine: i64,
    #[serde(rename = "breakPoint")]
    pub breakpoint: Option<Breakpoint>,
    #[serde(rename = "breakPointInfo")]
    pub info: Option<BreakpointInfo>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Breakpoint {
    #[serde(rename = "id")]
    pub id: i64,
    #[serde(rename = "name")]
    pub name: String,
    #[serde(rename = "file")]
    pub file: String,
    #[serde(rename = "line")]
    pub line: i64,
    #[serde(rename = "functionName")]
    pub function: String,
    #[serde(rename = "Cond")]
    pub condition: String,
    #[serde(rename = "HitCond")]
    pub hit_condition: String,
    #[serde(rename = "stacktrace")]
    pub stacktrace: u32,
    #[serde(rename = "variables", deserialize_with = "absent")]
    pub variables: Vec<String>,
    #[serde(rename = "LoadArgs", skip_deserializing)]
    pub load_args: Option<LoadConfig>,
    #[serde(rename = "totalHitCount")]
    pub total_hits: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct CreateBreakpointOut {
    pub breakpoint: Breakpoint,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct BreakpointInfo {
    #[serde(deserialize_with = "absent")]
    pub stacktrace: Vec<Stackframe>,
    #[serde(deserialize_with = "absent")]
    pub variables: Vec<Variable>,
    #[serde(deserialize_with = "absent")]
    pub arguments: Vec<Variable>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Location {
    pub file: String,
    pub line: i64,
    pub function: Option<Function>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Function {
    pub name: String,
    pub optimized: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stackframe {
    #[serde(flatten)]
    pub location: Location,
    #[serde(rename = "Locals", deserialize_with = "absent")]
    pub locals: Vec<Variable>,
    #[serde(rename = "Arguments", deserialize_with = "absent")]
    pub arguments: Vec<Variable>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct StacktraceOut {
    #[serde(deserialize_with = "absent")]
    pub locations: Vec<Stackframe>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Variable {
    pub name: String,
    pub addr: u64,
    #[serde(rename = "type")]
    pub of: String,
    pub flags: u16,
    pub kind: u32,
    pub value: String,
    pub len: i64,
    pub cap: i64,
    #[serde(deserialize_with = "absent")]
    pub children: Vec<Variable>,
    pub base: u64,
    pub unreadable: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct EvalOut {
    pub variable: Option<Variable>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct PackageVarsOut {
    #[serde(deserialize_with = "absent")]
    pub variables: Vec<Variable>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ListGoroutinesOut {
    #[serde(deserialize_with = "absent")]
    pub goroutines: Vec<Goroutine>,
    pub nextg: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Goroutine {
    pub id: i64,
    pub user_current_loc: Location,
    pub go_statement_loc: Location,
    pub start_loc: Location,
    pub status: u64,
    pub wait_reason: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct DumpOut {
    pub state: DumpState,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct DumpState {
    pub dumping: bool,
    pub all_done: bool,
    pub err: String,
}

/// Anything, of which nothing is of interest.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Nothing {}
