"""The commands of the customers service, one function each; they change rows and tell, and never commit."""
