//! The Synod operator, its local mode and its command line.
