//! Clavero gives an Ecuadorian employer its portal password back, on the strength of an electronic signature alone.

pub mod cli;
pub mod decision;
pub mod domain;
pub mod extract;
pub mod fixture;
pub mod form;
pub mod letter;
pub mod material;
pub mod registry;
pub mod verify;
pub mod words;
