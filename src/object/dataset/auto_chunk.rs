//! The shape of chunks where nobody asks for one: h5py's rule.

/// Bytes of a chunk of a dataset of 1 MiB.
const BASE: f64 = 16.0 * 1024.0;
const FEWEST: f64 = 8.0 * 1024.0;
const MOST: f64 = 1024.0 * 1024.0;
/// What an axis without elements, which is going to grow, is taken to have.
const GROWING: u64 = 1024;

/// A shape of chunks for a dataset of the extent `extent`, which has axes, and of elements of
/// `element_size` bytes.
///
/// A chunk is to have a number of bytes that doubles each time those of the dataset become ten
/// times as many; the axes are halved in turn until it is near that.
#[expect(clippy::as_conversions, reason = "floats, as in the rule that is followed")]
pub(crate) fn auto_chunk(extent: &[u64], element_size: u64) -> Vec<u64> {
    let mut chunk: Vec<f64> =
        extent.iter().map(|len| if *len == 0 { GROWING } else { *len } as f64).collect();
    let size = element_size as f64;
    let elements = |chunk: &[f64]| chunk.iter().product::<f64>();
    let scale = (elements(&chunk) * size / MOST).log10();
    let target = (BASE * scale.exp2()).clamp(FEWEST, MOST);
    for axis in (0..chunk.len()).cycle() {
        let bytes = elements(&chunk) * size;
        let near = bytes < target || (bytes - target).abs() / target < 0.5;
        if (near && bytes < MOST) || elements(&chunk) <= 1.0 {
            break;
        }
        if let Some(len) = chunk.get_mut(axis) {
            *len = (*len / 2.0).ceil();
        }
    }
    chunk.into_iter().map(|len| len as u64).collect()
}

/// A shape of chunks of at least `least` bytes, as near to that as halving gets, for a dataset as
/// that of [`auto_chunk`]: the last axes stay whole as far as possible.
pub(crate) fn row_chunk(extent: &[u64], element_size: u64, least: u64) -> Vec<u64> {
    let mut chunk: Vec<u64> =
        extent.iter().map(|len| if *len == 0 { GROWING } else { *len }).collect();
    for axis in 0..chunk.len() {
        loop {
            let len = chunk.get(axis).copied().unwrap_or(1);
            let others = chunk.iter().enumerate().filter(|(other, _)| *other != axis);
            let slice = others.fold(element_size, |n, (_, len)| n.saturating_mul(*len));
            let half = len.div_ceil(2);
            if half == len || slice.saturating_mul(half) < least {
                break;
            }
            if let Some(len) = chunk.get_mut(axis) {
                *len = half;
            }
        }
    }
    chunk
}

#[cfg(test)]
mod tests {
    use super::{auto_chunk, row_chunk};

    #[test]
    fn rows_stay_whole() {
        assert_eq!(row_chunk(&[1000, 1000], 4, 64 << 10), [32, 1000]);
        assert_eq!(row_chunk(&[10, 1_000_000], 8, 64 << 10), [1, 15_625]);
        assert_eq!(row_chunk(&[3, 4], 1, 1 << 20), [3, 4]);
        assert_eq!(row_chunk(&[0, 16], 8, 1 << 10), [8, 16]);
    }

    #[test]
    fn chunks_are_those_h5py_makes() {
        assert_eq!(auto_chunk(&[1000, 1000], 4), [63, 125]);
        assert_eq!(auto_chunk(&[100, 100], 8), [25, 50]);
        assert_eq!(auto_chunk(&[0], 8), [1024]);
        assert_eq!(auto_chunk(&[1], 1), [1]);
        assert_eq!(auto_chunk(&[1, 1], 4 << 20), [1, 1]);
        assert_eq!(auto_chunk(&[10, 512, 512], 2).len(), 3);
    }
}
