//! The facade: what the prelude holds, and what pictures show.

mod picture;
