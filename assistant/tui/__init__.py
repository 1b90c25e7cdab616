"""The terminal interface: asks, shows and launches through the same operations as the command line."""
