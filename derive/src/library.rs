//! Where the library is.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, Path};

/// The path of `hdfive`: the given one; else the name that `Cargo.toml` has for it; else its own.
pub(crate) fn path(given: Option<&Path>) -> TokenStream {
    if let Some(path) = given {
        return quote!(#path);
    }
    let name = match crate_name("hdfive") {
        // The library knows itself by its name, as do its tests and examples.
        Ok(FoundCrate::Itself) | Err(_) => "hdfive".to_owned(),
        Ok(FoundCrate::Name(name)) => name,
    };
    let name = Ident::new(&name, Span::call_site());
    quote!(::#name)
}
