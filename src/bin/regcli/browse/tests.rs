//! The screens, as text.
