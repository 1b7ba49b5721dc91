//! Where sessions are kept between requests.

pub mod memory;
