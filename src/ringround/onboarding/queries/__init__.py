"""Reading: what other rooms and this room's faces may ask."""
