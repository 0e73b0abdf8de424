"""What one decode of a video leaves for its analyses."""
