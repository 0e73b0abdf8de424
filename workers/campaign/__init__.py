"""The texts of a campaign, and what they will bring."""
