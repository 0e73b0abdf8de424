"""The computations about a user: the first page, the analysis of the campaigns, and what they do next."""
