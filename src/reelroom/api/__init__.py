"""The HTTP side: routes, the shapes of their bodies, errors as JSON, pages and films."""
