use proptest::prelude::*;

use super::super::Filter;
use super::Blosc;
use super::chunk::{Chunk, MIN_STREAM};

/// Client data for elements of so many bytes.
fn client_data(element: u32, level: u32, shuffle: u32, codec: u32) -> [u32; 7] {
    [2, 2, element, 0, level, shuffle, codec]
}

/// Numbers that grow, with some noise.
fn numbers(count: u32, element: usize) -> Vec<u8> {
    let number = |n: u32| u64::from(n * 3 + (n.wrapping_mul(0x9E37_79B1) >> 29));
    (0..count).flat_map(|n| number(n).to_le_bytes()[..element].to_vec()).collect()
}

#[test]
fn every_mode_comes_back() {
    for element in [1, 2, 3, 4, 8] {
        let input = numbers(50_001, element as usize);
        for codec in 0..6 {
            for (level, shuffle) in [(1, 0), (5, 1), (5, 2), (9, 1)] {
                let cd = client_data(element, level, shuffle, codec);
                let Some(chunk) = Blosc.encode(&cd, &input).unwrap() else {
                    assert!(element < 3 || shuffle == 0 || level == 1, "{cd:?}");
                    continue;
                };
                assert!(chunk.len() < input.len());
                let back = Blosc.decode(&cd, &chunk, input.len()).unwrap();
                assert!(back == input, "{cd:?}");
                Blosc.decode(&cd, &chunk, input.len() - 1).unwrap_err();
                assert_eq!(Blosc.decode(&cd, &chunk, input.len() + 9).unwrap().len(), input.len());
            }
        }
    }
}

#[test]
fn what_does_not_shrink_is_left_alone() {
    let cd = client_data(4, 5, 1, 1);
    assert_eq!(Blosc.encode(&cd, &[]).unwrap(), None);
    assert_eq!(Blosc.encode(&cd, &[7; MIN_STREAM - 1]).unwrap(), None);
    assert_eq!(Blosc.encode(&client_data(4, 0, 1, 1), &[7; 10_000]).unwrap(), None);
    assert!(Blosc.encode(&cd, &[7; 1000]).unwrap().is_some());
    for bad in [
        client_data(4, 10, 1, 1),
        client_data(4, 5, 3, 1),
        client_data(4, 5, 1, 6),
        client_data(0, 5, 1, 1),
    ] {
        Blosc.encode(&bad, &[7; 1000]).unwrap_err();
    }
    Blosc.encode(&[2, 2, 4], &[7; 1000]).unwrap_err();
    // Levels and so on have defaults, and large elements are bytes.
    assert!(Blosc.encode(&[2, 2, 400, 0], &[7; 1000]).unwrap().is_some());
}

#[test]
fn stored_bytes_are_as_they_are() {
    let mut chunk = vec![2, 1, 0x33, 4, 5, 0, 0, 0, 5, 0, 0, 0, 21, 0, 0, 0];
    chunk.extend_from_slice(b"abcde");
    assert_eq!(Blosc.decode(&[], &chunk, 5).unwrap(), b"abcde");
    chunk[4] = 6;
    Blosc.decode(&[], &chunk, 6).unwrap_err();
}

#[test]
fn headers_that_lie_are_refused() {
    let input = numbers(10_000, 4);
    let good = Blosc.encode(&client_data(4, 5, 1, 1), &input).unwrap().unwrap();
    let with = |changes: &[(usize, &[u8])]| {
        let mut chunk = good.clone();
        for (at, bytes) in changes {
            chunk[*at..at + bytes.len()].copy_from_slice(bytes);
        }
        Blosc.decode(&[], &chunk, input.len())
    };
    assert_eq!(with(&[]).unwrap(), input);
    let unknown = [(0, &[9][..]), (1, &[9]), (2, &[0xE1])];
    for change in unknown {
        assert!(with(&[change]).unwrap_err().is_unsupported(), "{change:?}");
    }
    let huge = &[0xFF, 0xFF, 0xFF, 0x7F];
    for change in [
        (3, &[0][..]),
        (2, &[0x39]),
        (4, huge),
        (4, &[0xFF; 4]),
        (8, &[0; 4]),
        (8, &[1, 0, 0, 0]),
        (12, huge),
        (12, &[15, 0, 0, 0]),
        (16, huge),
        (16, &[0; 4]),
        (20, &[0xFF; 4]),
    ] {
        assert!(!with(&[change]).unwrap_err().is_unsupported(), "{change:?}");
    }
    for len in 0..good.len() {
        Blosc.decode(&[], &good[..len], input.len()).unwrap_err();
    }
    assert_eq!(Chunk::parse(&good).unwrap().blocks(), 1);
}

proptest! {
    #[test]
    fn whatever_shrinks_comes_back(
        words in prop::collection::vec(any::<u64>(), 1..20),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..2000),
        (element, level, shuffle, codec) in (1_u32..300, 0_u32..10, 0_u32..3, 0_u32..6),
        cut in 0_usize..8,
    ) {
        let mut input: Vec<u8> = order.iter().flat_map(|i| i.get(&words).to_le_bytes()).collect();
        input.truncate(input.len().saturating_sub(cut));
        let cd = client_data(element, level, shuffle, codec);
        if let Some(chunk) = Blosc.encode(&cd, &input).unwrap() {
            prop_assert!(chunk.len() <= input.len());
            prop_assert_eq!(Blosc.decode(&cd, &chunk, input.len()).unwrap(), input);
        }
    }

    #[test]
    fn any_bytes_are_survived(
        mut input in prop::collection::vec(any::<u8>(), 16..300),
        likely in any::<bool>(),
        limit in 0_usize..2000,
    ) {
        if likely {
            let len = input.len() as u32;
            input[..2].copy_from_slice(&[2, 1]);
            for at in [4, 8, 12] {
                input[at + 1..at + 4].copy_from_slice(&[(len >> 8) as u8, 0, 0]);
            }
            input[12] = len as u8;
        }
        if let Ok(output) = Blosc.decode(&[], &input, limit) {
            prop_assert!(output.len() <= limit);
        }
    }

    #[test]
    fn any_change_is_survived(
        codec in 0_u32..6,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let input = numbers(3000, 4);
        let mut chunk = Blosc.encode(&client_data(4, 5, 1, codec), &input).unwrap().unwrap();
        for (at, byte) in changes {
            let at = at.index(chunk.len());
            chunk[at] = byte;
        }
        if let Ok(output) = Blosc.decode(&[], &chunk, input.len()) {
            prop_assert!(output.len() <= input.len());
        }
    }
}
