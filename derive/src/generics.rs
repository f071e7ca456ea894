//! Parameters of the type, with the bounds that the implementation needs.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Data, DeriveInput, Error, Field, GenericParam, Generics, Ident, Result, Type, parse_quote,
};

/// The parameters with bounds: those that fields are of are types of elements themselves.
pub(crate) fn bounded(input: &DeriveInput, library: &TokenStream) -> Result<Generics> {
    let mut generics = input.generics.clone();
    for parameter in &mut generics.params {
        let parameter = match parameter {
            GenericParam::Type(parameter) => parameter,
            GenericParam::Const(_) => continue,
            GenericParam::Lifetime(lifetime) => {
                let problem = "what is read from a file owns its data, so that `H5Type` is for types \
                               without lifetimes: have `String` for `&str`, `Vec<T>` for `&[T]`";
                return Err(Error::new_spanned(lifetime, problem));
            }
        };
        let name = &parameter.ident;
        if stored_fields(&input.data).any(|field| mentions(field.ty.to_token_stream(), name)) {
            parameter.bounds.push(parse_quote!(#library::H5Type));
        } else {
            parameter.bounds.push(parse_quote!(::core::clone::Clone));
            parameter.bounds.push(parse_quote!(::core::marker::Send));
            parameter.bounds.push(parse_quote!(::core::marker::Sync));
            parameter.bounds.push(parse_quote!('static));
        }
    }
    Ok(generics)
}

fn stored_fields(data: &Data) -> impl Iterator<Item = &Field> {
    let fields = match data {
        Data::Struct(data) => Some(data.fields.iter()),
        _ => None,
    };
    fields.into_iter().flatten().filter(|field| !is_phantom(&field.ty))
}

/// A type without what macros put around it.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

/// Whether a field holds nothing.
pub(crate) fn is_phantom(ty: &Type) -> bool {
    match bare(ty) {
        Type::Path(path) => {
            path.path.segments.last().is_some_and(|last| last.ident == "PhantomData")
        }
        _ => false,
    }
}

/// Whether `name` stands in a type as a type, not as what an associated type is of.
fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match token {
            TokenTree::Ident(ident) => {
                let goes_on =
                    matches!(tokens.peek(), Some(TokenTree::Punct(p)) if p.as_char() == ':');
                ident == *name && !goes_on
            }
            TokenTree::Group(group) => mentions(group.stream(), name),
            _ => false,
        };
        if found {
            return true;
        }
    }
    false
}
