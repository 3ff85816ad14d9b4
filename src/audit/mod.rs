//! What leaves the audit log: its heads, written down outside of the database ([`heads`]), and its rows as a table
//! ([`table`]). The log itself, and whether it is whole, are in `store/audit.rs`.

pub mod heads;
pub mod table;
