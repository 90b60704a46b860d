"""The fuse box: settings, urls, asgi and the wiring of rooms to each other. Holds no business of its own."""
