"""What a customer's data means, apart from where it is kept: keys to find them by, masks, import rows."""
