//! The trained model that comes with hilum, as bytes of the program.
//!
//! It lies in `models/` of the repository, beside its card, which says what it was trained on,
//! what it is worth, and which command makes it again.
//!
//! ```
//! use std::path::Path;
//!
//! use hilum_weights::ModelFile;
//!
//! let model = ModelFile::from_bytes(Path::new(hilum_models::NAME), hilum_models::bundled())?;
//! assert_eq!(model.classes.len(), 4);
//! # Ok::<(), hilum_weights::ModelFileError>(())
//! ```

/// What the bundled model is called.
pub const NAME: &str = "mobilenet-v2-chest-ct";

/// The bundled model: the content of a model file.
pub const fn bundled() -> &'static [u8] {
    include_bytes!("../../../models/mobilenet-v2-chest-ct.safetensors")
}

/// What its card says of it beyond what the file holds, in Markdown.
pub const fn notes() -> &'static str {
    include_str!("../../../models/mobilenet-v2-chest-ct.notes.md")
}

/// Its card, in Markdown.
pub const fn card() -> &'static str {
    include_str!("../../../models/mobilenet-v2-chest-ct.md")
}
