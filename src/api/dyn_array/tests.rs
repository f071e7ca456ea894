use super::*;
use crate::api::File;
use crate::types::FixedAscii;

fn array<T: H5Type>(values: &[T], shape: &[usize]) -> DynArray {
    DynArray::try_new(Values::with_shape(values, shape).unwrap()).unwrap()
}

#[test]
fn elements_are_found_by_their_indices() {
    let table = array(&[1, 2, 3, 4, 5, 6], &[2, 3]);
    assert_eq!((table.ndim(), table.len(), table.is_empty()), (2, 6, false));
    assert_eq!(table.get([1, 2]), Some(Value::Integer(6)));
    assert_eq!(table.get([0, 1]), Some(Value::Integer(2)));
    for outside in [&[2, 0][..], &[0, 3], &[0], &[0, 0, 0]] {
        assert_eq!(table.get(outside), None);
    }
    assert_eq!(table.to_vec::<f32>().unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(table.to_string(), "[[1, 2, 3], [4, 5, 6]]");
    assert_eq!(table.to_value().unwrap().to_string(), table.to_string());
    assert_eq!(table.descriptor().unwrap(), i32::type_descriptor());
    let one = array(&[0.5], &[]);
    assert_eq!((one.get([]), one.to_string()), (Some(Value::Float(0.5)), "0.5".to_owned()));
    assert_eq!(array::<u8>(&[], &[0, 4]).to_string(), "[]");
    let halves = array(&[0.5, 1.0], &[2]);
    assert_eq!(halves.to_vec::<i32>().unwrap(), [0, 1]);
    assert!(halves.to_vec_in::<i32>(ConversionMode::Exact).is_err());
}

#[cfg(feature = "ndarray")]
#[test]
fn arrays_have_their_axes() {
    let table = array(&[1, 2, 3, 4, 5, 6], &[2, 3]);
    assert_eq!(
        table.to_array::<i64, ndarray::Ix2>().unwrap(),
        ndarray::arr2(&[[1, 2, 3], [4, 5, 6]])
    );
    assert!(table.to_array::<i64, ndarray::Ix1>().is_err());
    assert_eq!(table.to_array::<i64, ndarray::IxDyn>().unwrap().ndim(), 2);
}

#[test]
fn long_arrays_are_shown_by_their_ends() {
    let many: Vec<u32> = (0..1200).collect();
    assert_eq!(array(&many, &[1200]).to_string(), "[0, 1, 2, ..., 1197, 1198, 1199]");
    let rows = array(&many, &[300, 4]).to_string();
    assert!(
        rows.starts_with("[[0, 1, 2, 3], [4, 5, 6, 7]") && rows.contains("], ..., ["),
        "{rows}"
    );
    assert_eq!(array(&many[..1000], &[1000]).to_string().matches(',').count(), 999);
}

#[test]
fn what_is_read_is_written_again() {
    type Row = (i16, String, Vec<Vec<u8>>, [f32; 2], FixedAscii<3>);
    let text = |text: &str| FixedAscii::from_ascii(text).unwrap();
    let rows: [Row; 2] = [
        (1, "one".into(), vec![vec![1, 2], vec![], vec![3]], [0.5, 1.5], text("a")),
        (2, String::new(), vec![], [2.5, 3.5], text("bc")),
    ];
    let file = File::with_options().sizes(4, 4).in_memory().unwrap();
    let data = file.new_dataset_builder().with_data(&rows).create("rows").unwrap();
    let read = data.read_array(..).unwrap();
    assert_eq!(read.to_vec::<Row>().unwrap(), rows);
    let shown = r#"[{0: 1, 1: "one", 2: [[1, 2], [], [3]], 3: [0.5, 1.5], 4: "a"}, "#;
    assert!(read.to_string().starts_with(shown), "{read}");
    for sizes in [2, 4, 8] {
        let other = File::with_options().sizes(sizes, sizes).in_memory().unwrap();
        other.set_attr("rows", &read).unwrap();
        assert_eq!(other.attr("rows").unwrap().read_raw::<Row>().unwrap(), rows);
        let again = other.attr("rows").unwrap().read_array(1).unwrap();
        assert_eq!(
            (again.shape(), again.to_vec::<Row>().unwrap()),
            (&[][..], vec![rows[1].clone()])
        );
    }
    file.set_attr("made", DynArray::try_new(&rows).unwrap()).unwrap();
    assert_eq!(file.attr("made").unwrap().read_array(..).unwrap().to_string(), read.to_string());
}

#[cfg(feature = "serde")]
#[test]
fn arrays_are_lists_of_lists() {
    let json = |array: &DynArray| serde_json::to_value(array).unwrap();
    assert_eq!(json(&array(&[1, 2, 3, 4], &[2, 2])), serde_json::json!([[1, 2], [3, 4]]));
    assert_eq!(json(&array(&[true], &[])), serde_json::json!(true));
    let rows = array(&[(1_u8, "a".to_owned(), vec![0.5])], &[1]);
    assert_eq!(json(&rows), serde_json::json!([{"0": 1, "1": "a", "2": [0.5]}]));
}
