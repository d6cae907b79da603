"""Audio connectors: the sound of a session, mixed to a WebSocket of an application, and back."""
