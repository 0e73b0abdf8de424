"""The running service as the command line talks to it: over HTTP, as everybody does."""
