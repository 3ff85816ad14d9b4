//! The integration tests, in one binary so that they are linked once.

mod authority;
mod axe;
mod bench;
mod browser;
mod demo;
mod ecuador;
mod fetch;
mod flow;
mod hostile;
mod http;
mod killed;
mod layers;
mod mutation;
mod person;
mod pkits;
mod pyhanko;
mod registry;
mod resumable;
mod running;
mod schema;
mod second_opinion;
mod service;
mod smtp;
mod trust;
mod vectors;
