//! N: networks that break.
