"""What was said, as text: its words in time, who said them, and the files that are made of them. Pure."""
