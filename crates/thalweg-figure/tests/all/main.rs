//! The figures from the outside: what the files contain, and what bad input leads to.

mod errors;
mod html;
mod images;
mod samples;
