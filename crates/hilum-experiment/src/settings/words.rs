//! Choices that are one word, where the settings themselves hold more or something else.

macro_rules! words {
    ($(#[doc = $says:literal])+ $name:ident { $(#[doc = $word_says:literal] $word:ident = $text:literal,)+ }) => {
        $(#[doc = $says])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum $name { $(#[doc = $word_says] #[serde(rename = $text)] $word,)+ }

        impl $name {
            /// Every one, with what it stands for.
            pub const WORDS: &'static [$crate::settings::Word] = &[$($crate::settings::Word { name: $text, says: $word_says.trim_ascii() },)+];

            /// How it is written.
            pub fn name(self) -> &'static str {
                match self { $(Self::$word => $text,)+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$word),)+
                    _ => Err($crate::settings::Kind::Word(Self::WORDS).expected()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.name())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// In which numbers is multiplied.
    Arithmetic {
        /// Of predictions `bf16` where the model was found to answer as well in it and the processor gains by it; else `f32`.
        Auto = "auto",
        /// As weights and images are given.
        F32 = "f32",
        /// Rounded to 8 bits of precision; sums are f32.
        Bf16 = "bf16",
    }
}

words! {
    /// How weights follow their gradients.
    Optimizer {
        /// Adam.
        Adam = "adam",
        /// Adam with decoupled weight decay.
        AdamW = "adamw",
        /// Gradient descent with momentum.
        Sgd = "sgd",
    }
}

words! {
    /// How the learning rate changes.
    ScheduleKind {
        /// It does not.
        Constant = "constant",
        /// Times 0.1 after 3 epochs without a better validation loss, down to 6e-6.
        Plateau = "plateau",
        /// Up to the peak and down to nearly nothing, step by step.
        OneCycle = "one-cycle",
        /// Down along a cosine, step by step.
        Cosine = "cosine",
    }
}

words! {
    /// What the augmentation settings start from.
    AugmentationPreset {
        /// Rotation 60, shear 0.1, zoom 0.1, both flips, fill nearest.
        Reference = "reference",
        /// Rotation 15, zoom 0.1, shifts 0.05, left-right flip, brightness, contrast; tones, lesions.
        Transfer = "transfer",
        /// Nothing is varied.
        None = "none",
    }
}

words! {
    /// From bytes to numbers.
    NormalisationKind {
        /// byte / 255.
        Scale = "scale",
        /// (byte / 255 - mean) / std of ImageNet.
        Imagenet = "imagenet",
    }
}

#[expect(
    clippy::derivable_impls,
    reason = "the words' own declaration derives nothing of the kind"
)]
impl Default for Arithmetic {
    fn default() -> Self {
        Self::Auto
    }
}

impl Arithmetic {
    /// Whether nobody chose.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub(crate) fn is_open(&self) -> bool {
        *self == Self::Auto
    }
}
