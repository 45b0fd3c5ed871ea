//! What differs between two images, as text and as JSON.

pub(crate) mod files;
pub(crate) mod image;
pub(crate) mod packages;
mod sign;

pub(crate) use sign::View;
