"""What holds whatever database or provider there is: the lives of deliveries."""
