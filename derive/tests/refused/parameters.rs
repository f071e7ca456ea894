use std::rc::Rc;

#[derive(Clone, hdf5::H5Type)]
struct Pair<T> {
    first: T,
    second: T,
}

fn needs<T: hdf5::H5Type>() {}

fn main() {
    needs::<Pair<f64>>();
    needs::<Pair<Vec<String>>>();
    needs::<Pair<Rc<f64>>>(); //~ `Rc<f64>` is no type that elements of a file convert to
}
