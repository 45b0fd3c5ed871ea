//! The program.

mod render;

fn main() {}
