"""The views, a module for each noun; each is thin over :class:`precompute.precomputer.Precomputer`."""
