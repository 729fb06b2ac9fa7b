//! What an answer is worth: probabilities that are ones, sets of classes that hold the truth as
//! often as they say, and what is unlike the training data.
//!
//! Pure functions of logits and features, and the records that travel in a model file. Nothing
//! here reads a file or runs a network.
