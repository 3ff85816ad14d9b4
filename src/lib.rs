//! Clavero gives an Ecuadorian employer its portal password back, on the strength of an electronic signature alone.
//!
//! # One petition
//!
//! `README.md` draws the picture; these are its steps in the order in which they are worth reading:
//!
//! 1. [`intake`] issues a number and a [`form`] whose exact bytes are kept, and receives what was signed;
//! 2. [`verify`] opens the document and concludes: signature, chain, revocation, time, changes; bytes and values in, a report out;
//! 3. [`reading`] says what is asked: the form by its bytes, or the text of a [`letter`] that [`extract`] got in a child process;
//! 4. [`decision`] puts signer and [`registry`] side by side: approved, in review, refused, each with its reasons, for which
//!    [`words`] has the sentences;
//! 5. [`store`] records the decision with its audit row and its messages in one transaction;
//! 6. [`worker`] makes the link and sends the [`mail`]; [`web`] takes the new password, and shows people what they may decide.
//!
//! # Glossary
//!
//! | in Ecuador | here |
//! |---|---|
//! | solicitud | [`domain::PetitionContent`], a petition; its number is a [`domain::PetitionNumber`] |
//! | empleador, RUC, sucursal | [`domain::Employer`], [`domain::Ruc`], [`domain::BranchCode`] |
//! | representante legal, cargo, nombramiento | [`domain::LegalRepresentative`], its post, an appointment |
//! | cédula | [`domain::IdentityDocument`] |
//! | clave de empleador | the password of the portal, which nobody keeps: a link of [`intake`] sets another |
//! | firma electrónica, entidad de certificación | a signature, an authority of [`verify::entities`] |
//! | bitácora | the audit log of [`store`] and [`audit`] |
//! | oficina | the back office: [`people`], `web::office`, `intake::review` |
//!
//! # Layers
//!
//! A module may use those above it, and not those below; `tests/it/layers.rs` fails when one does, or stands elsewhere than here.

// The business and its words.
pub mod domain;

// The verdict: pure.
pub mod verify;

pub mod sheet;

pub mod seal;

pub mod form;
pub mod letter;
pub mod registry;

// The decision: pure as well.
pub mod decision;
pub mod words;

pub mod explain;
pub mod questions;
pub mod summary;

// What is kept, and what is asked of others.
pub mod protection;

pub mod argon;
pub mod clock;
pub mod documents;
pub mod extract;
pub mod fetch;
pub mod mail;
pub mod material;
pub mod pages;
pub mod sandbox;
pub mod store;
pub mod threads;
pub mod webhook;

pub mod audit;
pub mod import;
pub mod moving;
pub mod portal;
pub mod reading;
pub mod sms;

pub mod evidence_package;

// The flow.
pub mod intake;
pub mod numbers;
pub mod people;
pub mod proposals;
pub mod shared_trust;

// Who comes in, and what goes out.
pub mod subject;
pub mod web;
pub mod worker;

// Test data, settings, measuring, and the commands.
pub mod config;
pub mod fixture;

pub mod load;

pub mod cli;
