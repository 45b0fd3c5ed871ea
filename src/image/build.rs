//! Making the documents of a new image.
