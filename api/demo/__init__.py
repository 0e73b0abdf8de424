"""``precompute demo``: one video precomputed before your eyes, by the same API that everybody uses."""
