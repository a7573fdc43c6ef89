//! Files of pages, whole and broken.
#![allow(clippy::unwrap_used, clippy::panic)]

mod collect_sources;
mod decode_pages;
mod fuzz_corpus;
mod hostile_files;
mod page_support;
