//! A row of blocks as high as values are, for a look at a whole run in a line.
//!
//! Heights count from nothing, so that a heap that hardly grows looks like one. Where many values share a column the
//! highest stands: a peak is not lost.

/// Blocks by height.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// What stands for them where only ASCII can be shown.
const PLAIN: [char; 8] = ['_', '.', ':', '-', '=', '+', '*', '#'];

/// At most `width` blocks; `top` is the value of the highest.
pub(super) fn sparkline(values: &[u64], top: u64, width: usize) -> String {
    let n = values.len().min(width);
    let column = |nth: usize| {
        let (from, to) = (nth * values.len() / n, (nth + 1) * values.len() / n);
        values.get(from..to).and_then(|some| some.iter().max()).copied().unwrap_or(0)
    };
    (0..n).map(|nth| block(column(nth), top)).collect()
}

fn block(value: u64, top: u64) -> char {
    // In whole numbers, without overflow: sizes are below 2^64.
    let height = u128::from(value) * 8 / u128::from(top.max(1));
    let last = BLOCKS.len() - 1;
    let nth = usize::try_from(height).unwrap_or(last).min(last);
    BLOCKS.get(nth).copied().unwrap_or(' ')
}

/// Text with other characters for the blocks, for who cannot show them.
#[must_use]
pub fn in_ascii(text: &str) -> String {
    let plain =
        |c: char| BLOCKS.iter().zip(PLAIN).find(|(block, _)| **block == c).map_or(c, |(_, plain)| plain);
    text.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_count_from_nothing_and_the_top_is_the_highest() {
        assert_eq!(sparkline(&[0, 1, 2, 3, 4, 5, 6, 7, 8], 8, 20), "▁▂▃▄▅▆▇██");
        assert_eq!(sparkline(&[100, 101, 102], 102, 20), "███", "what hardly grows looks like it");
        assert_eq!(sparkline(&[u64::MAX, 0], u64::MAX, 20), "█▁");
        assert_eq!(sparkline(&[0, 0], 0, 20), "▁▁");
        assert_eq!(sparkline(&[], 8, 20), "");
    }

    #[test]
    fn a_peak_among_many_values_is_not_lost() {
        let mut values = vec![1; 1000];
        values[777] = 8;
        let line = sparkline(&values, 8, 10);
        assert_eq!(line, "▂▂▂▂▂▂▂█▂▂");
        assert_eq!(in_ascii(&line), ".......#..");
    }
}
