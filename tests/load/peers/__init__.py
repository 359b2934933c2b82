"""Other programs of the field, each installed apart and served on this machine while it is measured."""
