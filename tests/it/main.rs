//! The integration tests, in one binary so that they are linked once.

mod browser;
mod demo;
mod ecuador;
mod http;
mod layers;
mod running;
mod vectors;
