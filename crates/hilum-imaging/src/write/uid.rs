//! Unique identifiers that come out the same every time, and the one of hilum itself.

/// Says in every DICOM file and association that hilum made it (PS3.7 D.3.3.2): a UUID that was
/// drawn once.
pub const IMPLEMENTATION_CLASS_UID: &str = "2.25.338590862735210170821472716336102441481";

/// The same for people; at most 16 characters.
pub const IMPLEMENTATION_VERSION_NAME: &str = concat!("HILUM_", env!("CARGO_PKG_VERSION"));

/// A DICOM UID derived from `text`: `2.25.` and a UUID as a whole number (PS3.5 B.2).
///
/// The UUID is of version 8 (RFC 9562): the first bits of a BLAKE3 digest. Equal texts give equal
/// identifiers; 44 characters at most.
pub fn derived_uid(text: &str) -> String {
    let digest = blake3::hash(text.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_bytes()[..16]);
    bytes[6] = bytes[6] & 0x0F | 0x80;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    format!("2.25.{}", u128::from_be_bytes(bytes))
}
