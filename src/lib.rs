//! Clavero gives an Ecuadorian employer its portal password back, on the strength of an electronic signature alone.

pub mod cli;
pub mod domain;
pub mod material;
pub mod verify;
