//! JPEG, of which there is no plugin to be had for h5py: chunks are streams, which libjpeg makes and
//! reads through Pillow.

use hdfive::File;
use hdfive::filters::Filter;

use super::support;

/// Images, streams of them as chunks, and what libjpeg decodes these to.
const WRITE: &str = r#"
import h5py, io, numpy as np
from PIL import Image
random = np.random.default_rng(4)
with h5py.File('theirs.h5', 'w') as file:
    for rows, columns in [(48, 64), (37, 23), (1, 100), (300, 517)]:
        y, x = np.mgrid[:rows, :columns]
        gray = (120 + 60 * np.sin(x / 50) * np.cos(y / 40) + random.normal(0, 4, x.shape)).clip(0, 255).astype('u1')
        colored = np.stack([gray, (gray // 2 + x // 16).clip(0, 255).astype('u1'), 255 - gray], -1)
        for name, image in [('gray', gray), ('colored', colored)]:
            for quality in (1, 75, 100):
                stream = io.BytesIO()
                Image.fromarray(image).save(stream, 'JPEG', quality=quality)
                path = f'{name} {rows} {columns} {quality}'
                # h5py has no such filter.
                plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
                plist.set_chunk((1,) + image.shape)
                plist.set_filter(32019, 1, (quality, columns, rows, int(image.ndim == 3)))
                space = h5py.h5s.create_simple((1,) + image.shape)
                made = h5py.h5d.create(file.require_group('jpeg').id, path.encode(), h5py.h5t.NATIVE_UINT8, space, plist)
                made.write_direct_chunk((0,) * (image.ndim + 1), stream.getvalue())
                file[f'plain/{path}'] = image[None]
                file[f'decoded/{path}'] = np.asarray(Image.open(io.BytesIO(stream.getvalue())))[None]
"#;

/// Prints how far what libjpeg reads of ours is from what it reads of its own, and the sizes.
const READ: &str = r#"
import h5py, io, numpy as np
from PIL import Image
with h5py.File('theirs.h5') as theirs, h5py.File('ours.h5') as ours:
    for name, made in ours.items():
        plist = made.id.get_create_plist()
        assert plist.get_filter(0)[2] == theirs[f'jpeg/{name}'].id.get_create_plist().get_filter(0)[2]
        mask, stream = made.id.read_direct_chunk((0,) * made.ndim)
        image, other = np.asarray(Image.open(io.BytesIO(stream)))[None], theirs[f'decoded/{name}'][()]
        assert mask == 0 and image.shape == other.shape
        far = np.abs(image.astype(int) - other).max()
        print(name, far, len(stream), theirs[f'jpeg/{name}'].id.get_storage_size(), sep='\t')
"#;

#[test]
fn jpeg() {
    let folder = support::empty_folder("filters_jpeg");
    let Some(python) = support::python_of("requirements-more.txt") else { return };
    support::run_python(&python, &folder, WRITE, &[]);
    let theirs = File::open(folder.join("theirs.h5")).unwrap();
    let ours = File::create(folder.join("ours.h5")).unwrap();
    let names = theirs.group("jpeg").unwrap().member_names().unwrap();
    assert_eq!(names.len(), 24);
    for name in &names {
        let [found, decoded, plain] = ["jpeg", "decoded", "plain"]
            .map(|group| theirs.dataset(&format!("{group}/{name}")).unwrap())
            .map(|dataset| (dataset.shape(), dataset.read_raw::<u8>().unwrap()));
        let far = found.1.iter().zip(&decoded.1).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        // The standard leaves the last bit of cosines to the decoder, and how few colors become many.
        let most = if name.starts_with("gray") { 1 } else { 12 };
        assert!(far <= most, "{name}: {far}");
        let quality = name.rsplit(' ').next().unwrap().parse().unwrap();
        let new = ours.new_dataset::<u8>().shape(plain.0.clone()).chunk(plain.0);
        let made = new.filter(Filter::jpeg(quality)).create(name.as_str()).unwrap();
        made.write_raw(&plain.1).unwrap();
    }
    ours.close().unwrap();
    let read = support::run_python(&python, &folder, READ, &[]);
    for line in read.lines() {
        let [name, far, len, other] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let [far, len, other] = [far, len, other].map(|n| n.parse::<f64>().unwrap());
        println!("{line}");
        // Tables are as they are.
        assert!(len <= 1.05 * other + 100.0, "{name}: {len} {other}");
        let most = match name.rsplit(' ').next().unwrap() {
            "1" => 100.0,
            "75" => 20.0,
            _ => 6.0,
        };
        assert!(far <= most, "{name}: {far}");
    }
}
