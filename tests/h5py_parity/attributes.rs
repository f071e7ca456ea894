//! Attributes.

use hdfive::types::{StringBytes, VarLenAscii};
use hdfive::{AnyValues, File, LibraryVersion};
use ndarray::array;
use num_complex::Complex;
use serde_json::{Value, json};

use crate::{Outcome, new};

fn done() -> Outcome {
    Ok(Value::Null)
}

rows! {
    fn attr_kinds(folder) {
        let file = new(folder);
        let values: [AnyValues<'_>; 9] = [
            1_i64.into(),
            2.5.into(),
            "text".into(),
            [1_i64, 2].into(),
            array![[1.5], [2.5]].into(),
            ["a", "b"].into(),
            true.into(),
            VarLenAscii::from_ascii("bytes").unwrap().into(),
            Complex::new(0.0, 1.0).into(),
        ];
        for (number, value) in values.into_iter().enumerate() {
            file.set_attr(&format!("a{number}"), value)?;
        }
        let a = |number: u8| file.attr(&format!("a{number}"));
        let rows = a(4)?.read_2d::<f64>()?;
        let z: Complex<f64> = a(8)?.read_scalar()?;
        Ok(json!([
            a(0)?.read_scalar::<i64>()?, a(1)?.read_scalar::<f64>()?,
            a(2)?.read_scalar::<String>()?, a(3)?.read_raw::<i64>()?,
            [[rows[(0, 0)]], [rows[(1, 0)]]], a(5)?.read_raw::<String>()?,
            a(6)?.read_scalar::<bool>()?, a(7)?.read_scalar::<String>()?, [z.re, z.im],
        ]))
    }

    fn attr_missing(folder) {
        new(folder).attr("a")?;
        done()
    }

    fn attr_dict(folder) {
        let file = new(folder);
        file.set_attr("b", 1)?;
        file.set_attr("a", 2)?;
        file.set_attr("b", "replaced")?;
        let names = file.attr_names()?;
        let (len, has) = (names.len(), [file.has_attr("a")?, file.has_attr("c")?]);
        let b: String = file.attr("b")?.read_scalar()?;
        file.delete_attr("a")?;
        Ok(json!([names, len, has[0], has[1], b, file.attr_names()?]))
    }

    fn attr_delete_missing(folder) {
        new(folder).delete_attr("a")?;
        done()
    }

    fn attr_create_shape_and_type(folder) {
        let file = new(folder);
        let a = file.new_attr::<u8>().shape((2, 2)).create("a")?;
        a.write_raw(&[1_i64, 2, 3, 4])?;
        let rows = a.read_2d::<i64>()?;
        let kind = if a.dtype()?.to_string() == "uint8" { "|u1" } else { "?" };
        Ok(json!([rows.rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>(), kind]))
    }

    fn attr_modify(folder) {
        let file = new(folder);
        file.set_attr("a", 7_u8)?;
        file.modify_attr("a", 9.75)?;
        file.modify_attr("b", [1_i64, 2])?;
        let a = file.attr("a")?;
        let kind = if a.dtype()?.to_string() == "uint8" { "|u1" } else { "?" };
        Ok(json!([a.read_scalar::<i64>()?, kind, file.attr("b")?.read_raw::<i64>()?]))
    }

    fn attr_modify_other_shape(folder) {
        let file = new(folder);
        file.set_attr("a", [1, 2, 3])?;
        file.modify_attr("a", [1, 2])?;
        done()
    }

    fn attr_large_in_old_format(folder) {
        let options = File::with_options()
            .library_versions(LibraryVersion::Earliest, LibraryVersion::LATEST);
        options.create(folder.join("f.h5"))?.set_attr("a", vec![0.0; 9000])?;
        done()
    }

    fn attr_large(folder) {
        let options =
            File::with_options().library_versions(LibraryVersion::LATEST, LibraryVersion::LATEST);
        let file = options.create(folder.join("f.h5"))?;
        file.set_attr("a", vec![0.0; 9000])?;
        Ok(json!(file.attr("a")?.shape()))
    }

    differs("text that is not UTF-8 is an error for `String`, and bytes for `StringBytes`")
    fn attr_not_utf8(folder) {
        let file = new(folder);
        let utf8 = hdfive::definition::CharacterSet::Utf8;
        let kind = hdfive::definition::Datatype::var_len_string(utf8);
        let bytes = StringBytes(vec![0xff, 0xfe]);
        file.new_attr_builder().with_data_as([bytes.clone()], kind).create("a")?;
        assert_eq!(file.attr("a")?.read_raw::<StringBytes>()?, [bytes]);
        file.attr("a")?.read_raw::<String>()?;
        done()
    }

    fn attr_rename(folder) {
        let file = new(folder);
        file.set_attr("a", 5)?;
        file.rename_attr("a", "b")?;
        Ok(json!([file.attr_names()?, file.attr("b")?.read_scalar::<i64>()?]))
    }
}
