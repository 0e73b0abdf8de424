"""The whole stack on one machine: embedded Valkey, and every process of the Procfile, started and ended together."""
