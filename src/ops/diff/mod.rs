//! Compares two images: their documents, the files of the layers that differ, and the packages in them.

mod error;
mod files;
mod filter;
mod image;
mod layers;
mod led;
mod packages;
mod pair;
mod platforms;
mod settings;
mod side;
mod steps;
mod strictness;

pub use error::DiffError;
pub use files::{DiffFilesOptions, FileChange, FilesDiff, FilesSummary, Missing, SharedLayers};
pub use filter::PathFilter;
pub use image::{ImageDiff, Moved};
pub use layers::{DiffLayer, LayersDiff};
pub use packages::{PackageChange, PackagesDiff};
pub use pair::{Compared, Pair};
pub use platforms::PlatformChange;
pub use settings::SettingChange;
pub use side::Side;
pub use steps::StepsDiff;
pub use strictness::Strictness;
