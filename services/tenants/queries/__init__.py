"""What only reads, by what it is about."""
