"""Makes things."""
