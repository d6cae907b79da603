"""What is shown, and when: decisions without a clock, a network or a database."""
