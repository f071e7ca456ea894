//! Structs: compounds, or what their only field is.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{DataStruct, DeriveInput, Error, Ident, Index, LitStr, Member, Result, Type};

use crate::attributes::{MemberAttributes, MemberDefault, TypeAttributes};
use crate::generics::{bare, is_phantom};

/// A field that is stored.
struct Field<'a> {
    member: Member,
    ty: &'a Type,
    /// The name in the file.
    name: LitStr,
    attributes: MemberAttributes,
    /// What the implementation calls it.
    local: Ident,
}

/// What is inside of the implementation for a struct.
pub(crate) fn body(
    input: &DeriveInput,
    data: &DataStruct,
    attributes: &TypeAttributes,
    library: &TokenStream,
) -> Result<TokenStream> {
    let fields = stored_fields(data)?;
    let phantoms: Vec<Member> = data
        .fields
        .iter()
        .zip(data.fields.members())
        .filter(|(field, _)| is_phantom(&field.ty))
        .map(|(_, member)| member)
        .collect();
    match fields.as_slice() {
        [] => {
            let problem = "HDF5 has no compounds without members: the struct needs a field that is \
                           stored";
            Err(Error::new_spanned(&input.ident, problem))
        }
        [only] if attributes.transparent => transparent(only, &phantoms, library),
        _ => {
            check_names(&fields)?;
            let hidden = quote!(#library::__derive);
            let descriptor = descriptor(&fields, attributes, &hidden);
            let reader = reader(&fields, &phantoms, &hidden);
            let identical = identical(&fields, &hidden);
            let writer = writer(&fields, attributes.packed.is_some(), &identical, &hidden);
            let memory = memory(&hidden);
            Ok(quote! { #descriptor #reader #writer #memory })
        }
    }
}

fn stored_fields(data: &DataStruct) -> Result<Vec<Field<'_>>> {
    let mut fields = Vec::new();
    let mut problems: Option<Error> = None;
    let all = data.fields.iter().zip(data.fields.members()).filter(|(f, _)| !is_phantom(&f.ty));
    for (index, (field, member)) in all.enumerate() {
        let found = check_type(&field.ty).and_then(|()| {
            let attributes = MemberAttributes::of(&field.attrs)?;
            let name = attributes.rename.clone().unwrap_or_else(|| name_of(&member, field.span()));
            let local = format_ident!("__field_{index}");
            Ok(Field { member, ty: &field.ty, name, attributes, local })
        });
        match (found, &mut problems) {
            (Ok(field), _) => fields.push(field),
            (Err(error), Some(problems)) => problems.combine(error),
            (Err(error), none) => *none = Some(error),
        }
    }
    problems.map_or(Ok(fields), Err)
}

fn name_of(member: &Member, span: Span) -> LitStr {
    match member {
        Member::Named(name) => LitStr::new(&name.unraw().to_string(), name.span()),
        Member::Unnamed(Index { index, .. }) => LitStr::new(&index.to_string(), span),
    }
}

/// Refuses what the compiler could only call no type of elements.
fn check_type(ty: &Type) -> Result<()> {
    let problem = match bare(ty) {
        Type::Reference(_) => {
            "what is read from a file owns its data: have `String` for `&str`, `Vec<T>` for `&[T]`"
        }
        Type::Ptr(_) => "an address means nothing in a file: store what it points at",
        Type::BareFn(_) => "a function cannot be stored",
        _ => return Ok(()),
    };
    Err(Error::new_spanned(ty, problem))
}

/// Refuses two members of one name.
fn check_names(fields: &[Field<'_>]) -> Result<()> {
    let mut seen = HashSet::new();
    for field in fields {
        let name = field.name.value();
        if !seen.insert(name.clone()) {
            let problem = format!("there is another member named \"{name}\" already");
            return Err(Error::new(field.name.span(), problem));
        }
    }
    Ok(())
}

/// A struct that is stored as its only field is.
fn transparent(
    field: &Field<'_>,
    phantoms: &[Member],
    library: &TokenStream,
) -> Result<TokenStream> {
    let attributes = &field.attributes;
    let named = attributes.rename.as_ref().map(|name| name.span());
    if let Some(span) = named.or(attributes.default.as_ref().map(|(_, span)| *span)) {
        let problem =
            "a transparent struct is stored as its field is, which has no name in the file";
        return Err(Error::new(span, problem));
    }
    let (Field { member, ty, .. }, hidden) = (field, quote!(#library::__derive));
    let of = quote_spanned!(ty.span()=> <#ty as #hidden::H5Type>);
    let memory = memory(&hidden);
    Ok(quote! {
        #memory

        fn is_identical(stored: &#hidden::Datatype) -> bool {
            use #hidden::AnyMemory as _;
            #hidden::Memory::<Self>::IS_PLAIN && #of::is_identical(stored)
        }

        fn type_descriptor() -> #hidden::TypeDescriptor {
            #of::type_descriptor()
        }

        fn converter(stored: &#hidden::Datatype) -> #hidden::Result<#hidden::Converter<Self>> {
            let inner = #of::converter(stored)?;
            ::core::result::Result::Ok(inner.map(|value| Self {
                #member: value,
                #(#phantoms: ::core::default::Default::default(),)*
            }))
        }

        fn writer(stored: &#hidden::Datatype) -> #hidden::Result<#hidden::Writer<Self>> {
            let inner = #of::writer(stored)?;
            ::core::result::Result::Ok(
                inner.after(|value: &Self| ::core::clone::Clone::clone(&value.#member)),
            )
        }
    })
}

/// What lends the memory of values, where the program says that they are `Pod`.
fn memory(hidden: &TokenStream) -> TokenStream {
    let option = quote!(::core::option::Option);
    let memory = quote!(use #hidden::AnyMemory as _; #hidden::Memory::<Self>);
    quote! {
        fn as_bytes(values: &[Self]) -> #option<&[u8]> {
            #memory::bytes(values)
        }

        fn as_bytes_mut(values: &mut [Self]) -> #option<&mut [u8]> {
            #memory::bytes_mut(values)
        }

        fn zeros(count: usize) -> #option<::std::vec::Vec<Self>> {
            #memory::zeros(count)
        }

        fn from_bytes(bytes: &[u8]) -> #option<&[Self]> {
            #memory::values(bytes)
        }

        fn of_bytes(bytes: &[u8]) -> #option<Self> {
            #memory::value(bytes)
        }
    }
}

/// Whether elements stored as `stored` are the bytes of values.
fn identical(fields: &[Field<'_>], hidden: &TokenStream) -> TokenStream {
    let count = fields.len();
    let same = fields.iter().map(|Field { member, ty, name, .. }| {
        let place = quote!(::core::mem::offset_of!(Self, #member));
        quote_spanned!(ty.span()=> .field::<#ty>(#name, #place))
    });
    quote! {
        {
            use #hidden::AnyMemory as _;
            #hidden::Memory::<Self>::IS_PLAIN
                && #hidden::SameLayout::new::<Self>(stored, #count) #(#same)* .finish()
        }
    }
}

fn descriptor(
    fields: &[Field<'_>],
    attributes: &TypeAttributes,
    hidden: &TokenStream,
) -> TokenStream {
    let members = fields
        .iter()
        .map(|Field { ty, name, .. }| quote_spanned!(ty.span()=> .field::<#ty>(#name)));
    let packed = attributes.packed.iter();
    let aligned = attributes.aligned.iter();
    quote! {
        fn type_descriptor() -> #hidden::TypeDescriptor {
            #hidden::StructLayout::new() #(.packed(#packed))* #(.aligned(#aligned))* #(#members)* .finish()
        }
    }
}

fn reader(fields: &[Field<'_>], phantoms: &[Member], hidden: &TokenStream) -> TokenStream {
    let columns = fields.iter().map(|field| {
        let Field { ty, name, attributes, local, .. } = field;
        let span = ty.span();
        match &attributes.default {
            None => quote_spanned!(span=> let #local = reader.field::<#ty>(#name)?;),
            Some((default, span)) => {
                let given = match default {
                    MemberDefault::OfType => {
                        quote_spanned!(*span=> <#ty as ::core::default::Default>::default)
                    }
                    MemberDefault::Function(path) => quote!(#path),
                };
                quote_spanned!(ty.span()=> let #local = reader.field_or::<#ty>(#name, #given)?;)
            }
        }
    });
    let locals: Vec<&Ident> = fields.iter().map(|field| &field.local).collect();
    // Functions, not methods: of a type that is no element, one error in words is enough.
    let reads = fields.iter().map(|Field { ty, local, .. }| {
        quote_spanned!(ty.span()=> let mut #local = #hidden::read_column::<#ty>(&#local, batch)?;)
    });
    let nexts = fields.iter().map(|Field { ty, local, .. }| {
        quote_spanned!(ty.span()=> #hidden::next_value::<#ty>(&mut #local))
    });
    let members = fields.iter().map(|field| &field.member);
    quote! {
        fn converter(stored: &#hidden::Datatype) -> #hidden::Result<#hidden::Converter<Self>> {
            let reader = #hidden::CompoundReader::new(stored)?;
            #(#columns)*
            reader.finish(move |batch, out| {
                #(#reads)*
                while let (#(::core::option::Option::Some(#locals),)*) = (#(#nexts,)*) {
                    out.push(Self {
                        #(#members: #locals,)*
                        #(#phantoms: ::core::default::Default::default(),)*
                    });
                }
                ::core::result::Result::Ok(())
            })
        }
    }
}

/// And whether there is nothing to do, which asks for no more than writing does.
fn writer(
    fields: &[Field<'_>],
    packed: bool,
    identical: &TokenStream,
    hidden: &TokenStream,
) -> TokenStream {
    let names = fields.iter().map(|field| &field.name);
    let columns = fields.iter().map(|Field { ty, name, local, .. }| {
        quote_spanned!(ty.span()=> let #local = writer.field::<#ty>(#name)?;)
    });
    let parts = fields.iter().map(|Field { member, ty, local, .. }| {
        // Nothing may be lent of a packed struct, whose fields are all `Copy`.
        let part = if packed {
            quote_spanned!(ty.span()=> #hidden::copied::<#ty>(value.#member))
        } else {
            quote!(&value.#member)
        };
        quote!(#local.write(values.iter().map(|value: &Self| #part), batch)?;)
    });
    quote! {
        fn is_identical(stored: &#hidden::Datatype) -> bool {
            #identical
        }

        fn writer(stored: &#hidden::Datatype) -> #hidden::Result<#hidden::Writer<Self>> {
            use #hidden::AnyMemory as _;
            if #identical {
                if let ::core::option::Option::Some(plain) = #hidden::Memory::<Self>::writer(stored) {
                    return plain;
                }
            }
            let writer = #hidden::CompoundWriter::new(stored, &[#(#names),*])?;
            #(#columns)*
            writer.finish(move |values: &[Self], batch| {
                #(#parts)*
                ::core::result::Result::Ok(())
            })
        }
    }
}
