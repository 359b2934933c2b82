"""Follows things."""
