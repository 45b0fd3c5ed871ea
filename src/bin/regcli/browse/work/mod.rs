//! The work for views: everything that waits for a registry or a disk.

mod courier;
mod deletion;
mod ended;
mod files;
mod image;
mod jobs;
mod registry;
mod worker;

pub(super) use worker::Worker;
