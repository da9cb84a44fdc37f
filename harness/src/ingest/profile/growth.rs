//! Profiles made of what the harness knows: growth between two checkpoints, and what memory is reached from.
//!
//! Output: profiles that `go tool pprof` opens, with the same figures as ours.

use std::sync::Arc;

use crate::format::pprof::{Builder, Header, Labelled, Profile, ValueType};
use crate::model::heap::RetainingPath;
use crate::model::{Bytes, Frame, HeapSnapshot, Objects, SiteUse, Stack};

/// What happened between two checkpoints: the later one's samples, and the earlier one's with negative values and the
/// label by which pprof knows the base of a comparison. Percentages are of the earlier.
#[must_use]
pub fn growth(before: &HeapSnapshot, after: &HeapSnapshot, program: &str) -> Profile {
    let types = [
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ];
    let mut builder = Builder::new(header(&types), program);
    let base = super::combine::diff_label();
    let values = |used: &SiteUse| -> [i64; 4] {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        [
            whole(used.alloc_objects.0),
            whole(used.alloc_space.0),
            whole(used.inuse_objects.0),
            whole(used.inuse_space.0),
        ]
    };
    for (snapshot, is_base) in [(after, false), (before, true)] {
        for (site, used) in &snapshot.sites {
            let size = Labelled::Number("bytes", site.object_size.0.cast_signed(), "bytes");
            let labels = [size, Labelled::Text(base.0, base.1)];
            let values = values(used).map(|value| if is_base { -value } else { value });
            let labels = labels.get(..1 + usize::from(is_base)).unwrap_or_default();
            builder.add(&*site.stack, &values, labels);
        }
    }
    builder.finish()
}

/// What objects are reached from: each chain of references as a stack, the root outermost, with the objects and bytes
/// at its end. An object counts for one shortest chain, so that all together are the reachable bytes; what would go if
/// a root went may be less.
#[must_use]
pub fn reached<'a>(paths: impl IntoIterator<Item = &'a RetainingPath>, program: &str) -> Profile {
    let types = [("reached_objects", "count"), ("reached_space", "bytes")];
    let mut builder = Builder::new(header(&types), program);
    for path in paths {
        let (Objects(objects), Bytes(bytes)) = (path.held.objects, path.held.bytes);
        let values = [objects, bytes].map(|value| i64::try_from(value).unwrap_or(i64::MAX));
        builder.add(&*chain(path), &values, &[]);
    }
    builder.finish()
}

/// The path as frames, innermost first: the objects at its end, then what refers to them, last the root.
fn chain(path: &RetainingPath) -> Stack {
    let root: Arc<str> = path.root.name.as_str().into();
    let mut frames = vec![Frame { function: root, file: "".into(), line: 0 }];
    for step in &path.steps {
        let field =
            step.field.clone().or_else(|| step.offset.map(|offset| format!("+{offset}"))).unwrap_or_default();
        let kind = step.type_name.as_deref().unwrap_or("?");
        let many = match step.count {
            0 | 1 => String::new(),
            _ if step.chain => ", chain".to_owned(),
            _ => ", many".to_owned(),
        };
        let site = step.site.as_ref();
        frames.push(Frame {
            function: format!("{field} {kind}{many}").into(),
            file: site.map_or_else(|| "".into(), |site| Arc::clone(&site.file)),
            line: site.map_or(0, |site| site.line),
        });
    }
    frames.into_iter().rev().collect()
}

fn header(types: &[(&str, &str)]) -> Header {
    let value_type = |(kind, unit): &(&str, &str)| ValueType { kind: (*kind).into(), unit: (*unit).into() };
    Header { sample_types: types.iter().map(value_type).collect(), ..Header::default() }
}
