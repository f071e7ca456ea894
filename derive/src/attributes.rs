//! What stands in `#[repr(..)]` and `#[hdf5(..)]`.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, Expr, ExprLit, Ident, Lit, LitInt, LitStr, Path, Result, parenthesized,
};

/// Types that the values of an enumeration can be of.
pub(crate) const INTEGERS: [&str; 10] =
    ["i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize"];

/// The attributes of a type.
#[derive(Default)]
pub(crate) struct TypeAttributes {
    /// Where the library is.
    pub(crate) library: Option<Path>,
    /// The integer that an enumeration is stored as.
    pub(crate) integer: Option<Ident>,
    /// `repr(C)`.
    pub(crate) c: Option<Span>,
    /// `repr(transparent)`.
    pub(crate) transparent: bool,
    /// The alignment that `repr(packed)` leaves.
    pub(crate) packed: Option<LitInt>,
    /// The alignment that `repr(align(..))` asks for.
    pub(crate) aligned: Option<LitInt>,
}

impl TypeAttributes {
    pub(crate) fn of(attributes: &[Attribute]) -> Result<Self> {
        let mut found = Self::default();
        for attribute in attributes {
            if attribute.path().is_ident("repr") {
                attribute.parse_nested_meta(|meta| found.repr(&meta))?;
            } else if attribute.path().is_ident("hdf5") {
                attribute.parse_nested_meta(|meta| {
                    if !meta.path.is_ident("crate") {
                        return Err(unknown(&meta, "on a type there is only `crate = \"..\"`"));
                    }
                    once(found.library.is_some(), &meta)?;
                    found.library = Some(meta.value()?.parse::<LitStr>()?.parse()?);
                    Ok(())
                })?;
            }
        }
        Ok(found)
    }

    /// What is wrong in it the compiler says.
    fn repr(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("C") {
            self.c = Some(meta.path.span());
        } else if meta.path.is_ident("transparent") {
            self.transparent = true;
        } else if meta.path.is_ident("packed") {
            let one = LitInt::new("1", meta.path.span());
            self.packed = Some(argument(meta)?.unwrap_or(one));
        } else if meta.path.is_ident("align") {
            self.aligned = argument(meta)?;
        } else if !meta.path.is_ident("Rust") {
            self.integer = meta.path.get_ident().cloned();
        }
        Ok(())
    }
}

/// The number in parentheses, where there is one.
fn argument(meta: &ParseNestedMeta<'_>) -> Result<Option<LitInt>> {
    if !meta.input.peek(syn::token::Paren) {
        return Ok(None);
    }
    let content;
    parenthesized!(content in meta.input);
    content.parse().map(Some)
}

/// What is read where the file has no such member.
pub(crate) enum MemberDefault {
    /// `Default::default()`.
    OfType,
    /// What this function gives.
    Function(Path),
}

/// The attributes of a field or variant.
#[derive(Default)]
pub(crate) struct MemberAttributes {
    /// The name in the file.
    pub(crate) rename: Option<LitStr>,
    /// `default`, and where it stands.
    pub(crate) default: Option<(MemberDefault, Span)>,
}

impl MemberAttributes {
    pub(crate) fn of(attributes: &[Attribute]) -> Result<Self> {
        let mut found = Self::default();
        for attribute in attributes.iter().filter(|own| own.path().is_ident("hdf5")) {
            attribute.parse_nested_meta(|meta| found.one(&meta))?;
        }
        Ok(found)
    }

    fn one(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("rename") {
            once(self.rename.is_some(), meta)?;
            let name = text(meta)?;
            if name.value().is_empty() || name.value().contains('\0') {
                return Err(Error::new(
                    name.span(),
                    "a name in a file is not empty and has no NUL",
                ));
            }
            self.rename = Some(name);
        } else if meta.path.is_ident("default") {
            once(self.default.is_some(), meta)?;
            let default = if meta.input.peek(syn::Token![=]) {
                MemberDefault::Function(text(meta)?.parse()?)
            } else {
                MemberDefault::OfType
            };
            self.default = Some((default, meta.path.span()));
        } else {
            return Err(unknown(meta, "there are `rename = \"..\"` and `default`"));
        }
        Ok(())
    }
}

/// The string after `=`.
fn text(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    match meta.value()?.parse()? {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text),
        other => Err(Error::new_spanned(other, "a string is wanted here, as in `= \"name\"`")),
    }
}

fn unknown(meta: &ParseNestedMeta<'_>, known: &str) -> Error {
    let name = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
    Error::new_spanned(&meta.path, format!("unknown attribute `{name}` of `hdf5`: {known}"))
}

fn once(known: bool, meta: &ParseNestedMeta<'_>) -> Result<()> {
    if known { Err(meta.error("this stands here twice")) } else { Ok(()) }
}
