"""Two small services on the chassis, run as real processes by the tests beside them."""
