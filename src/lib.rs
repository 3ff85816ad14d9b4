//! Clavero gives an Ecuadorian employer its portal password back, on the strength of an electronic signature alone.

pub mod cli;
pub mod clock;
pub mod config;
pub mod decision;
pub mod documents;
pub mod domain;
pub mod explain;
pub mod extract;
pub mod fetch;
pub mod fixture;
pub mod form;
pub mod import;
pub mod intake;
pub mod letter;
pub mod mail;
pub mod material;
pub mod questions;
pub mod reading;
pub mod registry;
pub mod sheet;
pub mod store;
pub mod summary;
pub mod verify;
pub mod web;
pub mod words;
pub mod worker;
