"""Speech to text: a take's microphones are listened to for words, by the host's model."""
