//! Says what data means: attributes, and a JSON document for all the rest.
//!
//!     cargo run --example attributes [FILE]

use std::collections::BTreeMap;
use std::path::PathBuf;

use hdfive::{AnyValues, File};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os()
        .nth(1)
        .map_or_else(|| std::env::temp_dir().join("attributes.h5"), PathBuf::from);
    let file = File::create(&path)?;
    let run = file.create_group("run1")?;
    let celsius = run.create_dataset("celsius", [21.5, 22.0, 22.5])?;

    // Files, groups and datasets have attributes: numbers, text, arrays.
    file.set_attr("title", "A first file")?;
    run.set_attr("number", 1)?;
    celsius.set_attr("unit", "°C")?;
    celsius.set_attr("range", [-40.0, 60.0])?;

    // To set one again is to replace it, whatever it was.
    run.set_attr("number", "one")?;

    // Many at once, from a map: all of them, or none.
    let more = BTreeMap::<&str, AnyValues<'_>>::from([
        ("sensor", "PT100".into()),
        ("gain", 2.5.into()),
        ("channels", [1, 2, 4].into()),
        ("calibrated", true.into()),
    ]);
    celsius.set_attrs(more)?;

    // Some settings are too many for attributes. A document is a dataset of one string.
    let settings = json!({"rate": 100, "filters": ["median", "mean"], "place": {"room": 12}});
    file.create_dataset("settings", settings.to_string())?;
    file.close()?;

    let file = File::open(&path)?;
    let celsius = file.dataset("run1/celsius")?;
    let unit: String = celsius.attr("unit")?.read_scalar()?;
    println!("{} is in {unit}", celsius.name());
    for (name, attribute) in celsius.all_attrs()? {
        println!("  {name}: {}", attribute?.read_value()?);
    }
    println!("is there a colour? {}", celsius.has_attr("colour")?);
    let text: String = file.dataset("settings")?.read_scalar()?;
    let settings: Value = serde_json::from_str(&text)?;
    println!("filters: {:?}", settings.get("filters"));
    Ok(())
}
