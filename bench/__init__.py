"""What the product costs and what it finds, measured. Not installed with it."""
