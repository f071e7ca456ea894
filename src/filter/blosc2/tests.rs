use proptest::prelude::*;

use super::super::Filter;
use super::Blosc2;

/// Client data for chunks of this shape.
fn client_data(element: u32, [level, filter, codec]: [u32; 3], shape: &[u32]) -> Vec<u32> {
    let mut values =
        vec![1, 0, element, element * shape.iter().product::<u32>(), level, filter, codec];
    if shape.len() > 1 {
        values.push(shape.len() as u32);
        values.extend(shape);
    }
    values
}

/// Numbers that grow, with some noise.
fn numbers(count: u32, element: usize) -> Vec<u8> {
    let number = |n: u32| u64::from(n * 3 + (n.wrapping_mul(0x9E37_79B1) >> 29));
    (0..count).flat_map(|n| number(n).to_le_bytes()[..element].to_vec()).collect()
}

#[test]
fn every_mode_comes_back() {
    for (element, shape) in
        [(1, &[40_001][..]), (4, &[50_000]), (4, &[61, 307]), (8, &[9, 33, 41]), (2, &[1, 5, 4000])]
    {
        let input = numbers(shape.iter().product(), element as usize);
        for codec in [0, 1, 2, 4, 5] {
            for (level, filter) in [(0, 1), (1, 0), (5, 1), (5, 2), (5, 3), (9, 1)] {
                let cd = client_data(element, [level, filter, codec], shape);
                let chunk = Blosc2.encode(&cd, &input).unwrap().unwrap();
                assert!(chunk.len() <= Blosc2.max_encoded_len(&cd, input.len()), "{cd:?}");
                let back = Blosc2.decode(&cd, &chunk, input.len()).unwrap();
                assert!(back == input, "{cd:?}");
                Blosc2.decode(&cd, &chunk, input.len() - 1).unwrap_err();
            }
        }
    }
}

#[test]
fn zeros_are_a_frame_without_a_chunk() {
    for shape in [&[1000][..], &[30, 40]] {
        let cd = client_data(4, [5, 1, 1], shape);
        let zeros = vec![0; 4 * shape.iter().product::<u32>() as usize];
        let mut chunk = Blosc2.encode(&cd, &zeros).unwrap().unwrap();
        assert!(chunk.len() < 300);
        assert_eq!(Blosc2.decode(&cd, &chunk, zeros.len()).unwrap(), zeros);
        // The highest byte of the chunk's place says what all elements are.
        let at = chunk.len() - 36;
        assert_eq!(chunk[at], 0x81);
        chunk[at] = 0x82;
        let nan = f32::NAN.to_le_bytes();
        assert!(Blosc2.decode(&cd, &chunk, zeros.len()).unwrap().chunks(4).all(|n| n == nan));
        chunk[at] = 0x83;
        Blosc2.decode(&cd, &chunk, zeros.len()).unwrap_err();
    }
}

#[test]
fn what_blosc2_cannot_take_is_refused() {
    for wanted in [[5, 1, 3], [5, 4, 1], [5, 1, 6]] {
        let cd = client_data(4, wanted, &[100]);
        assert!(Blosc2.encode(&cd, &[7; 400]).unwrap_err().is_unsupported());
    }
    Blosc2.encode(&client_data(4, [10, 1, 1], &[100]), &[7; 400]).unwrap_err();
    Blosc2.encode(&[1, 0, 4], &[7; 400]).unwrap_err();
    // A shape that is not the chunk's is none.
    for shape in [&[10, 11][..], &[0, 10]] {
        let cd = client_data(4, [5, 1, 1], shape);
        let chunk = Blosc2.encode(&cd, &[7; 400]).unwrap().unwrap();
        assert_eq!(Blosc2.decode(&cd, &chunk, 400).unwrap(), [7; 400]);
    }
}

#[test]
fn every_truncation_is_seen() {
    for shape in [&[1000][..], &[30, 40]] {
        let cd = client_data(4, [5, 1, 1], shape);
        let input = numbers(shape.iter().product(), 4);
        let chunk = Blosc2.encode(&cd, &input).unwrap().unwrap();
        for len in 0..chunk.len() {
            Blosc2.decode(&cd, &chunk[..len], input.len()).unwrap_err();
        }
    }
}

proptest! {
    #[test]
    fn whatever_there_is_comes_back(
        words in prop::collection::vec(any::<u64>(), 1..20),
        shape in prop::collection::vec(1_u32..12, 1..4),
        (element, level, filter, codec) in (1_u32..20, 0_u32..10, 0_u32..4, 0_usize..5),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..50),
    ) {
        let len = (element * shape.iter().product::<u32>()) as usize;
        let words = order.iter().cycle().flat_map(|i| i.get(&words).to_le_bytes());
        let input: Vec<u8> = words.take(len).collect();
        let cd = client_data(element, [level, filter, [0, 1, 2, 4, 5][codec]], &shape);
        let chunk = Blosc2.encode(&cd, &input).unwrap().unwrap();
        prop_assert!(chunk.len() <= Blosc2.max_encoded_len(&cd, len));
        prop_assert_eq!(Blosc2.decode(&cd, &chunk, len).unwrap(), input);
    }

    #[test]
    fn any_change_is_survived(
        two in any::<bool>(),
        codec in prop::sample::select(vec![0_u32, 1, 4, 5]),
        filter in 1_u32..4,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let shape = if two { &[60, 50][..] } else { &[3000] };
        let input = numbers(3000, 4);
        let cd = client_data(4, [5, filter, codec], shape);
        let mut chunk = Blosc2.encode(&cd, &input).unwrap().unwrap();
        for (at, byte) in changes {
            let at = at.index(chunk.len());
            chunk[at] = byte;
        }
        if let Ok(output) = Blosc2.decode(&cd, &chunk, input.len()) {
            prop_assert!(output.len() <= input.len());
        }
    }
}
