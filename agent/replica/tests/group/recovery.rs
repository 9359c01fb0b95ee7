//! What a member makes of a disk, by what is wrong with it.
