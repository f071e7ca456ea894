//! Names of registered filters, for messages about those that are not here.

/// The name under which The HDF Group registered filter `id`.
pub(crate) fn registered_name(id: u16) -> Option<&'static str> {
    Some(match id {
        1 => "deflate",
        2 => "shuffle",
        3 => "fletcher32",
        4 => "szip",
        5 => "nbit",
        6 => "scaleoffset",
        257 => "hzip",
        258 | 32014 => "fpzip",
        305 => "LZO",
        307 => "bzip2",
        32000 => "LZF",
        32001 => "Blosc",
        32002 => "MAFISC",
        32003 => "Snappy",
        32004 => "LZ4",
        32005 => "APAX",
        32006 => "CBF",
        32007 => "JPEG-XR",
        32008 => "bitshuffle",
        32009 => "SPDP",
        32010 => "LPC-Rice",
        32011 => "CCSDS-123",
        32012 => "JPEG-LS",
        32013 => "ZFP",
        32015 => "Zstandard",
        32016 => "B3D",
        32017 => "SZ",
        32018 => "FCIDECOMP",
        32019 => "JPEG",
        32020 => "VBZ",
        32021 => "FAPEC",
        32022 => "BitGroom",
        32023 => "Granular BitRound",
        32024 => "SZ3",
        32025 => "Delta-Rice",
        32026 => "Blosc2",
        32027 => "FLAC",
        32028 => "SPERR",
        32029 => "TERSE/PROLIX",
        32030 => "FFMPEG",
        _ => return None,
    })
}

/// The feature of this crate that builds in filter `id`, where there is one.
pub(crate) fn feature(id: u16) -> Option<&'static str> {
    Some(match id {
        305 => "lzo",
        307 => "bzip2",
        32001 => "blosc",
        32004 => "lz4",
        32008 => "bitshuffle",
        32013 => "zfp",
        32015 => "zstd",
        32019 => "jpeg",
        32020 => "vbz",
        32022 | 32023 => "bitround",
        32026 => "blosc2",
        _ => return None,
    })
}

/// A filter in words: "filter 32015 (Zstandard)". The registered name goes before the file's own.
pub(crate) fn describe(id: u16, name_in_file: Option<&[u8]>) -> String {
    let in_file =
        || name_in_file.map(|name| String::from_utf8_lossy(name).escape_debug().to_string());
    match registered_name(id).map(str::to_owned).or_else(in_file) {
        Some(name) if !name.is_empty() => format!("filter {id} ({name})"),
        _ => format!("filter {id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_named_as_well_as_can_be() {
        assert_eq!(describe(32015, None), "filter 32015 (Zstandard)");
        assert_eq!(describe(32015, Some(b"my zstd")), "filter 32015 (Zstandard)");
        assert_eq!(describe(40_000, Some(b"\x1b]mine")), "filter 40000 (\\u{1b}]mine)");
        assert_eq!(describe(40_000, Some(b"")), "filter 40000");
        assert_eq!(describe(40_000, None), "filter 40000");
    }
}
