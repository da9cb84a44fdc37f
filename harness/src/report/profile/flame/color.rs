//! Colours: warm ones by package, so that a package is known again; of a difference orange and blue by sign.

use super::Flame;
use crate::model::package_of;
use crate::model::profile::FlameNode;

/// Red, green, blue.
pub(super) type Color = (u8, u8, u8);

const GROWN: Color = (230, 97, 1);
const SHRUNK: Color = (33, 102, 172);
const SAME: Color = (222, 222, 222);

pub(super) fn color(flame: &Flame<'_>, node: &FlameNode) -> Color {
    if flame.is_diff {
        return by_sign(node);
    }
    if node.parent == 0 && node.name == "all" {
        return SAME;
    }
    let hash = package_of(&node.name)
        .bytes()
        .fold(0x811c_9dc5u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let part = |shift: u32, least: u8, range: u32| least + ((hash >> shift & 0xff) * range / 256) as u8;
    // Light enough for black text on it.
    (part(0, 225, 30), part(8, 140, 80), part(16, 70, 60))
}

/// The stronger, the more of what changed went one way.
fn by_sign(node: &FlameNode) -> Color {
    let part = if node.width == 0 { 0.0 } else { node.value.unsigned_abs() as f64 / node.width as f64 };
    // Even the strongest is light enough for black text on it.
    let part = 0.75 * part.min(1.0);
    let towards = if node.value < 0 { SHRUNK } else { GROWN };
    let mix = |from: u8, to: u8| (f64::from(from) + (f64::from(to) - f64::from(from)) * part).round() as u8;
    (mix(SAME.0, towards.0), mix(SAME.1, towards.1), mix(SAME.2, towards.2))
}
