"""What `make` runs: setting up, building, checking. Nothing here is part of the product."""
