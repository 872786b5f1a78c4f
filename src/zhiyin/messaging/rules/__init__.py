"""What may become of a message, decided from facts alone: states, retries, what a gateway's answer means, what fits."""
