"""How digits travel from the server to a telephone's process: as the engine's messages, from nobody in the room."""

DIGITS_TOPIC = "reelroom.digits"
