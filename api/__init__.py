"""The door: Flask, and the command line."""
