"""What people do with rooms, and what is noticed of them."""
