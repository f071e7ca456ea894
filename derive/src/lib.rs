//! `#[derive(H5Type)]`, which `hdfive` gives out under the name of its trait.
//!
//! There is no `unsafe` in what is derived: values are made of, and taken apart into, their fields, each
//! by the `H5Type` of its own type. What the struct looks like in memory, with which padding, plays no
//! part but in the offsets that new datasets get, unless it is `bytemuck::Pod`.

mod attributes;
mod enumeration;
mod generics;
mod library;
mod structure;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Result, parse_macro_input};

use attributes::TypeAttributes;

/// Makes a struct or an enumeration a type of elements.
///
/// # Structs
///
/// A struct is a compound: each field is the member of its name, each field of a tuple struct the
/// member of its number. Members are found by name, so the file's may stand in another order and be
/// more; one that is missing is an error that names it, unless the field has a default. New datasets
/// get the members where the compiler puts the fields: with `#[repr(packed)]` without gaps, else
/// where C does. A struct with `#[repr(transparent)]` is stored as its only field is.
///
/// Fields of the type `PhantomData` are not stored.
///
/// A struct that is `bytemuck::Pod`, too, is read and written without a conversion where elements have
/// its fields at their places in memory.
///
/// # Enumerations
///
/// An enumeration has variants without data, and says with `#[repr(u8)]` (or `i8`, `i16`, ..., `u64`)
/// how its values are stored. It is read from enumerations by name and from integers by value; what is
/// no variant is an error.
///
/// # Attributes
///
/// - `#[hdf5(rename = "name")]` on a field or variant: the name it has in the file.
/// - `#[hdf5(default)]` on a field: where the file has no such member, `Default::default()` is read;
///   `#[hdf5(default = "path")]`: what the function of that path gives.
/// - `#[hdf5(crate = "path")]` on the type: where `hdfive` is to be found, for macros and crates that
///   give it out under another name. What `Cargo.toml` calls it is found without.
#[proc_macro_derive(H5Type, attributes(hdf5))]
pub fn derive_h5_type(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    derive(&input).unwrap_or_else(Error::into_compile_error).into()
}

fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let attributes = TypeAttributes::of(&input.attrs)?;
    let library = library::path(attributes.library.as_ref());
    let body = match &input.data {
        Data::Struct(data) => structure::body(input, data, &attributes, &library),
        Data::Enum(data) => enumeration::body(input, data, &attributes, &library),
        Data::Union(data) => {
            let problem = "a union does not say which of its fields holds, so that none can be \
                           stored: derive `H5Type` for a struct or an enumeration";
            return Err(Error::new_spanned(data.union_token, problem));
        }
    };
    let (body, generics) = match (body, generics::bounded(input, &library)) {
        (Ok(body), Ok(generics)) => (body, generics),
        (Err(mut all), Err(more)) => {
            all.combine(more);
            return Err(all);
        }
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    let name = &input.ident;
    let (parameters, arguments, bounds) = generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_qualifications, clippy::as_conversions, clippy::pedantic)]
        impl #parameters #library::H5Type for #name #arguments #bounds {
            #body
        }
    })
}
