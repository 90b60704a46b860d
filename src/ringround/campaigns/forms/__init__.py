"""The web's shapes of what people type about campaigns and leads; actions decide what is right."""
