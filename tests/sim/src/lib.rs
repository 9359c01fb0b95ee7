//! The simulator: whole groups over virtual network, disks and clocks.
