//! The agent's configuration file and admin API as types, shared by agent and operator.
