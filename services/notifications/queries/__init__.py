"""What reads, by what it is about."""
