"""What changes something, by what it is about."""
