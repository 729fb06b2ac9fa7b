//! Where a layer's weights are looked for.

/// Where a layer stands, as each of the formats names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The layer's own name.
    pub(crate) layer: String,
    /// The name of the outermost layer around it, or its own.
    pub(crate) group: String,
    /// For each model around it and itself: the class, and how many of that class came before.
    path: Vec<String>,
}

impl Place {
    /// A layer of the outermost model.
    pub(crate) fn outermost(layer: &str, numbered: String) -> Self {
        Self {
            layer: layer.to_owned(),
            group: layer.to_owned(),
            path: vec![numbered],
        }
    }

    /// A layer of the model at this place.
    pub(crate) fn within(&self, layer: &str, numbered: String) -> Self {
        let mut path = self.path.clone();
        path.push(numbered);
        Self {
            layer: layer.to_owned(),
            group: self.group.clone(),
            path,
        }
    }

    /// How many models are around it, itself counted.
    pub(super) fn depth(&self) -> usize {
        self.path.len()
    }

    /// Whether no model but the whole is around it.
    pub(crate) fn is_outermost(&self) -> bool {
        self.path.len() == 1
    }

    /// `functional/layers/conv2d_1`, where `root` is `layers`.
    pub(crate) fn by_class(&self, root: &str) -> String {
        self.path.join(&format!("/{root}/"))
    }
}

/// `DepthwiseConv2D` as `depthwise_conv2d`: Keras's `naming.to_snake_case`.
pub(super) fn snake_case(class: &str) -> String {
    let letters: Vec<char> = class
        .chars()
        .filter(|one| one.is_alphanumeric() || *one == '_')
        .collect();
    let mut text = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| letters[before]);
        let next_is_small = letters.get(index + 1).is_some_and(char::is_ascii_lowercase);
        let begins_word = letter.is_ascii_uppercase()
            && before.is_some_and(|before| before.is_ascii_lowercase() || next_is_small);
        if begins_word && before != Some('_') {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_spelt_as_keras_spells_them() {
        // keras.src.utils.naming.to_snake_case of each.
        for (class, snake) in [
            ("Conv2D", "conv2d"),
            ("DepthwiseConv2D", "depthwise_conv2d"),
            ("BatchNormalization", "batch_normalization"),
            ("GlobalAveragePooling2D", "global_average_pooling2d"),
            ("ReLU", "re_lu"),
            ("ZeroPadding2D", "zero_padding2d"),
            ("Functional", "functional"),
            ("TFOpLambda", "tf_op_lambda"),
            ("PReLU", "p_re_lu"),
        ] {
            assert_eq!(snake_case(class), snake);
        }
    }
}
