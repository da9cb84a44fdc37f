//! What the compiler made of a program's functions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Answer;
use crate::model::Bytes;

/// The answer on code.
pub type CodeAnswer = Answer<CodeFacts, CodeDifference>;

/// What is known of a variant's code: of the main module's functions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CodeFacts {
    /// Sums.
    pub totals: CodeTotals,
    /// By name.
    pub functions: Vec<FunctionFacts>,
    /// What a profile changed; `None` if the build has none.
    pub profile: Option<ProfileFacts>,
    /// Machine code of the function that was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub assembly: Option<Assembly>,
}

/// Sums over functions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CodeTotals {
    /// Functions that the module declares, with closures of their own name counted at the one that has them.
    pub functions: u64,
    /// Those that may be inlined.
    pub inlinable: u64,
    /// Calls that are replaced by what they call.
    pub inlined_calls: u64,
    /// Calls through an interface or a variable that go to one function.
    pub devirtualized: u64,
    /// Values that are made on the heap.
    pub escapes: u64,
    /// Index and slice bounds that are checked when the program runs.
    pub bounds_checks: u64,
    /// Pointers that are checked by an instruction of their own.
    pub nil_checks: u64,
    /// Machine code of the module's functions in the linked program.
    pub code: Bytes,
}

/// A function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionFacts {
    /// Full name, `example.com/m/cache.(*Cache).Put`.
    pub name: String,
    /// Within the module.
    pub file: String,
    /// Of its declaration.
    pub line: u32,
    /// Whether it may be inlined; `None` if the compiler does not say, as with `-l`.
    pub inlining: Option<Inlining>,
    /// Calls in it that are replaced by what they call.
    pub inlined: Vec<InlinedCall>,
    /// Calls in it that go to one function.
    pub devirtualized: Vec<DirectCall>,
    /// Values in it that are made on the heap.
    pub escapes: Vec<HeapValue>,
    /// Lines at which bounds are checked; a line may be there more than once.
    pub bounds_checks: Vec<u32>,
    /// Lines at which a pointer is checked, likewise.
    pub nil_checks: Vec<u32>,
    /// In the linked program; `None` if it has no code of its own there: it is inlined everywhere, or not used.
    pub linked: Option<LinkedFunction>,
}

/// Whether a function may be inlined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "may", rename_all = "lowercase")]
pub enum Inlining {
    /// It may.
    Yes {
        /// Weighted nodes of its body.
        cost: Option<u32>,
    },
    /// It may not.
    No {
        /// The compiler's words.
        reason: String,
        /// Its cost and what would be allowed, if that is the reason.
        over: Option<OverBudget>,
    },
}

/// A cost that is too high.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OverBudget {
    /// Weighted nodes.
    pub cost: u32,
    /// At most.
    pub budget: u32,
}

/// A call that is replaced by what it calls.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct InlinedCall {
    /// Of the call.
    pub line: u32,
    /// As the compiler prints it.
    pub callee: String,
}

/// A call through an interface or a variable that goes to one function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct DirectCall {
    /// Of the call.
    pub line: u32,
    /// What is called, as the source has it.
    pub call: String,
    /// Where it goes.
    pub to: String,
    /// Because a profile says that it mostly goes there.
    pub by_profile: bool,
}

/// A value that is made on the heap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct HeapValue {
    /// Where it is made.
    pub line: u32,
    /// `&entry{...} escapes to heap`, `moved to heap: q`
    pub what: String,
    /// Where it flows to in the end, and the line of that.
    pub flow: Option<(String, u32)>,
}

/// A function in the linked program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkedFunction {
    /// Its machine code.
    pub size: Bytes,
    /// Stack that it takes.
    pub frame: Bytes,
}

/// What a profile changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileFacts {
    /// A call is hot from this share of all samples on, percent.
    pub hot_from: Option<f64>,
    /// Functions that may cost more than others and still be inlined.
    pub hot_functions: Vec<String>,
    /// Hot calls.
    pub hot_calls: Vec<HotCall>,
}

/// A call that the profile has hot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct HotCall {
    /// Within the module.
    pub file: String,
    /// Of the call.
    pub line: u32,
    /// Function that calls.
    pub caller: String,
    /// Function that is called.
    pub callee: String,
    /// Its cost.
    pub cost: u32,
    /// It is replaced by what it calls.
    pub inlined: bool,
}

/// Machine code of a function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Assembly {
    /// The function that was asked for.
    pub function: String,
    /// In the order of addresses; empty if the program has no such code.
    pub instructions: Vec<Instruction>,
    /// Read from the same program linked with symbols, since the variant has none.
    pub from_twin: bool,
}

/// An instruction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Instruction {
    /// Last element of the source file's name.
    pub file: String,
    /// Line that it is of.
    pub line: u32,
    /// Its address in the program.
    pub address: u64,
    /// As Go's disassembler has it, without addresses.
    pub text: String,
}

/// What is different from the reference.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CodeDifference {
    /// What holds of the variant as a whole, in words.
    pub words: Vec<String>,
    /// Functions that are different, what matters most first.
    pub functions: Vec<FunctionDifference>,
    /// Machine code of the function that was asked for, side by side.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub assembly: Option<Vec<AssemblyRow>>,
}

/// A function that is different.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionDifference {
    /// Full name.
    pub name: String,
    /// Within the module.
    pub file: String,
    /// Of its declaration.
    pub line: u32,
    /// What is different, in words.
    pub words: Vec<String>,
    /// Values on the heap more (or, negative, fewer).
    pub escapes: i64,
    /// Bounds checks more.
    pub bounds_checks: i64,
    /// Checks of pointers more.
    pub nil_checks: i64,
    /// Bytes of machine code more, if both have some of their own.
    pub size: Option<i64>,
    /// Bytes of stack more, likewise.
    pub frame: Option<i64>,
}

/// Instructions of two variants beside each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AssemblyRow {
    /// Last element of the source file's name.
    pub file: String,
    /// Line that they are of.
    pub line: u32,
    /// The reference's; `None` where only the variant has one.
    pub base: Option<String>,
    /// The variant's.
    pub other: Option<String>,
}
