"""The analyses of a video."""
