"""A web page shown in a session: a browser of its own, whose tab is captured and published."""
