//! Enumerations of variants without data.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{DataEnum, DeriveInput, Error, Fields, Ident, LitStr, Result, Variant};

use crate::attributes::{INTEGERS, MemberAttributes, TypeAttributes};

/// What is inside of the implementation for an enumeration.
pub(crate) fn body(
    input: &DeriveInput,
    data: &DataEnum,
    attributes: &TypeAttributes,
    library: &TokenStream,
) -> Result<TokenStream> {
    if data.variants.is_empty() {
        let problem = "an enumeration without variants has no values to store";
        return Err(Error::new_spanned(&input.ident, problem));
    }
    let integer = integer(input, attributes)?;
    let mut problems: Option<Error> = None;
    let mut names = Vec::new();
    let mut seen = HashSet::new();
    for variant in &data.variants {
        match (name_of(variant, &mut seen), &mut problems) {
            (Ok(name), _) => names.push(name),
            (Err(error), Some(problems)) => problems.combine(error),
            (Err(error), none) => *none = Some(error),
        }
    }
    if let Some(problems) = problems {
        return Err(problems);
    }
    let variants: Vec<&Ident> = data.variants.iter().map(|variant| &variant.ident).collect();
    let (places, hidden) = (0..variants.len(), quote!(#library::__derive));
    let name = LitStr::new(&input.ident.unraw().to_string(), input.ident.span());
    let described = quote! {
        #hidden::Variants::<Self>::new::<#integer>(
            #name,
            &[#((#names, Self::#variants as #integer as i128, Self::#variants)),*],
        )
    };
    Ok(quote! {
        fn type_descriptor() -> #hidden::TypeDescriptor {
            #described.type_descriptor()
        }

        fn converter(stored: &#hidden::Datatype) -> #hidden::Result<#hidden::Converter<Self>> {
            #described.converter(stored)
        }

        fn writer(stored: &#hidden::Datatype) -> #hidden::Result<#hidden::Writer<Self>> {
            #described.writer(stored, |value: &Self| match value {
                #(Self::#variants => #places,)*
            })
        }
    })
}

/// The integer that values are stored as.
fn integer<'a>(input: &DeriveInput, attributes: &'a TypeAttributes) -> Result<&'a Ident> {
    let wanted = "`#[repr(u8)]`, or another of i8, i16, i32, i64, u8, u16, u32, u64";
    match (&attributes.integer, attributes.c) {
        (Some(integer), _) if INTEGERS.iter().any(|known| integer == known) => Ok(integer),
        (Some(other), _) => {
            let problem =
                format!("values of `{other}` are none of HDF5's enumerations: have {wanted}");
            Err(Error::new_spanned(other, problem))
        }
        (None, Some(c)) => {
            let problem =
                format!("`repr(C)` does not say how large a stored value is: have {wanted}");
            Err(Error::new(c, problem))
        }
        (None, None) => {
            let problem = format!("how are the values stored? Say it with {wanted}");
            Err(Error::new_spanned(&input.ident, problem))
        }
    }
}

/// The name that a variant has in the file, which none had before.
fn name_of(variant: &Variant, seen: &mut HashSet<String>) -> Result<LitStr> {
    if !matches!(variant.fields, Fields::Unit) {
        let problem = "values of HDF5's enumerations are bare names: a variant with data cannot be \
                       stored. Keep the data in a struct beside the enumeration";
        return Err(Error::new_spanned(&variant.fields, problem));
    }
    let attributes = MemberAttributes::of(&variant.attrs)?;
    if let Some((_, span)) = attributes.default {
        let problem = "`default` is for fields: a value that no variant has is always an error";
        return Err(Error::new(span, problem));
    }
    let own = || LitStr::new(&variant.ident.unraw().to_string(), variant.ident.span());
    let name = attributes.rename.unwrap_or_else(own);
    if !seen.insert(name.value()) {
        let problem = format!("there is another variant named \"{}\" already", name.value());
        return Err(Error::new(name.span(), problem));
    }
    Ok(name)
}
