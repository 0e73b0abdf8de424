"""The edition of the computations: what workers must agree on that compute from each other's work."""

EDITION = 2
"""Whoever changes which rows there are, what they are computed from, or what a transient row leaves raises it, unless
workers of the version before can go on with all of it. While workers of a newer edition run, those of older ones take
nothing (:mod:`workers.succession`): they would fail what they know too little of, or drop it.

1. What has no edition: a video's sound lay with its samples.
2. ``video_sound`` is a row of its own.
"""
