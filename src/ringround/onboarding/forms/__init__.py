"""Forms of this room's screens. What is right and wrong the actions decide; here are shapes and words."""
