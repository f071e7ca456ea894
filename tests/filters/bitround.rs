//! BitGroom and Granular BitRound, of which hdf5plugin has nothing: netCDF does the same to what it writes.

use hdfive::File;
use hdfive::filters::Filter;

use super::support;

/// Numbers, and what netCDF makes of them with so many digits.
const WRITE: &str = r#"
import h5py, netCDF4, numpy as np
random = np.random.default_rng(5)
for dtype in ('f4', 'f8'):
    values = (10 ** random.uniform(-30, 30, 997) * random.choice([-1, 1], 997)).astype(dtype)
    values[:40] = np.arange(40)
    with netCDF4.Dataset(f'theirs-{dtype}.nc', 'w') as file:
        file.createDimension('n', 997)
        file.createVariable('plain', dtype, ('n',))[:] = values
        for mode in ('BitGroom', 'GranularBitRound'):
            for digits in (1, 3, 6):
                made = file.createVariable(f'{mode}{digits}', dtype, ('n',), quantize_mode=mode, significant_digits=digits)
                made[:] = values
"#;

const COMPARE: &str = r#"
import h5py, numpy as np
for dtype in ('f4', 'f8'):
    with h5py.File(f'theirs-{dtype}.nc') as theirs, h5py.File(f'ours-{dtype}.h5') as ours:
        for name, made in ours.items():
            mask, stored = made.id.read_direct_chunk((0,))
            found, expected = np.frombuffer(stored, made.dtype), theirs[name][()]
            assert mask == 0 and (expected != theirs['plain'][()]).any()
            wrong = found.view('u' + dtype[1]) != expected.view('u' + dtype[1])
            assert not wrong.any(), (dtype, name, found[wrong][:5], expected[wrong][:5], wrong.sum())
"#;

#[test]
fn bitround() {
    let folder = support::empty_folder("filters_bitround");
    if support::python_in(&folder, WRITE, &[]).is_none() {
        return;
    }
    for kind in ["f4", "f8"] {
        let theirs = File::open(folder.join(format!("theirs-{kind}.nc"))).unwrap();
        let ours = File::create(folder.join(format!("ours-{kind}.h5"))).unwrap();
        let plain = theirs.dataset("plain").unwrap();
        for digits in [1, 3, 6] {
            for (name, filter) in [
                ("BitGroom", Filter::bit_groom(digits)),
                ("GranularBitRound", Filter::granular_bit_round(digits)),
            ] {
                let name = format!("{name}{digits}");
                let new = ours.new_dataset_builder().empty_as(plain.dtype().unwrap());
                let made = new.shape(997).chunk(997).filter(filter).create(name.as_str()).unwrap();
                made.write_raw(&plain.read_raw::<f64>().unwrap()).unwrap();
                ours.flush().unwrap();
                let expected = theirs.dataset(&name).unwrap().read_raw::<f64>().unwrap();
                assert_eq!(made.read_raw::<f64>().unwrap(), expected, "{kind} {name}");
            }
        }
        ours.close().unwrap();
    }
    support::python_in(&folder, COMPARE, &[]);
}
