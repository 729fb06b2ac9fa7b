//! What is read, for whoever offers it to a network.

use dicom_dictionary_std::uids;

use super::file_meta::EXPLICIT_VR_BIG_ENDIAN;

/// SOP classes of CT images (PS3.4 B.5).
pub const CT_STORAGE_CLASSES: [&str; 4] = [
    uids::CT_IMAGE_STORAGE,
    uids::ENHANCED_CT_IMAGE_STORAGE,
    uids::LEGACY_CONVERTED_ENHANCED_CT_IMAGE_STORAGE,
    uids::CT_IMAGE_STORAGE_FOR_PROCESSING,
];

/// Transfer syntaxes whose pixels are read (PS3.5 annex A).
pub const READ_TRANSFER_SYNTAXES: [&str; 16] = [
    uids::EXPLICIT_VR_LITTLE_ENDIAN,
    uids::IMPLICIT_VR_LITTLE_ENDIAN,
    uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    uids::JPEG_BASELINE8_BIT,
    uids::JPEG_EXTENDED12_BIT,
    uids::JPEG_LOSSLESS,
    uids::JPEG_LOSSLESS_SV1,
    uids::JPEGLS_LOSSLESS,
    uids::JPEGLS_NEAR_LOSSLESS,
    uids::JPEG2000_LOSSLESS,
    uids::JPEG2000,
    uids::HTJ2K_LOSSLESS,
    uids::HTJ2K_LOSSLESS_RPCL,
    uids::HTJ2K,
    uids::RLE_LOSSLESS,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::{DecodeLimits, SliceFile, Window};

    /// The syntaxes of the reference files that are read, by pydicom's account of them in their
    /// names and headers.
    #[test]
    fn every_syntax_of_the_reference_files_is_offered() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/dicom_variants");
        let mut found = BTreeSet::new();
        for entry in std::fs::read_dir(folder).expect("the reference files") {
            let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
            let Ok(file) = SliceFile::new(bytes, &DecodeLimits::default()) else {
                continue;
            };
            if let Ok(slice) = file.decode(0, Window::File) {
                found.extend(slice.info.dicom.map(|dicom| dicom.transfer_syntax));
            }
        }
        let offered: BTreeSet<String> = READ_TRANSFER_SYNTAXES.map(str::to_owned).into();
        let of_standard = |uid: &&String| uid.starts_with("1.2.840.10008.1.2");
        let found: Vec<&String> = found.iter().filter(of_standard).collect();
        assert!(found.len() > 8, "{found:?}");
        let missing: Vec<_> = found
            .iter()
            .filter(|uid| !offered.contains(**uid))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
