//! Real clients against running agents.
