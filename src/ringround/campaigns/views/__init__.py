"""The web's face of campaigns and leads, one module for each screen."""
