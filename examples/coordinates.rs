//! Names the axes of arrays and says where along them the values lie: dimension scales, through which
//! netCDF-4, xarray and h5py find the coordinates of a variable.
//!
//!     cargo run --example coordinates [FILE]

use std::path::PathBuf;

use hdfive::{Dataset, File, Group, Result};

fn main() -> Result<()> {
    let path = std::env::args_os()
        .nth(1)
        .map_or_else(|| std::env::temp_dir().join("coordinates.h5"), PathBuf::from);
    let file = File::create(&path)?;
    let celsius = file.new_dataset::<f32>().shape((2, 3)).create("celsius")?;
    celsius.write_raw(&[18.5, 21.0, 19.5, 17.0, 22.5, 20.0])?;

    // A scale is a dataset of its own, attached to as many axes as it describes.
    let day = file.create_dataset("day", [1, 2])?;
    let hour = file.create_dataset("hour", [6, 12, 18])?;
    day.make_scale("day")?;
    hour.make_scale("hour")?;
    celsius.dim(0)?.attach_scale(&day)?;
    celsius.dim(1)?.attach_scale(&hour)?;
    celsius.dim(1)?.set_label("hour of the day")?;
    file.close()?;

    // Which variables are there, and what are their coordinates? Any netCDF-4 file says it so.
    let file = File::open(&path)?;
    for variable in variables(&file)? {
        println!("{} has {:?}", variable.name(), coordinates(&variable)?);
    }
    let celsius = file.dataset("celsius")?;
    let hours: Vec<i32> = celsius.dim(1)?.scale("hour")?.read_raw()?;
    let first: Vec<f32> = celsius.read_slice_raw(0)?;
    println!("{}: {hours:?}", celsius.dim(1)?.label()?);
    println!("the first day: {first:?}");
    println!("is day a scale? {}", file.dataset("day")?.is_scale()?);
    Ok(())
}

/// The datasets of a group that are no scales themselves.
fn variables(group: &Group) -> Result<Vec<Dataset>> {
    let mut all = Vec::new();
    for dataset in group.datasets()? {
        if !dataset.is_scale()? {
            all.push(dataset);
        }
    }
    Ok(all)
}

/// The paths of the coordinates of each axis of a variable.
fn coordinates(variable: &Dataset) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    for dimension in variable.dims() {
        let scales = dimension.scales()?;
        paths.extend(scales.iter().map(|(_, scale)| scale.name()));
    }
    Ok(paths)
}
