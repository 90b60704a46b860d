"""The console's pages and parts."""
