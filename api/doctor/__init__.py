"""What is looked at to tell whether an installation can work, and how each flaw is mended."""
